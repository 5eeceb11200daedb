"""Which facts are about the same thing: the index from a functional (subject, relation) to them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from combray.core.items import Item, Link
from combray.store.engine import Cursor, Run
from combray.store.tables.rows import (
    ITEM_COLUMNS,
    LINK_FIELDS,
    in_chunks,
    item_from_row,
    link_from_row,
)

LONGEST_TOPIC = 256


def topic_of(item: Item) -> str | None:
    """What a functional fact is about: its subject and relation, one value at a time.

    A user who speaks under two names is one `person`, by the name that came first.
    Facts of rules, users and proposals share their timelines; what a published system derives, in
    kinds of its own, has timelines apart.
    """
    about = item.metadata
    if not item.sources or not about.get("functional"):
        return None
    owner = "" if item.kind == "fact" else f"{item.created_by}\x1f"
    subject = str(about.get("person") or about.get("subject"))
    topic = f"{owner}{subject.casefold()}\x1f{about.get('relation')}"
    return topic if len(topic) <= LONGEST_TOPIC else _short(topic)


def _short(topic: str) -> str:
    """A long topic as its beginning and a hash: no engine keeps a longer one in an index."""
    return (
        f"{topic[:LONGEST_TOPIC]}\x1f{hashlib.blake2b(topic.encode(), digest_size=16).hexdigest()}"
    )


def file_topics(cursor: Cursor, items: Sequence[Item]) -> None:
    """Note what each functional fact is about, so that its fellows are found."""
    rows = [(i.scope.tenant, topic, i.id) for i in items if (topic := topic_of(i)) is not None]
    if rows:
        cursor.run_many(
            "INSERT INTO topics (tenant, topic, item_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            rows,
        )


def on_topics(
    run: Run, tenant: str, topics: Iterable[str], *, since: int | None = None
) -> list[Item]:
    """The live facts of a tenant about these topics; only those said since a moment, if given."""
    columns = ", ".join(f"items.{column}" for column in ITEM_COLUMNS.split(", "))
    query = (
        f"SELECT {columns} FROM topics JOIN items ON items.id = topics.item_id "
        "WHERE topics.tenant = ? AND items.status = 'live'"
    )
    query += "" if since is None else f" AND items.last_at >= {int(since)}"
    rows = in_chunks(run, query, tenant, topics, column="topics.topic")
    return [item_from_row(row) for row in rows]


def on_relation(run: Run, tenant: str, relation: str) -> list[Item]:
    """The live facts of a tenant that state one relation of whomever."""
    columns = ", ".join(f"items.{column}" for column in ITEM_COLUMNS.split(", "))
    rows = run(
        f"SELECT {columns} FROM topics JOIN items ON items.id = topics.item_id "
        "WHERE topics.tenant = ? AND topics.topic LIKE ? AND items.status = 'live'",
        (tenant, f"%\x1f{relation}"),
    )
    return [item_from_row(row) for row in rows]


def user_names(run: Run, tenant: str) -> set[str]:
    """Up to two of the names under which users speak in a tenant."""
    rows = run(
        "SELECT DISTINCT name FROM items WHERE tenant = ? AND role = 'user' AND name IS NOT NULL "
        "LIMIT 2",
        (tenant,),
    )
    return {str(row[0]) for row in rows}


def links_from(run: Run, tenant: str, kind: str, ids: Iterable[str]) -> list[Link]:
    """The links of one kind that start at any of these items."""
    return _links(run, tenant, kind, ids, "src")


def links_to(run: Run, tenant: str, kind: str, ids: Iterable[str]) -> list[Link]:
    """The links of one kind that end at any of these items."""
    return _links(run, tenant, kind, ids, "dst")


def _links(run: Run, tenant: str, kind: str, ids: Iterable[str], column: str) -> list[Link]:
    query = f"SELECT {', '.join(LINK_FIELDS)} FROM links WHERE tenant = ?"
    rows = in_chunks(run, query, tenant, ids, column=column)
    return [link for link in map(link_from_row, rows) if link.kind == kind]
