"""Echoes: text that an agent was given by a search and stores again as if it were new.

A ring for each tenant remembers what this process recalled lately, and what stood in the contexts
it built last. A block of our own context is recognised by the ids or the numbers in its lines.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from combray.core import caches
from combray.core.fold import same_words
from combray.core.items import Item
from combray.store.tables.rows import digest, digest_of

SIZE = 512
CONTEXTS = 8
TENANTS = 1024
"""Texts and contexts remembered for each tenant, and tenants of whom any are."""
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
_CITED = re.compile(rf"^\s*+(?:[-*•]\s*+)?\[(?:[^\]\n]* · )?({_UUID}|\d{{1,3}})\]")


@dataclass(frozen=True, slots=True)
class _Given:
    """What a tenant was given: digests of exact words, and the ids of each context by number."""

    texts: OrderedDict[str, None] = field(default_factory=OrderedDict)
    contexts: deque[tuple[str, ...]] = field(default_factory=lambda: deque(maxlen=CONTEXTS))


class Echoes:
    """The last SIZE texts recalled for each tenant and its last CONTEXTS contexts."""

    def __init__(self) -> None:
        self._rings: OrderedDict[str, _Given] = OrderedDict()
        self._lock = threading.Lock()
        caches.register(self)

    def heard(self, tenant: str, items: Iterable[Item]) -> None:
        """Remember items that a search has just returned."""
        with self._lock:
            texts = self._of(tenant).texts
            for item in items:
                key = digest_of(item)
                texts.pop(key, None)
                texts[key] = None
            while len(texts) > SIZE:
                texts.popitem(last=False)

    def showed(self, tenant: str, ids: Iterable[str]) -> None:
        """Remember the ids of a context that was just built, in the order of their numbers."""
        with self._lock:
            self._of(tenant).contexts.appendleft(tuple(ids))

    def recalled(self, tenant: str, text: str) -> bool:
        """Whether a memory with exactly these words was recalled for the tenant lately."""
        ring = self._rings.get(tenant)
        return ring is not None and digest(text) in ring.texts

    def readings(self, tenant: str, text: str) -> list[list[tuple[str, str]]]:
        """Return each way to read a text as a block of our own context: (id, words) of its lines.

        Ids speak for themselves; numbers are those of a context that this process built lately.
        """
        lines = cited(text)
        if not any(label.isdecimal() for label, _ in lines):
            return [lines] if lines else []
        with self._lock:
            ring = self._rings.get(tenant)
            contexts = list(ring.contexts) if ring else []
        read = ([(_id_of(label, ids), words) for label, words in lines] for ids in contexts)
        return [found for found in read if all(id_ for id_, _ in found)]

    def forget(self, tenant: str, /) -> None:
        """Forget everything that a tenant was given."""
        with self._lock:
            self._rings.pop(tenant, None)

    def _of(self, tenant: str) -> _Given:
        """The ring of a tenant, which becomes the one used last; the oldest make room."""
        ring = self._rings.setdefault(tenant, _Given())
        self._rings.move_to_end(tenant)
        while len(self._rings) > TENANTS:
            self._rings.popitem(last=False)
        return ring


def cited(text: str) -> list[tuple[str, str]]:
    """Return (id or number, words) for each memory of a text that looks like our own context.

    A memory of several lines goes on until the next. The list is empty when the text does not
    begin like one; whether the words are those of the memory is for `repeats` to say.
    """
    found: list[tuple[str, str]] = []
    for line in filter(str.strip, text.splitlines()):
        match = _CITED.match(line)
        if match is not None:
            found.append((match.group(1), line[match.end() :]))
        elif found:
            label, words = found[-1]
            found[-1] = (label, f"{words}\n{line}")
        else:
            return []
    return found


def _id_of(label: str, ids: Sequence[str]) -> str:
    """The id that a label stands for among those of a context, or an empty one."""
    if not label.isdecimal():
        return label
    return ids[int(label) - 1] if 1 <= int(label) <= len(ids) else ""


def repeats(words: str, item: Item) -> bool:
    """Return whether the words of a cited line are those of the item, whole or truncated.

    Words are compared whole, except where an ellipsis cuts one: "5 mg" is no part of ".5 mg".
    """
    plain, said = " ".join(words.split()), same_words(item.text)
    behind = plain.partition(": ")[2]
    return any(_stands(each, said) for each in (plain, behind))


def _stands(line: str, said: str) -> bool:
    """Whether the pieces of a truncated line stand in what was said, one behind the other."""
    pieces = [piece.strip() for piece in same_words(line).split("…")]
    text, place = f" {said} ", 0
    for number, piece in enumerate(pieces):
        if not piece:
            continue
        whole = f" {piece} " if number == len(pieces) - 1 else f" {piece}"
        start = text.find(whole, place)
        if start < 0:
            return False
        place = start + len(whole)
    return any(pieces)
