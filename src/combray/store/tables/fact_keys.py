"""Which facts are about the same thing: the index from a functional (subject, relation) to them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from combray.core.facts import ALSO, ENDED, IS, WAS, Fact
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
PLAIN = 2**62 - 1
"""After every moment that can be kept: for what is said to hold, or to have ended, since a
moment that had come, and is open. The last of each value and beginning settles the others."""
ALWAYS = PLAIN + 1
"""The same for what stands otherwise."""
BESIDE = ALWAYS + 1
"""The same for a value beside others, which only the word that something is over ends."""


FILE_TOPIC = (
    "INSERT INTO topics (tenant, topic, item_id, settled, said, value) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (tenant, topic, item_id) "
    "DO UPDATE SET settled = excluded.settled, said = excluded.said, value = excluded.value"
)

_EACH_TOPIC = (
    "WITH RECURSIVE each (topic) AS (SELECT min(topic) FROM topics WHERE tenant = ? UNION ALL "
    "SELECT (SELECT min(topic) FROM topics WHERE tenant = ? AND topic > each.topic) "
    "FROM each WHERE each.topic IS NOT NULL) SELECT topic FROM each WHERE topic LIKE ?"
)
"""From one topic to the next, however many facts each has: DISTINCT reads them all."""


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

    What begins later leaves it alone. PLAIN or ALWAYS for what is open, of an unknown start, or
    said to be over, whose end what comes next may succeed; BESIDE for what holds beside others.
    """
    stated = Fact.of(fact)
    if _is_plain(fact, stated):
        return PLAIN
    if stated.says == ALSO and fact.valid_to_us is None and stated.start is not None:
        return BESIDE
    if fact.valid_to_us is None or stated.start is None or stated.says == WAS:
        return ALWAYS
    return max(fact.valid_to_us, stated.held_to or fact.valid_to_us)


def _is_plain(fact: Item, stated: Fact) -> bool:
    """Whether a fact is open, and says what holds or ended since a moment that had come."""
    said, known = fact.last_at_us, [stated.start, stated.held_to or stated.start]
    open_ = fact.valid_to_us is None and stated.end is None and stated.says not in (ALSO, WAS)
    return open_ and all(moment is not None and moment <= said for moment in known)


def value_of(fact: Item) -> str:
    """A hash of what a plain fact says of its topic, and since when unless since it was said."""
    stated = Fact.of(fact)
    says = ENDED if stated.says == ENDED else IS
    since = "" if stated.start == fact.last_at_us else stated.start
    words = f"{says}\x1f{since}\x1f{stated.object.casefold()}"
    return hashlib.blake2b(words.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def filed(item: Item) -> tuple[str, str, str, int, int, str] | None:
    """The row by which a functional fact is found; None for what is none."""
    topic = topic_of(item)
    if topic is None:
        return None
    settled = settled_at(item)
    value = value_of(item) if settled == PLAIN else ""
    return (item.scope.tenant, topic, item.id, settled, item.last_at_us, value)


def file_topics(cursor: Cursor, items: Sequence[Item]) -> None:
    """Note what each functional fact is about, so that its fellows are found."""
    rows = [row for item in items if (row := filed(item)) is not None]
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


def last_of_each_value(run: Run, tenant: str, topic: str, most: int) -> list[Item] | None:
    """Of each value of a topic the last of its live plain facts; None when there are too many.

    A fact that is dead is passed over, so that a value costs more once many of its facts are.
    """
    columns = ", ".join(f"items.{column}" for column in ITEM_COLUMNS.split(", "))
    query = (
        f"SELECT topics.value, {columns} FROM topics JOIN items ON items.id = topics.item_id "
        "WHERE topics.tenant = ? AND topics.topic = ? AND topics.settled = ? AND topics.value < ? "
        "AND items.status = 'live' "
        "ORDER BY topics.value DESC, topics.said DESC, topics.item_id DESC LIMIT 1"
    )
    found: list[Item] = []
    value = "g"  # after every hexadecimal number
    while rows := run(query, (tenant, topic, PLAIN, value)):
        value = rows[0][0]
        found.append(item_from_row(rows[0][1:]))
        if len(found) > most:
            return None
    return found


def plain_facts(run: Run, tenant: str, topic: str, values: Iterable[str]) -> list[Item]:
    """The live plain facts of a topic that say any of these values."""
    columns = ", ".join(f"items.{column}" for column in ITEM_COLUMNS.split(", "))
    query = (
        f"SELECT {columns} FROM topics JOIN items ON items.id = topics.item_id "
        "WHERE topics.tenant = ? AND topics.topic = ? AND topics.settled = ? "
        "AND topics.value = ? AND items.status = 'live'"
    )
    args = [(tenant, topic, PLAIN, value) for value in values]
    return [item_from_row(row) for some in args for row in run(query, some)]


def last_on_topics(run: Run, tenant: str, topics: Iterable[str]) -> list[Item]:
    """For each topic the live fact that was said last, if there is one."""
    columns = ", ".join(f"items.{column}" for column in ITEM_COLUMNS.split(", "))
    query = (
        f"SELECT {columns} FROM topics JOIN items ON items.id = topics.item_id "
        "WHERE topics.tenant = ? AND topics.topic = ? AND items.status = 'live' "
        "ORDER BY topics.said DESC, items.seq DESC LIMIT 1"
    )
    return [item_from_row(row) for topic in topics for row in run(query, (tenant, topic))]


def one_on_each_topic(run: Run, tenant: str, relation: str) -> list[Item]:
    """For each topic of a relation the first live fact in which a user speaks of himself."""
    topics = run(_EACH_TOPIC, (tenant, tenant, f"%\x1f{relation}"))
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
