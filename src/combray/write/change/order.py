"""The order of the log: what is learnt later is later, whichever clock stamped it.

Words without a time of their own are said when they arrive. Clocks step back, and those of two
machines differ, so the log decides: an automatic time is later than all that a user's memory knows,
by a microsecond where the clock stepped back. A clock that is ahead by more than AHEAD is followed
by nobody: what a fact that it stamped says was said just before the next that is told on its topic.
A time that the caller gives stays as it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from combray.core.changes import Patch
from combray.core.facts import Fact
from combray.core.items import Item
from combray.core.time import AHEAD
from combray.store.engine import Run
from combray.store.tables.fact_keys import on_topics, topic_of
from combray.store.tables.queries import items_by_id, knows_since, last_known

_WHY = "the clock that stamped it was ahead: it was said before what was told later"


def in_order(run: Run, tenant: str, items: Sequence[Item]) -> list[Item]:
    """Return new raw items, known one after the other and after all that the tenant knows."""
    last = last_known(run, tenant, max(item.known_from_us for item in items) + AHEAD)
    placed: list[Item] = []
    for item in items:
        moment = item.known_from_us if last is None else max(item.known_from_us, last + 1)
        placed.append(item if moment == item.known_from_us else _known_at(item, moment))
        last = moment
    return placed


def is_automatic(item: Item) -> bool:
    """Return whether the last of an item was said when it arrived, by whoever's clock."""
    return item.last_at_us == item.known_from_us


def said_before(run: Run, tenant: str, fresh: Sequence[Item]) -> tuple[list[Item], list[Patch]]:
    """Return the stored facts that a clock ahead stamped, as said just before new ones on a topic.

    With them the patches by which they become so; among themselves they keep their order.
    """
    begun: dict[str, int] = {}
    for fact in fresh:
        if (topic := topic_of(fact)) is not None and is_automatic(fact):
            begun[topic] = min(fact.first_at_us, begun.get(topic, fact.first_at_us))
    late: list[Item] = []
    if not begun or not knows_since(run, tenant, min(begun.values())):
        # As nearly always: nothing was stamped by a clock ahead.
        return [], []
    for topic, moment in begun.items():
        ahead = _automatic(run, tenant, on_topics(run, tenant, [topic], since=moment))
        late += [_said_at(fact, moment - n) for n, fact in enumerate(reversed(ahead), start=1)]
    return late, [_patch(fact) for fact in late]


def _automatic(run: Run, tenant: str, facts: Sequence[Item]) -> list[Item]:
    """Return the facts whose words have no time of their own, in the order in which they stand."""
    sources = items_by_id(run, tenant, {source for fact in facts for source in fact.sources})
    told = [f for f in facts if all(is_automatic(sources[s]) for s in f.sources if s in sources)]
    return sorted(told, key=lambda fact: (fact.last_at_us, fact.seq))


def _known_at(item: Item, moment: int) -> Item:
    """Return an item that is known from a moment, and said then if it has no time of its own."""
    if not is_automatic(item):
        return replace(item, known_from_us=moment)
    open_ = item.valid_to_us is None or item.valid_to_us > moment
    start = moment if item.valid_from_us == item.first_at_us and open_ else item.valid_from_us
    return replace(
        item, first_at_us=moment, last_at_us=moment, known_from_us=moment, valid_from_us=start
    )


def _said_at(item: Item, moment: int) -> Item:
    """Return a fact as said at an earlier moment, and true no later than from then on."""
    fact = Fact.of(item)
    start, held = (None if m is None else min(m, moment) for m in (fact.start, fact.held_to))
    stated = replace(fact, start=start, held_to=held).stated()
    metadata = {**item.metadata, "stated": stated}
    first = min(item.first_at_us, moment)
    return replace(item, first_at_us=first, last_at_us=moment, metadata=metadata)


def _patch(item: Item) -> Patch:
    fields = {
        "first_at": item.first_at_us,
        "last_at": item.last_at_us,
        "metadata": dict(item.metadata),
    }
    return Patch(id=item.id, fields=fields, op="retime", why=_WHY)
