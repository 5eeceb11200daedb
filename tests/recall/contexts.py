"""Questions under way for the tests of recall: the one place that knows how they are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from combray import Memory
from combray.core.changes import ChangeSet
from combray.core.ids import new_id
from combray.core.items import Item
from combray.recall.query.query_context import QueryContext
from combray.recall.query.scores import dense_at
from tests.words import Words


def filled(*said: str, embedder: Any = None, **scope: Any) -> Memory:
    """A memory that was told some notes one after another, each of which stands alone."""
    memory = Memory(embedder=embedder or Words())
    for text in said:
        memory.add(text, **scope)
    return memory


def talked(*sessions: Iterable[tuple[str, str]], embedder: Any = None) -> Memory:
    """A memory that was told conversations: (speaker, words) of each turn, a minute apart."""
    memory = Memory(embedder=embedder or Words())
    for number, turns in enumerate(sessions):
        memory.add(
            [
                turn(
                    speaker,
                    text,
                    f"2024-03-{number + 1:02}T{10 + minute // 60}:{minute % 60:02}:00Z",
                )
                for minute, (speaker, text) in enumerate(turns)
            ],
            session_id=f"s{number}",
        )
    return memory


def turn(speaker: str, text: str, moment: str) -> Mapping[str, str]:
    """One message: of a role when the speaker is one, else of a person with a name."""
    role = speaker if speaker in ("user", "assistant") else "user"
    name = {} if speaker == role else {"name": speaker}
    return {"role": role, "content": text, "timestamp": moment, **name}


def context_of(memory: Memory, question: str, **asked: Any) -> QueryContext:
    """A question to a memory, as its system gets it; `asked` are the options of a search."""
    return memory._runtime.query_context(memory._question(question, asked))


def channels_of(context: QueryContext) -> dict[str, np.ndarray]:
    """Every channel's score of every row, by name."""
    return context.first_person.channels()


def cosines_of(context: QueryContext, rows: np.ndarray) -> np.ndarray:
    """The cosine of some rows with the question as it was put."""
    return dense_at(context.view, context.scores.vector, rows)


def texts(memory: Memory, context: QueryContext) -> list[str]:
    """The words of every row of the context's view."""
    items = memory._store.get(context.query.scope.tenant, context.view.ids)
    return [items[id_].text for id_ in context.view.ids]


def derive(memory: Memory, kind: str, text: str, *sources: Item, **fields: Any) -> Item:
    """Store what a system could have derived from raw items, with its vector."""
    item = Item(
        id=new_id(),
        text=text,
        kind=kind,
        scope=sources[0].scope,
        known_from_us=sources[0].known_from_us,
        sources=tuple(source.id for source in sources),
        **{"created_by": "tester", **fields},
    )
    tenant = item.scope.tenant
    memory._store.apply(ChangeSet(tenant=tenant, actor=item.created_by, puts=[item]))
    memory._embed([memory._store.one(item.id, tenant)])
    return item
