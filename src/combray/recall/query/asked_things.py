"""What is asked about: the words of a question that name it, by rule.

"Who owns the billing service?" is about billing and a service: a memory that names only another
service does not answer it. That somebody owns it may be said in other words, and "which colour" by
the colour alone, so neither deeds nor kinds of answer count. English only; of other questions the
words with a capital and the numbers count.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from combray.core.text import STOP_WORDS, terms, words

_KIND = frozenset("what which".split())
_MANY, _COUNTED = frozenset("many much often long".split()), frozenset("many much".split())
_AIDS = frozenset("do does did".split())
_BEFORE_THINGS = frozenset(
    "a an any each every her his its my no other our some that the their these this those whose "
    "your about across after against around at before behind between by during for from in into "
    "near of on onto over through under with without".split()
)
"""Articles, possessives and prepositions: what follows them is a thing."""
_BEFORE_DEEDS = frozenset(
    "who whom where when why how to i you he she it we they me him us them myself someone "
    "somebody anyone anybody everyone am are is was were be been can could had has have may might "
    "must shall should will would".split()
)
"""What follows them is a verb, or says how something is."""


@dataclass(slots=True)
class _Reader:
    """Reads a question word by word: is a thing told of next, a kind, or (neither) a deed?

    `run` counts the words since then that tell of a thing, and `aided` waits for the verb of "did".
    """

    found: list[str] = field(default_factory=list)
    run: int = 0
    thing: bool = False
    kind: bool = False
    aided: bool = False

    def goes_on(self, *, thing: bool = False, kind: bool = False) -> None:
        """End a run of words; behind "did the red bike" its last word is the verb."""
        if self.aided and self.run > 1:
            if self.found[-1].islower():
                self.found.pop()
            self.aided = False
        self.run, self.thing, self.kind = 0, thing, kind

    def read_marker(self, word: str, last: str) -> bool:
        """Whether a word only says what follows it."""
        if word in _AIDS:
            self.goes_on(thing=True)
            self.aided = True
        elif word in _KIND or (word in _MANY and last == "how"):
            self.goes_on(thing=word in _COUNTED, kind=True)
        elif word in _BEFORE_THINGS:
            self.goes_on(thing=not (kind := self.kind and word == "of"), kind=kind)
        elif word in _BEFORE_DEEDS:
            self.goes_on()
            self.aided = self.aided and word == "to"
        elif word in STOP_WORDS:
            self.goes_on(thing=self.thing, kind=self.kind)
        else:
            return False
        return True

    def read_person(self, owns: bool) -> None:
        """Somebody who speaks in the memory: they are no topic, and what is theirs is."""
        if owns:
            self.thing = True
        elif self.aided:
            self.thing = self.aided = False


def asked_things(text: str, people: Collection[str]) -> list[str]:
    """The terms of what a question is about, without the words that name people (lower-case)."""
    read, last = _Reader(), ""
    for place, word in enumerate(words(text)):
        lowered = word.lower()
        plain = lowered.removesuffix("'s").removesuffix("’s")
        if plain in people:
            read.read_person(plain != lowered)
        elif not read.read_marker(lowered, last):
            named = (place > 0 and not word.islower()) or any(map(str.isdigit, word))
            if read.thing or named:
                read.found.append(word)
            read.run += read.thing
            if plain != lowered:
                read.run = 0
            # Behind a verb stands what it is done to.
            read.thing = read.thing or not read.kind or plain != lowered
        last = lowered
    read.goes_on()
    return list(dict.fromkeys(terms(" ".join(read.found))))
