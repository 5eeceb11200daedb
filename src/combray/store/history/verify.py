"""Check that every row is what was written, and that the tables agree with the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from combray.core.items import Item, Json
from combray.store.engine import Run
from combray.store.history import history, logs
from combray.store.history.bereft import citing_lost
from combray.store.history.damage import (
    Checked,
    bad_calls,
    bad_generations,
    bad_jobs,
    bad_readings,
    bad_vectors,
    check_rows,
)
from combray.store.store import Store
from combray.store.tables import vectors
from combray.store.tables.every_row import every_row
from combray.store.tables.fact_keys import FILE_TOPIC, filed
from combray.store.tables.schema import odd_tables

MAX_EACH = 20
_CITE = "INSERT INTO cites (source_id, item_id) VALUES (?, ?)"
_UNCITE = "DELETE FROM cites WHERE source_id = ? AND item_id = ?"
_UNFILE = (
    "DELETE FROM topics WHERE tenant = ? AND topic = ? AND item_id = ? AND settled = ? "
    "AND said = ? AND value = ?"
)

DANGLING = {
    "citations of items that are gone": "cites WHERE source_id NOT IN (SELECT id FROM items) "
    "OR item_id NOT IN (SELECT id FROM items)",
    "links to items that are gone": "links WHERE src NOT IN (SELECT id FROM items) "
    "OR dst NOT IN (SELECT id FROM items)",
    "topics of items that are gone": "topics WHERE item_id NOT IN (SELECT id FROM items)",
    "readings of items that are gone": "readings "
    "WHERE (item_id, tenant) NOT IN (SELECT id, tenant FROM items)",
    "vectors of items that are gone": "vectors WHERE item_seq NOT IN (SELECT seq FROM items)",
    "vectors of no generation": "vectors WHERE generation NOT IN (SELECT seq FROM generations)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The counts and problems of a check; `pending` counts vectors that the next search makes."""

    problems: tuple[str, ...]
    counts: Json = field(default_factory=dict)
    pending: int = 0

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def as_dict(self) -> Json:
        """Plain data."""
        return {
            "ok": self.ok,
            "problems": list(self.problems),
            "counts": dict(self.counts),
            "pending": self.pending,
        }


def verify(store: Store, more: Callable[[list[Item]], list[str]] | None = None) -> Report:
    """Check every row by its checksum, the tables against the history and against each other.

    Each user is read as of one moment. `more` names further problems of a user's sound items.
    """
    found = [f"integrity: {line}" for line in store.engine.check()]
    found += [f"table {name} is not as it was made" for name in odd_tables(store.engine)]
    for what, where in DANGLING.items():
        count = int(store.engine.read(f"SELECT count(*) FROM {where}")[0][0])
        if count:
            found.append(f"{count} {what}")
    odd = store.engine.read(
        "SELECT count(*) FROM vectors JOIN generations ON generations.seq = vectors.generation "
        "WHERE length(vectors.data) <> 4 * generations.dim"
    )[0][0]
    if odd:
        found.append(f"{odd} vectors of the wrong length")
    found += [f"job {seq} is damaged" for seq in bad_jobs(store.engine.read)]
    found += [f"call {seq} of the ledger is damaged" for seq in bad_calls(store.engine.read)]
    found += [f"reading {seq} is damaged" for seq in bad_readings(store.engine.read)]
    states = bad_generations(store.engine.read)
    found += [f"generations of vectors are damaged ({', '.join(states)})"] if states else []
    tenants = tenants_of(store)
    for tenant in tenants:
        with store.engine.read_snapshot(tenant) as run:
            checked = check_rows(run, tenant)
            wrong = problems(run, tenant, checked)
        wrong += [] if more is None else more(checked.items)
        found += [f"{_whose(tenant)}: {line}" for line in wrong[:MAX_EACH]]
        if len(wrong) > MAX_EACH:
            found.append(f"{_whose(tenant)}: and {len(wrong) - MAX_EACH} more")
    tables = ("items", "links", "events", "vectors", "jobs", "steps", "blobs")
    count_of = "SELECT count(*) FROM"
    counts = {name: int(store.engine.read(f"{count_of} {name}")[0][0]) for name in tables}
    active = vectors.active(store.engine)
    pending = vectors.count_pending(store.engine, 0 if active is None else active.seq)
    return Report(
        problems=tuple(found), counts={"tenants": len(tenants), **counts}, pending=pending
    )


def problems(run: Run, tenant: str, checked: Checked) -> list[str]:
    """A sentence for everything that is wrong with the rows of a tenant."""
    told, held = history.replay(checked.events), history.state_of(run, tenant, checked.held)
    found = history.differing(told, held)
    named = " ".join(found)
    found += [
        f"item {id_} is damaged (row {seq})"
        for seq, id_ in checked.bad_items.items()
        if id_ not in named
    ]
    found += [f"event {seq} of item {id_} is damaged" for seq, id_ in checked.bad_events.items()]
    found += [f"the vector of item {id_} is damaged" for _, _, id_ in bad_vectors(run, tenant)]
    found += citing_lost(checked.items, ids_in(run, tenant))
    found += logs.problems(run, tenant)
    return [*found, *(f"{what}" for what, _, _ in filing(run, tenant, checked.items))]


def ids_in(run: Run, tenant: str) -> set[str]:
    """The id of every item of a tenant, damaged or not."""
    query = "SELECT seq, id FROM items WHERE tenant = ? AND seq > ?"
    return {str(row[1]) for _, row in every_row(run, query, "seq", tenant) if row is not None}


def filing(run: Run, tenant: str, items: list[Item]) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """What cites and topics lack or have too much: a sentence, the statement and its values."""
    ids, known = {item.id for item in items}, ids_in(run, tenant)
    cites = {(source, item.id) for item in items for source in item.sources if source in known}
    query = "SELECT source_id, item_id FROM cites WHERE item_id IN "
    stored = set(run(f"{query}(SELECT id FROM items WHERE tenant = ?)", (tenant,)))
    for pair in sorted(cites ^ stored, key=repr):
        if pair in cites:
            yield f"item {pair[1]} is not filed under {pair[0]}, which it cites", _CITE, pair
        elif pair[1] in ids:
            yield f"item {pair[1]} is filed under {pair[0]}, which it does not cite", _UNCITE, pair
    topics = {row for item in items if (row := filed(item)) is not None}
    query = "SELECT tenant, topic, item_id, settled, said, value FROM topics WHERE tenant = ?"
    for row in sorted(topics ^ set(run(query, (tenant,))), key=repr):
        if row in topics:
            yield f"fact {row[2]} is not filed under its topic as it is", FILE_TOPIC, row
        elif row[2] in ids:
            yield f"fact {row[2]} is filed under a topic that is not its own", _UNFILE, row


def tenants_of(store: Store) -> list[str]:
    """Every tenant that has items, task memories or a history."""
    rows = store.engine.read("SELECT DISTINCT tenant FROM events ORDER BY 1")
    return sorted({*store.tenants(), *(str(row[0]) for row in rows)})


def _whose(tenant: str) -> str:
    return f"user {tenant!r}" if tenant else "shared"
