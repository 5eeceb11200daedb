"""Items and stores for the tests of changes, without a memory around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from combray.core.changes import ChangeSet
from combray.core.facts import Fact
from combray.core.ids import new_id
from combray.core.items import SUPERSEDES, Item, Link, Scope
from combray.store.connect import connect
from combray.store.store import Store
from combray.write.facts.facts import fact_item
from combray.write.facts.update_timelines import update_timelines

USER = "u"


def raw(text: str, *, at: int = 0, user: str | None = USER, **fields: Any) -> Item:
    """A turn of the user's, said at a moment, from which it holds."""
    fields = {"id": new_id(), "kind": "turn", "role": "user", "valid_from_us": at, **fields}
    return Item(
        text=text,
        scope=Scope(user),
        first_at_us=at,
        last_at_us=at,
        known_from_us=at,
        **fields,
    )


def fact(value: str, sources: Sequence[Item], *, relation: str = "lives in", **about: Any) -> Item:
    """A functional fact of Ann's, as an item that is not yet on its timeline."""
    about = {"subject": "Ann", "functional": True, "start": sources[0].first_at_us, **about}
    return fact_item(Fact(relation=relation, object=value, **about), sources, actor="rules/1")


def store_of(*items: Item, links: Sequence[Link] = ()) -> Store:
    """A new store in memory that holds some items; functional facts stand on their timelines."""
    store = connect(":memory:")
    add(store, *items, links=links)
    return store


def add(store: Store, *items: Item, links: Sequence[Link] = ()) -> None:
    """Put items of one user, with the timelines of their facts."""
    tenant = items[0].scope.tenant
    change = ChangeSet(tenant=tenant, actor="user", why="add", links=links)
    with store.engine.write(tenant) as cursor:
        store.apply_in(cursor, update_timelines(cursor.run, tenant, items).join(change))


def pairs(store: Store, tenant: str = USER) -> set[tuple[str, str]]:
    """The (later, earlier) pairs of the links between what supersedes and what is superseded."""
    return {(link.src, link.dst) for link in store.links(tenant, kind=SUPERSEDES)}
