"""Which facts of a topic something new may change, so that the others are not even read.

    moment    the earliest start of what is new: no timeline changes before it

A claim looks for its end among those that start after it, and finds it before it looks further. So
a value that ended before the moment stays as it is, and no value that lasts until then was ended by
one that did. Where that cannot be told from the facts that last until the moment, all are read:
beside values without a start, which are ordered among themselves, after those that are over with
nothing after them yet, and beside a witness that may itself be refuted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from combray.core.facts import ENDED, IS, WAS, Fact
from combray.core.items import Item
from combray.write.facts.facts import claims_of


def first_change(facts: Iterable[Item]) -> int | None:
    """Return the earliest moment at which new facts change their timelines; None is unknown."""
    earliest: int | None = None
    for fact in facts:
        for claim in claims_of(fact):
            if fact.seq or claim.start is None:
                return None
            earliest = claim.start if earliest is None else min(earliest, claim.start)
    return earliest


def may_end(fact: Item) -> bool:
    """Return whether a fact says that something is over, which ends a value beside others too."""
    return Fact.of(fact).says in (ENDED, WAS)


def stands(fact: Item, moment: int | None) -> bool:
    """Return whether a stored fact keeps its place, whatever begins at a moment."""
    if moment is None or not fact.seq:
        return False
    return fact.valid_to_us is not None and fact.valid_to_us < moment


def is_enough(stored: Collection[Item], moment: int) -> bool:
    """Return whether the facts of a topic that last until a moment tell what is new there."""
    values = [Fact.of(item).start for item in stored if _holds(item)]
    latest = max((start for start in values if start is not None and start < moment), default=None)
    return all(_is_told(item, moment, latest) for item in stored)


def _holds(item: Item) -> bool:
    """Return whether a fact is a value that holds at some time, and so is not refuted."""
    is_value = Fact.of(item).says in (IS, WAS)
    return is_value and (item.valid_to_us is None or item.valid_from_us != item.valid_to_us)


def _is_told(item: Item, moment: int, latest: int | None) -> bool:
    """Return whether what begins at a moment leaves a fact alone, or changes its end only.

    `latest` is the last start of a value before the moment: it succeeds what was over by then.
    """
    fact = Fact.of(item)
    if not stands(item, moment):
        return fact.start is not None
    is_empty = item.valid_from_us == item.valid_to_us
    if is_empty and (fact.held_to is not None or (fact.start is None and fact.end is None)):
        return False
    if fact.says != WAS:
        return True
    return fact.end is not None and latest is not None and fact.end < latest
