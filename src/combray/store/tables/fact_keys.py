"""Which facts are about the same thing: the index from a functional (subject, relation) to them.

A fact whose row is damaged is derived, and no reason not to store new words: it is left out here,
with a warning, until a repair has put it right.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from combray.core.errors import StoreError
from combray.core.facts import ALSO, ENDED, IS, WAS, Fact
from combray.core.items import Item, Link
from combray.store.engine import Cursor, Row, Run
from combray.store.tables.checksums import of_values
from combray.store.tables.rows import (
    ITEM_FIELDS,
    LINK_FIELDS,
    in_chunks,
    item_from_row,
    link_from_row,
)

_log = logging.getLogger("combray")
_Read = TypeVar("_Read", Item, Link)
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
    """Whether a fact is open, may end others, and says what holds or ended by a moment past."""
    said, known = fact.last_at_us, [stated.start, stated.held_to or stated.start]
    open_ = fact.valid_to_us is None and stated.end is None and stated.says not in (ALSO, WAS)
    return open_ and stated.ends and all(moment is not None and moment <= said for moment in known)


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
    wanted = set(topics)
    query = f"{_FILED} AND items.status = 'live'"
    query += "" if since is None else f" AND items.last_at >= {int(since)}"
    query += "" if unsettled is None else " AND topics.settled BETWEEN {} AND {}".format(*unsettled)
    rows = in_chunks(run, query, tenant, sorted(wanted), column="topics.topic")
    return [fact for fact in _sound(rows) if topic_of(fact) in wanted]


def filed_on(run: Run, tenant: str, topics: Iterable[str]) -> dict[str, int]:
    """How many live facts of a tenant are filed under each of these topics."""
    query = (
        "SELECT topics.topic, count(*) FROM topics JOIN items ON items.id = topics.item_id "
        "WHERE topics.tenant = ? AND items.status = 'live'"
    )
    close = " GROUP BY topics.topic"
    rows = in_chunks(run, query, tenant, topics, column="topics.topic", close=close)
    return {str(topic): int(count) for topic, count in rows}


def last_of_each_value(run: Run, tenant: str, topic: str, most: int) -> list[Item] | None:
    """Of each value of a topic the last of its live plain facts; None when there are too many.

    A fact that is dead is passed over, so that a value costs more once many of its facts are.
    """
    query = (
        f"SELECT topics.value, {_COLUMNS} FROM topics JOIN items ON items.id = topics.item_id "
        "WHERE topics.tenant = ? AND topics.topic = ? AND topics.settled = ? AND topics.value < ? "
        "AND items.status = 'live' "
        "ORDER BY topics.value DESC, topics.said DESC, topics.item_id DESC LIMIT 1"
    )
    found: list[Item] = []
    value = "g"  # after every hexadecimal number
    while rows := run(query, (tenant, topic, PLAIN, value)):
        value = rows[0][0]
        found += _sound([rows[0][1:]])
        if len(found) > most:
            return None
    return found


def plain_facts(run: Run, tenant: str, topic: str, values: Iterable[str]) -> list[Item]:
    """The live plain facts of a topic that say any of these values."""
    query = (
        f"{_FILED} AND topics.topic = ? AND topics.settled = ? "
        "AND topics.value = ? AND items.status = 'live'"
    )
    args = [(tenant, topic, PLAIN, value) for value in values]
    return list(_sound(row for some in args for row in run(query, some)))


def last_on_topics(run: Run, tenant: str, topics: Iterable[str]) -> list[Item]:
    """For each topic the live fact that was said last, if there is one."""
    query = (
        f"{_FILED} AND topics.topic = ? AND items.status = 'live' "
        "ORDER BY topics.said DESC, items.seq DESC LIMIT 1"
    )
    return list(_sound(row for topic in topics for row in run(query, (tenant, topic))))


def one_on_each_topic(run: Run, tenant: str, relation: str) -> list[Item]:
    """For each topic of a relation the first live fact in which a user speaks of himself."""
    topics = run(_EACH_TOPIC, (tenant, tenant, f"%\x1f{relation}"))
    query = (
        f"{_FILED} AND topics.topic = ? AND items.status = 'live' "
        "AND items.metadata LIKE '%\"own\":true%' ORDER BY topics.item_id LIMIT 1"
    )
    rows = [row for (topic,) in topics for row in run(query, (tenant, topic))]
    return [item for item in _sound(rows) if item.metadata.get("own")]


_COLUMNS = ", ".join(f"items.{column}" for column in ("seq", *ITEM_FIELDS, "checksum"))
_FILED = (
    f"SELECT {_COLUMNS} FROM topics JOIN items ON items.id = topics.item_id WHERE topics.tenant = ?"
)


def _sound(rows: Iterable[Row]) -> Iterator[Item]:
    """The facts of rows that are what was written."""
    for row in rows:
        if of_values(row[1:-1]) == row[-1]:
            yield from _readable(item_from_row, row[:-1])
        else:
            _warn(row[1])


def _readable(read: Callable[[Row], _Read], row: Row) -> Iterator[_Read]:
    """What a row says, if it says anything."""
    try:
        yield read(row)
    except StoreError:
        _warn(row[1])


def _warn(id_: object) -> None:
    _log.warning(
        "The row of the fact %.60r is damaged; it is left out of its timeline. Run verify, then "
        "repair.",
        id_,
    )


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
    links = (link for row in rows for link in _readable(link_from_row, row))
    return [link for link in links if link.kind == kind]
