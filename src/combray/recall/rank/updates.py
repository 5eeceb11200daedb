"""Which of two statements says anew what the other said, by their words alone.

    a, b     the words of an older and a newer statement, without those that say "now"
    p, s     how many words they share from the beginning and from the end
    x, y     what stands between in a and in b: the old and the new value

b updates a when p + s is half of the shorter, when what they share says what is talked of (a
content word in front of the values), and when x and y are values: no verb of being, no relation of
their own, nothing that the question names. Or when b is a denied; or when b says that something
changed, and shares half of the content of a. Two values may both hold where b says "also", where
the verb has many objects, and where a statement is of a day of its own: then b updates nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from combray.core.text import terms, terms_of
from combray.recall.rank import update_words as say
from combray.recall.rank.update_words import split

LONGEST = 200
"""Letters of a statement at most: what is longer tells more than one thing."""
_MORE = re.compile(
    r"[?？\n]|!(?:[\"”’')]*\s+[^\sa-z])|\.(?<=\w{3}\.)[\"”’')]*\s+[^\sa-z]|[。！](?=.)"
)


@dataclass(frozen=True)
class Asked:
    """What a question says: its `words`, as they stand and stemmed, and whether it asks `what`."""

    words: frozenset[str]
    what: bool

    @classmethod
    def of(cls, question: str) -> Asked:
        """What a question says; without a word such as "where" it asks whether something is so."""
        words = split(question.lower())
        return cls(frozenset([*words, *terms(question)]), bool(say.ASKING.within(words)))


class TimedText:
    """A short text; `at` puts it in order among others, `by` is who said it about what.

    `lower` are its words in lower case, `words` those that do not say "now", each from its place
    in `places`, and `content` those that carry meaning.
    """

    __slots__ = ("at", "by", "content", "lower", "places", "text", "words")

    def __init__(
        self, text: str, at: tuple[int, int] = (0, 0), by: tuple[int, int] = (-1, -1)
    ) -> None:
        self.text, self.at, self.by = text, at, by
        self.lower = split(text.lower())
        self.places = _not_now(self.lower)
        same = len(self.places) == len(self.lower)
        self.words = self.lower if same else [self.lower[place] for place in self.places]
        self.content = frozenset(self.words) - say.EMPTY

    def told(self, start: int, end: int) -> list[str]:
        """Some of `words` as they stand in the text."""
        said = split(self.text)
        return [said[place] for place in self.places[start:end]]


def _not_now(lower: Sequence[str]) -> Sequence[int]:
    """The places of the words that do not say "now"."""
    start, end = say.NOW.find(lower)
    everywhere = range(len(lower))
    if not end and say.NEW.isdisjoint(lower):
        return everywhere
    new = {i for i in everywhere[1:] if lower[i] in say.NEW and lower[i - 1] in say.THE}
    return [i for i in everywhere if not start <= i < end and i not in new]


def carries(word: str) -> bool:
    """Whether a word carries meaning of its own."""
    return word not in say.EMPTY


def stems(words: Iterable[str]) -> frozenset[str]:
    """The words that carry meaning, stemmed, as those of a question are."""
    return frozenset(terms_of(filter(carries, words)))


def is_statement(text: str) -> bool:
    """Whether a text may be one statement: short, of one sentence, and no question."""
    return len(text) <= LONGEST and not _MORE.search(text)


def update(old: TimedText, new: TimedText, asked: Asked) -> str:
    """Why the newer statement updates the older, in words; empty when it does not."""
    if old.by != new.by:
        return ""
    if not _alike(old, new):
        return _given_up(old, new)
    why = (
        _denied(old, new)
        or _given_up(old, new)
        or _another_value(old, new, asked)
        or _changed(old, new, asked)
    )
    return "" if why and _only(say.BESIDE, new, old) else why


def _alike(old: TimedText, new: TimedText) -> bool:
    """Whether two statements share a third of the words that carry meaning in the shorter."""
    shared = len(old.content & new.content)
    return shared > 0 and 3 * shared >= min(len(old.content), len(new.content))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two statements side by side: what they share in `front` of two values and `behind` them."""

    old: TimedText
    new: TimedText
    front: list[str]
    behind: list[str]
    x: list[str]
    y: list[str]


def _side_by_side(old: TimedText, new: TimedText) -> _Pair | None:
    """Two statements that share half of the shorter, neither of which only says more; else None."""
    a, b = old.words, new.words
    most = min(len(a), len(b))
    p = next((i for i in range(most) if a[i] != b[i]), most)
    s = next((i for i in range(most - p) if a[-1 - i] != b[-1 - i]), most - p)
    if 2 * (p + s) < most:
        return None
    x, y = a[p : len(a) - s], b[p : len(b) - s]
    if {*x} <= {*y} or {*y} <= {*x}:
        return None
    return _Pair(old, new, a[:p], a[len(a) - s :], x, y)


def _another_value(old: TimedText, new: TimedText, asked: Asked) -> str:
    """Another value of the same: "the port is 22", "the port is 49222"."""
    pair = _side_by_side(old, new)
    if pair is None:
        return ""
    cue = _cue(old, new)
    if (
        not _are_values(pair, cue)
        or not _says_of_what(pair, cue)
        or _names_the_old(pair, cue, asked)
    ):
        return ""
    if not cue and _both_may_hold(pair):
        return ""
    return f"{' '.join(pair.y)!r} for {' '.join(pair.x)!r}" + (f", {cue!r}" if cue else "")


def _are_values(pair: _Pair, cue: str) -> bool:
    """Whether the parts that differ are values: no verb of being in both, no relation in one.

    A joining word begins a value only where a word of change says so: "black", "with milk now".
    """
    if not say.BE.isdisjoint(pair.x) and not say.BE.isdisjoint(pair.y):
        return False
    p = len(pair.front)
    parts = (pair.old.told(p, p + len(pair.x)), pair.new.told(p, p + len(pair.y)))
    joining = sum(part[0] in say.BETWEEN and (len(part) > 1 or bool(pair.behind)) for part in parts)
    return joining <= bool(cue) and not any(map(_relates, parts))


def _relates(part: Sequence[str]) -> bool:
    """Whether a part joins a word that is no name to the next."""
    return any(
        carries(word) and word.islower() and then in say.BETWEEN for word, then in pairwise(part)
    )


def _says_of_what(pair: _Pair, cue: str) -> bool:
    """Whether what stands around two values says what they are values of."""
    if any(map(carries, pair.front)):
        if _names_another(pair):
            return False
        # What stands before "is" is the subject: "room 7 is free" leaves room 8 alone.
        return say.BE.isdisjoint(pair.behind)
    if not any(map(carries, pair.behind)):
        return False
    if pair.front:
        return (bool(cue) or _numbers(pair)) and pair.front[-1] not in say.THE
    be, the = [*pair.behind, "", ""][:2]
    return be in say.BE and (the == "the" or (bool(cue) and the in say.THE))


def _names_another(pair: _Pair) -> bool:
    """Whether two names stand in front of a verb: "my sister Mara plays", "my sister Lena "
    "plays"."""
    if not pair.behind or pair.behind[0] in say.BETWEEN or pair.front[-1] in say.EMPTY:
        return False
    p = len(pair.front)
    names = (pair.old.told(p, p + len(pair.x)), pair.new.told(p, p + len(pair.y)))
    kin = any(word in say.THE for word in pair.front[:-1])
    return kin and all(len(name) <= 2 and all(w[0].isupper() for w in name) for name in names)


def _numbers(pair: _Pair) -> bool:
    """Whether both values begin with a number."""
    return pair.x[0][0].isdigit() and pair.y[0][0].isdigit()


def _names_the_old(pair: _Pair, cue: str, asked: Asked) -> bool:
    """Whether the question names the old value, so that it is about that and not the newer one.

    "Which university" names a kind of value, and what asks whether something is so names it too.
    """
    x = stems(pair.x)
    named = (x & asked.words) - stems([*pair.front, *pair.behind, *pair.y])
    if named and _numbers(pair):
        return True
    if not any(map(carries, pair.behind)):
        return asked.what and named == x
    name = pair.old.told(len(pair.front), len(pair.front) + 1)[0][0].isupper()
    return bool(named) and (asked.what or (name and not cue))


def _both_may_hold(pair: _Pair) -> bool:
    """Whether the verb has many objects, or tells what happened, or when."""
    if _of_a_day(pair.old) or _of_a_day(pair.new):
        return True
    if not say.BE.isdisjoint(pair.front):
        return False
    if pair.front[-1:] and pair.front[-1] in say.BETWEEN and _numbers(pair) and _is_past(pair):
        return True
    verb = [word for word in pair.front if carries(word)][-2:]
    many = not _numbers(pair) and not say.SEVERAL.isdisjoint({"".join(verb), *verb[-1:]})
    past = pair.front[:1] and pair.front[0] in say.WHO and pair.front[1:2]
    regular = bool(past) and pair.front[1].endswith("ed")
    return many or regular or not say.HAPPENED.isdisjoint([*pair.front, *pair.behind])


def _is_past(pair: _Pair) -> bool:
    """Whether the word before "on 3 May" says what happened then: "failed", "crashed"."""
    return len(pair.front) > 2 and pair.front[-2].endswith("ed")


def _of_a_day(said: TimedText) -> bool:
    """Whether a statement is of a day of its own, and not of something of such a name."""
    start, end = say.ONCE.find(said.lower)
    if not end or said.lower[end : end + 1] not in _BE:
        return end > 0
    return start > 0 and split(said.text)[start].islower()


_BE = [[word] for word in say.BE]


def _denied(old: TimedText, new: TimedText) -> str:
    """The same with a word of denial: "I eat meat", "I do not eat meat any more"."""
    if say.OVER.isdisjoint(old.words) == say.OVER.isdisjoint(new.words):
        return ""
    a, b = ([w for w in each.words if carries(w) or w in say.WHO] for each in (old, new))
    bare, denied = ([w for w in each if w not in say.OVER] for each in (a, b))
    one = (len(a) == len(bare)) != (len(b) == len(denied))
    return "says the opposite" if bare == denied and one else ""


def _given_up(old: TimedText, new: TimedText) -> str:
    """The same after a word of ending: "I smoke", "I quit smoking"."""
    start, end = say.NO_LONGER.find(new.lower)
    if not end or say.NO_LONGER.within(old.lower):
        return ""
    rest = stems([*new.lower[:start], *new.lower[end:]])
    cue = " ".join(new.lower[start:end])
    return f"{cue!r} of {' '.join(sorted(rest))!r}" if rest and rest == stems(old.lower) else ""


def _changed(old: TimedText, new: TimedText, asked: Asked) -> str:
    """What was is named, or asked about, by a statement that says that something changed."""
    shared = old.content & new.content
    # A Chinese or Japanese value is of two letters or more, each of them counted.
    most = 3 * len(shared) if old.text > "\u3040" else 2 * len(shared) + 1
    if most < len(old.content):
        return ""
    cue = _only(say.CHANGED, new, old)
    if not cue or (asked.what and asked.words & (_names(old) - new.content)):
        return ""
    said = new.lower
    left = [w for i, w in enumerate(said) if not say.FROM.isdisjoint(said[max(0, i - 2) : i])]
    if stems(shared).isdisjoint(asked.words) and shared.isdisjoint(left):
        return ""
    return f"{cue!r} of {' '.join(sorted(shared))!r}"


def _names(said: TimedText) -> frozenset[str]:
    """The words that carry meaning and begin with a capital letter, in lower case."""
    return said.content & {word.lower() for word in split(said.text) if word[0].isupper()}


def _cue(old: TimedText, new: TimedText) -> str:
    """What the newer says, and the older does not, of something that is new, changed or over."""
    new_noun = (
        "new" if len(new.places) < len(new.lower) and len(old.places) == len(old.lower) else ""
    )
    found = (_only(phrases, new, old) for phrases in (say.NO_LONGER, say.CHANGED, say.NOW))
    return next(filter(None, found), new_noun)


def _only(phrases: say.Phrases, new: TimedText, old: TimedText) -> str:
    """Which of some phrases the newer says, where the older says none."""
    said = phrases.within(new.lower)
    return said if said and not phrases.within(old.lower) else ""
