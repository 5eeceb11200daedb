"""History: the state as the replay of events, and what would undo a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from combray.core.errors import InputError, NotFound, quoted
from combray.core.items import Event, Item, Json
from combray.store.engine import Engine, Run
from combray.store.store import Store
from combray.store.tables.rows import LINK_FIELDS, item_state

LinkKey = tuple[str, str, str]
LINK_OPS = ("link", "unlink")
_UNDO = "undo "


@dataclass
class State:
    """Items and links as plain data: by id, and by (src, dst, kind)."""

    items: dict[str, Json] = field(default_factory=dict)
    links: dict[LinkKey, Json] = field(default_factory=dict)
    _erased: dict[str, int] = field(default_factory=dict)
    _linked: dict[LinkKey, int] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Apply one event."""
        if event.op == "erase":
            self.items.pop(event.item_id, None)
            self._erased[event.item_id] = event.seq
        elif event.op in LINK_OPS:
            body = event.after_us or event.before_us or {}
            key = (str(body["src"]), str(body["dst"]), str(body["kind"]))
            self.links.pop(key, None)
            if event.after_us is not None:
                self.links[key], self._linked[key] = event.after_us, event.seq
        elif event.before_us is None:
            self.items[event.item_id] = dict(event.after_us or {})
        else:
            self.items.setdefault(event.item_id, {}).update(event.after_us or {})

    def link(self, key: LinkKey) -> Json | None:
        """Return a link; None for one of which an end was erased since it was made."""
        made = self._linked.get(key, -1)
        gone = any(self._erased.get(end, -1) > made for end in key[:2])
        return None if gone else self.links.get(key)

    def unlink_erased(self) -> None:
        """Drop the links of erased items: the event of an erasure names only the item."""
        for key in [key for key in self.links if self.link(key) is None]:
            del self.links[key]


def replay(events: Iterable[Event]) -> State:
    """Return the state to which these events lead, in the order of their numbers."""
    state = State()
    for event in events:
        state.take(event)
    state.unlink_erased()
    return state


def stored(store: Store, tenant: str) -> State:
    """Return the state of the tables."""
    return state_of(store.engine.tenant_reader(tenant), tenant, store.items(tenant))


def state_of(run: Run, tenant: str, items: Iterable[Item]) -> State:
    """Return these items of a tenant, and its links as they are stored."""
    rows = run(f"SELECT {', '.join(LINK_FIELDS)} FROM links WHERE tenant = ?", (tenant,))
    links = [dict(zip(LINK_FIELDS, row, strict=True)) for row in rows]
    return State(
        items={item.id: item_state(item) for item in items},
        links={(link["src"], link["dst"], link["kind"]): link for link in links},
    )


def differences(store: Store, tenant: str) -> list[str]:
    """Return a sentence for each difference between the tables and the replay of the events."""
    return differing(replay(store.events(tenant)), stored(store, tenant))


def differing(told: State, held: State) -> list[str]:
    """Return a sentence for each difference between what was told and what is held."""
    return [
        *_differing("item", told.items, held.items),
        *_differing("link", told.links, held.links),
    ]


def _differing(what: str, told: Mapping[Any, Json], held: Mapping[Any, Json]) -> list[str]:
    found: list[str] = []
    for key in sorted({*told, *held}, key=str):
        one, other = told.get(key), held.get(key)
        if one is None or other is None:
            missing = "history" if one is None else "tables"
            found.append(f"{what} {key} is missing from the {missing}")
            continue
        if not same(one, other):
            wrong = sorted(n for n in {*one, *other} if one.get(n) != other.get(n))
            found.append(f"{what} {key} differs from its history in {', '.join(wrong)}")
    return found


def same(one: Json, other: Json | None) -> bool:
    """Return whether two states are equal, apart from digests, which follow from the texts."""
    if other is None:
        return False
    return all(one.get(n) == other.get(n) for n in {*one, *other} if n != "digest")


# ── which changes can be undone ──────────────────────────────────────────────────────────────────


def undoes(change_id: str) -> str:
    """Return the reason that marks a change as the undoing of another."""
    return f"{_UNDO}{change_id}"


def undone_by(run: Run, tenant: str, change_id: str) -> str | None:
    """Return the change that undid this one and is in force; None when there is none."""
    rows = run(
        "SELECT change_id, max(seq) FROM events WHERE tenant = ? AND why = ? GROUP BY change_id "
        "ORDER BY 2 DESC",
        (tenant, undoes(change_id)),
    )
    for other, _seq in rows:
        if undone_by(run, tenant, str(other)) is None:
            return str(other)
    return None


def tenant_of(engine: Engine, change_id: str, tenant: str | None) -> str:
    """Return the tenant of a change; raise NotFound when it is unknown or another user's."""
    rows = engine.read("SELECT tenant FROM events WHERE change_id = ? LIMIT 1", (change_id,))
    if not rows or tenant not in (None, rows[0][0]):
        raise NotFound(
            f"There is no change {quoted(change_id)} here. "
            "history(id) names the changes of a memory."
        )
    return str(rows[0][0])


def changes_since(run: Run, tenant: str, moment: int) -> list[str]:
    """Return the ids of the changes after a moment, newest first."""
    rows = run(
        "SELECT change_id, max(seq) FROM events WHERE tenant = ? AND at > ? AND op <> 'erase' "
        "GROUP BY change_id ORDER BY 2 DESC",
        (tenant, moment),
    )
    return [str(row[0]) for row in rows]


def check_undoable(run: Run, tenant: str, change_id: str, events: Iterable[Event]) -> None:
    """Raise InputError when a change is undone already or erased something."""
    if any(event.op == "erase" for event in events):
        raise InputError(f"The change {change_id} erased memories; what is erased is gone.")
    by = undone_by(run, tenant, change_id)
    if by is not None:
        raise InputError(
            f"The change {change_id} was undone already, by {by}. To bring it back, undo {by}."
        )
