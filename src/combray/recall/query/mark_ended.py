"""What summaries tell that ended since: marked, when they are read, with the day it ended.

A summary stays as it was made, while the facts in what it cites go on: somebody moves. Which of
them ended depends on the moment asked about, so the mark is set in the answer and not in the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from combray.core.dates.zones import day_of, place_of
from combray.core.facts import ENDED, Fact
from combray.core.items import Item
from combray.core.text import sentences, words
from combray.recall.query.query_context import QueryContext

_STOPS = ".!?。！？"


def marked(context: QueryContext, items: Mapping[str, Item]) -> dict[str, Item]:
    """Derived items by their ids, with what ended by the moment asked about marked in their texts.

    A sentence that holds the value of an ended fact of the item's sources is marked with that fact:
    `I love Paris (Ann lives in Paris, until 2024-03-01).`
    """
    over = _over(context, {source for item in items.values() for source in item.sources})
    return {
        id_: replace(
            item,
            text=_told(item.text, [f for source in item.sources for f in over.get(source, ())]),
        )
        for id_, item in items.items()
    }


def said_to_have_ended(context: QueryContext, items: Mapping[str, Item]) -> set[str]:
    """The derived items that tell what ended, and rest on nothing that still stands."""
    past, row_of = context.time.superseded.rows, context.view.row_of
    stale = {
        id_: item
        for id_, item in items.items()
        if item.sources and all(past[row_of[source]] for source in item.sources if source in row_of)
    }
    if not stale:
        return set()
    return {id_ for id_, item in marked(context, stale).items() if item.text != stale[id_].text}


def _over(context: QueryContext, sources: set[str]) -> dict[str, list[Item]]:
    """The facts that ended by the moment asked about, by each raw source of some."""
    view, superseded = context.view, context.time.superseded
    citing, cited = view.graph.citing.values, view.graph.cited.values
    resting = np.zeros(len(view), np.bool_)
    resting[[view.row_of[id_] for id_ in sources if id_ in view.row_of]] = True
    facts = citing[resting[cited] & (view.rows.topic.values[citing] >= 0) & superseded.rows[citing]]
    ids = [view.ids[row] for row in np.unique(facts).tolist()]
    found = context.time.believed(context.store.get(view.tenant, ids))
    over: dict[str, list[Item]] = {}
    for fact in found.values():
        if fact.valid_to_us is not None and fact.metadata.get("says") != ENDED:
            for source in fact.sources:
                over.setdefault(source, []).append(fact)
    return over


def _told(text: str, over: Sequence[Item]) -> str:
    """A text whose sentences say which of the facts in them are over; as it is without any."""
    if not over:
        return text
    facts = {fact.id: fact for fact in over}.values()
    return " ".join(
        _sentence(said, [fact for fact in facts if _holds(said, Fact.of(fact).object)])
        for _, said in sentences(text)
    )


def _sentence(said: str, over: Sequence[Item]) -> str:
    if not over:
        return said
    notes = dict.fromkeys(f"{fact.text.rstrip('.')}, until {_end(fact)}" for fact in over)
    bare = said.rstrip(_STOPS)
    return f"{bare} ({'; '.join(notes)}){said[len(bare) :]}"


def _end(fact: Item) -> str:
    assert fact.valid_to_us is not None
    return day_of(fact.valid_to_us, place_of(fact.metadata))


def _holds(text: str, value: str) -> bool:
    """Whether the words of a value stand in a text, in a row."""
    said, wanted = ([word.casefold() for word in words(each)] for each in (text, value))
    return bool(wanted) and any(
        said[i : i + len(wanted)] == wanted for i in range(len(said) - len(wanted) + 1)
    )
