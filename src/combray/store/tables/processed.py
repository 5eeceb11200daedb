"""Which of the user's words each system has read: a file may be told under several, one by one."""

from __future__ import annotations

import json
from collections.abc import Collection

from combray.core.items import RAW_KINDS, Item
from combray.store.engine import Cursor, Run
from combray.store.tables.rows import ITEM_COLUMNS, item_from_row

_UNREAD = (
    "FROM items i WHERE i.tenant = ? AND i.status = 'live' "
    f"AND i.kind IN ({', '.join(repr(kind) for kind in RAW_KINDS)}) "
    "AND NOT EXISTS (SELECT 1 FROM readings r WHERE r.item_id = i.id AND r.actor = ?) "
    "AND NOT EXISTS (SELECT 1 FROM cites c JOIN items d ON d.id = c.item_id "
    "WHERE c.source_id = i.id AND d.created_by = ? AND d.status = 'live')"
)


def unread(read: Run, tenant: str, actor: str) -> list[Item]:
    """The live raw items of a tenant that a system has not read and that no job of it names."""
    columns = ", ".join(f"i.{column}" for column in ITEM_COLUMNS.split(", "))
    rows = read(f"SELECT {columns} {_UNREAD} ORDER BY i.seq", (tenant, actor, actor))
    queued = read("SELECT payload FROM jobs WHERE tenant = ? AND kind = ?", (tenant, actor))
    waiting = {id_ for (payload,) in queued for id_ in json.loads(payload).get("ids", ())}
    return [item for item in map(item_from_row, rows) if item.id not in waiting]


def forget_reading(cursor: Cursor, tenant: str, actor: str, ids: Collection[str]) -> None:
    """Let a system read these items again."""
    cursor.run_many(
        "DELETE FROM readings WHERE tenant = ? AND actor = ? AND item_id = ?",
        [(tenant, actor, id_) for id_ in ids],
    )
