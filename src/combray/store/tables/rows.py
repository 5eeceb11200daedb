"""Items, links and events as rows, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from combray.core.errors import StoreError
from combray.core.fold import folded, same_words
from combray.core.items import Event, Item, Json, Link, Scope, Status
from combray.store.engine import Row

CHUNK = 500
ITEM_FIELDS = (
    "id", "tenant", "kind", "text", "agent_id", "session_id", "role", "name", "first_at",
    "last_at", "valid_from", "valid_to", "known_from", "known_to", "strength", "last_recalled",
    "count", "status", "digest", "metadata", "sources", "created_by",
)  # fmt: skip
ITEM_COLUMNS = ", ".join(("seq", *ITEM_FIELDS))
LINK_FIELDS = (
    "tenant", "src", "dst", "kind", "weight", "valid_from", "valid_to", "known_from", "known_to",
    "sources",
)  # fmt: skip
EVENT_COLUMNS = "seq, change_id, item_id, op, at, actor, why, before, after"
_STATUS = {status.value: status for status in Status}
_AS_JSON = ("metadata", "sources")
_STOPS = ".,;:!\"'“”‘’„«»()[]*•…。，！"
_DASHES = frozenset("-–—")
LIKENESS = "substr(digest, 1, 16)"
"""The part of a stored digest that look-alikes share, as SQL; it has an index."""
# One encoder for all: json.dumps makes a new one for every value that is not written its own way.
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def in_chunks(
    run: Any, query: str, tenant: str, values: Iterable[str], *, column: str = "id", close: str = ""
) -> list[Row]:
    """Run `query AND column IN (...) close` over a long list of values, a chunk at a time."""
    listed = list(dict.fromkeys(values))
    rows: list[Row] = []
    for start in range(0, len(listed), CHUNK):
        chunk = listed[start : start + CHUNK]
        marks = ", ".join("?" * len(chunk))
        rows += run(f"{query} AND {column} IN ({marks}){close}", (tenant, *chunk))
    return rows


def digest(text: str) -> str:
    """A hash that two texts share when they have the same words, and only then.

    The same up to Unicode composition (NFC) and white space, nothing else. Its first half is
    the `likeness`, which follows from the words.
    """
    words = same_words(text)
    return likeness(words) + hashlib.blake2b(words.encode(), digest_size=8).hexdigest()


def likeness(text: str) -> str:
    """A hash that look-alikes share: texts that differ only in case, width and stops.

    Look-alikes are linked. They say different things, as `.5 mg` and `5 mg` do, so nothing is
    merged or left out by it.
    """
    bare = [word.strip(_STOPS) for word in folded(text).split()]
    normal = " ".join([w for w in bare if w and w not in _DASHES]) or text.strip()
    return hashlib.blake2b(normal.encode(), digest_size=8).hexdigest()


def digest_of(item: Item) -> str:
    """The digest of an item's text, as it was stored when it was."""
    return item.digest or digest(item.text)


def to_json(value: Any) -> str:
    """Compact JSON with keys in a fixed order."""
    return _encode(value)


def item_values(item: Item) -> tuple[Any, ...]:
    """The values of ITEM_FIELDS."""
    scope = item.scope
    return (
        item.id, scope.tenant, item.kind, item.text, scope.agent_id, scope.session_id, item.role,
        item.name, item.first_at_us, item.last_at_us, item.valid_from_us, item.valid_to_us,
        item.known_from_us, item.known_to_us, item.strength, item.last_recalled_us, item.count,
        item.status, digest(item.text), to_json(dict(item.metadata)) if item.metadata else "{}",
        to_json(list(item.sources)) if item.sources else "[]", item.created_by,
    )  # fmt: skip


def item_from_row(row: Row) -> Item:
    """The item of a row of ITEM_COLUMNS; raise StoreError for a damaged one."""
    try:
        return _item(row)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise _damaged(f"item {row[1]!r:.50}") from error


def _item(row: Row) -> Item:
    (seq, id_, tenant, kind, text, agent_id, session_id, role, name, first_at, last_at, valid_from,
     valid_to, known_from, known_to, strength, last_recalled, count, status, digest, metadata,
     sources, created_by) = row  # fmt: skip
    about = {} if metadata == "{}" else json.loads(metadata)
    if not isinstance(about, dict):
        raise TypeError("metadata is no object")
    return Item(
        id=id_, text=text, kind=kind, scope=Scope(tenant or None, agent_id, session_id), role=role,
        name=name, first_at_us=first_at, last_at_us=last_at, valid_from_us=valid_from,
        valid_to_us=valid_to, known_from_us=known_from, known_to_us=known_to, strength=strength,
        last_recalled_us=last_recalled, count=count, status=_STATUS[status], digest=digest, seq=seq,
        metadata=about, created_by=created_by,
        sources=() if sources == "[]" else tuple(json.loads(sources)),
    )  # fmt: skip


def ids_of(sources: str) -> list[str]:
    """The ids in a column of sources; raise StoreError for a damaged one."""
    try:
        return [str(id_) for id_ in json.loads(sources)]
    except (TypeError, ValueError) as error:
        raise _damaged(f"sources {sources!r:.50}") from error


def item_state(item: Item) -> Json:
    """The fields of an item as an event keeps them."""
    state = dict(zip(ITEM_FIELDS, item_values(item), strict=True))
    return {**state, "metadata": dict(item.metadata), "sources": list(item.sources)}


def item_from_state(state: Json, *, seq: int = 0) -> Item:
    """The item whose fields an event or an export kept."""
    values = [to_json(state[f]) if f in _AS_JSON else state[f] for f in ITEM_FIELDS]
    return item_from_row((seq, *values))


def field_value(item: Item, name: str) -> Any:
    """The plain value of one mutable field."""
    value = item.field(name)
    return dict(value) if name == "metadata" else value


def link_values(tenant: str, link: Link) -> tuple[Any, ...]:
    """The values of LINK_FIELDS."""
    return (
        tenant, link.src, link.dst, link.kind, link.weight, link.valid_from_us, link.valid_to_us,
        link.known_from_us, link.known_to_us, to_json(list(link.sources)),
    )  # fmt: skip


def link_from_row(row: Row) -> Link:
    """The link of a row of LINK_FIELDS; raise StoreError for a damaged one."""
    try:
        return _link(row)
    except (TypeError, ValueError) as error:
        raise _damaged(f"link of {row[1]!r:.50}") from error


def _link(row: Row) -> Link:
    _tenant, src, dst, kind, weight, valid_from, valid_to, known_from, known_to, sources = row
    return Link(
        src=src, dst=dst, kind=kind, weight=weight, valid_from_us=valid_from, valid_to_us=valid_to,
        known_from_us=known_from, known_to_us=known_to, sources=tuple(json.loads(sources)),
    )  # fmt: skip


def event_from_row(row: Row) -> Event:
    """The event of a row of EVENT_COLUMNS; raise StoreError for a damaged one."""
    seq, change_id, item_id, op, at, actor, why, before, after = row
    try:
        return Event(
            seq=seq, change_id=change_id, item_id=item_id, op=op, at_us=at, actor=actor, why=why,
            before_us=None if before is None else json.loads(before),
            after_us=None if after is None else json.loads(after),
        )  # fmt: skip
    except (TypeError, ValueError, RecursionError) as error:
        raise _damaged(f"event {seq}") from error


def _damaged(what: str) -> StoreError:
    return StoreError(
        f"The row of {what} is damaged. Run verify, then repair, or restore a backup."
    )
