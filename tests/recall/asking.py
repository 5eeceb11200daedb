"""How tests of recall put a question: to items whose every field is given, and what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from combray import Memory
from combray.core.arrays import Mask
from combray.core.changes import ChangeSet, Patch
from combray.core.items import Item
from combray.recall.query.query_context import QueryContext
from combray.testing.base import item, put
from tests.words import Words

USER = "u"
DAY = 86_400_000_000


class Counting(Words):
    """The embedder of the tests, which notes what it is given."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """The rows of `Words`."""
        self.calls.append(list(texts))
        return super().embed(texts)

    def times(self, text: str) -> int:
        """How often a text was embedded."""
        return sum(call.count(text) for call in self.calls)


def opened(*items: Item, **options: Any) -> Memory:
    """A memory that holds some items of one user as they are given."""
    memory = Memory(**{"embedder": Words(), **options})
    if items:
        put(memory._store, items)
    return memory


def said(text: str, at: int = 0, name: str | None = None, **fields: Any) -> Item:
    """A turn said at a moment."""
    return item(text, USER, kind="turn", role="user", name=name, first_at_us=at, **fields)


def fact(about: tuple[str, str, str], source: Item, **fields: Any) -> Item:
    """A functional fact that rests on a turn."""
    subject, relation, value = about
    metadata = {"subject": subject, "relation": relation, "object": value, "functional": True}
    return item(
        f"{subject} {relation} {value}.",
        USER,
        **{"kind": "fact", "sources": (source.id,), "metadata": metadata, **fields},
    )


def patch(memory: Memory, changed: Item, **fields: Any) -> int:
    """Change fields of an item; the moment at which it was changed."""
    change = ChangeSet(tenant=USER, actor="test", patches=[Patch(id=changed.id, fields=fields)])
    memory._store.apply(change)
    return memory._store.events(USER)[-1].at_us


def asked(memory: Memory, text: str = "what", **options: Any) -> QueryContext:
    """The context of a question of the user."""
    return memory._runtime.query_context(
        memory._question(text, {"user_id": USER, **options}, options.get("limit", 10))
    )


def texts(context: QueryContext, mask: Mask) -> list[str]:
    """The texts of the rows that a mask lets through, in order."""
    ids = [context.view.ids[row] for row in np.flatnonzero(mask)]
    found = context.store.get(USER, ids)
    return sorted(found[id_].text for id_ in ids)
