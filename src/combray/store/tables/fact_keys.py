"""Which facts are about the same thing: the index from a functional (subject, relation) to them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from combray.core.facts import ALSO, WAS, Fact
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
ALWAYS = 2**62
"""After every moment that can be kept."""
BESIDE = ALWAYS + 1
"""The same for a value beside others, which only the word that something is over ends."""


FILE_TOPIC = (
    "INSERT INTO topics (tenant, topic, item_id, settled) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (tenant, topic, item_id) DO UPDATE SET settled = excluded.settled"
)


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


def settled_at(fact: Item) -> int:
    """Until when something new may change the interval of a functional fact, or be refuted by it.

    What begins later leaves it alone. ALWAYS for what is open, of an unknown start, or said to be
    over, whose end what comes next may succeed; BESIDE for what holds beside others.
    """
    stated = Fact.of(fact)
    if stated.says == ALSO and fact.valid_to_us is None and stated.start is not None:
        return BESIDE
    if fact.valid_to_us is None or stated.start is None or stated.says == WAS:
        return ALWAYS
    return max(fact.valid_to_us, stated.held_to or fact.valid_to_us)


def file_topics(cursor: Cursor, items: Sequence[Item]) -> None:
    """Note what each functional fact is about, so that its fellows are found."""
    rows = [
        (i.scope.tenant, topic, i.id, settled_at(i))
        for i in items
        if (topic := topic_of(i)) is not None
    ]
    if rows:
        cursor.run_many(FILE_TOPIC, rows)


def on_topics(
    run: Run,
    tenant: str,
    topics: Iterable[str],
    *,
    since: int | None = None,
    unsettled: tuple[int, int] | None = None,
) -> list[Item]:
    """The live facts of a tenant about these topics.

    Only those said since a moment, or settled between a moment and ALWAYS or BESIDE, if given.
    """
    columns = ", ".join(f"items.{column}" for column in ITEM_COLUMNS.split(", "))
    query = (
        f"SELECT {columns} FROM topics JOIN items ON items.id = topics.item_id "
        "WHERE topics.tenant = ? AND items.status = 'live'"
    )
    query += "" if since is None else f" AND items.last_at >= {int(since)}"
    query += "" if unsettled is None else " AND topics.settled BETWEEN {} AND {}".format(*unsettled)
    rows = in_chunks(run, query, tenant, topics, column="topics.topic")
    return [item_from_row(row) for row in rows]


def one_on_each_topic(run: Run, tenant: str, relation: str) -> list[Item]:
    """For each topic of a relation the first live fact in which a user speaks of himself."""
    topics = run(
        "SELECT DISTINCT topic FROM topics WHERE tenant = ? AND topic LIKE ?",
        (tenant, f"%\x1f{relation}"),
    )
    columns = ", ".join(f"items.{column}" for column in ITEM_COLUMNS.split(", "))
    query = (
        f"SELECT {columns} FROM topics JOIN items ON items.id = topics.item_id "
        "WHERE topics.tenant = ? AND topics.topic = ? AND items.status = 'live' "
        "AND items.metadata LIKE '%\"own\":true%' ORDER BY topics.item_id LIMIT 1"
    )
    rows = [row for (topic,) in topics for row in run(query, (tenant, topic))]
    return [item for item in map(item_from_row, rows) if item.metadata.get("own")]


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
