"""Count the items of all tenants, and what one tenant stores."""

from __future__ import annotations

from combray.core.items import Json
from combray.store.store import Store
from combray.store.tables import vectors


def tenant_sizes(store: Store) -> dict[str, int]:
    """Return the number of live items of each tenant; who has only task memories has none."""
    rows = store.engine.read(
        "SELECT tenant, count(*) FROM items WHERE status = 'live' GROUP BY tenant"
    )
    tasks = store.engine.read("SELECT DISTINCT tenant FROM steps")
    counts = dict.fromkeys((str(tenant) for (tenant,) in tasks), 0)
    counts |= {str(tenant): int(count) for tenant, count in rows}
    return dict(sorted(counts.items()))


def tenant_stats(store: Store, tenant: str) -> Json:
    """Live items by kind, sessions, task memories, bytes of all of it, and what is pending."""
    read = store.engine.tenant_reader(tenant)
    kinds = read(
        "SELECT kind, count(*) FROM items WHERE tenant = ? AND status = 'live' "
        "GROUP BY kind ORDER BY kind",
        (tenant,),
    )
    texts = read(
        "SELECT sum(length(text) + length(metadata)) FROM items WHERE tenant = ?", (tenant,)
    )
    generation = vectors.active(store.engine)
    data = read(
        "SELECT count(*), sum(length(data)) FROM vectors WHERE tenant = ? AND generation = ?",
        (tenant, 0 if generation is None else generation.seq),
    )
    log = read(
        "SELECT count(*), sum(coalesce(length(before), 0) + coalesce(length(after), 0)) "
        "FROM events WHERE tenant = ?",
        (tenant,),
    )
    stored = read("SELECT count(*) FROM items WHERE tenant = ?", (tenant,))[0][0]
    steps = read(
        "SELECT count(*), count(DISTINCT log), sum(length(value)) FROM steps WHERE tenant = ?",
        (tenant,),
    )
    contents = read("SELECT sum(length(data)) FROM blobs WHERE tenant = ?", (tenant,))
    sizes = (texts[0][0], data[0][1], log[0][1], steps[0][2], contents[0][0])
    sessions = read(
        "SELECT count(DISTINCT session_id) FROM items WHERE tenant = ? AND status = 'live'",
        (tenant,),
    )
    return {
        "items": sum(int(count) for _, count in kinds),
        "bytes": sum(int(size or 0) for size in sizes),
        "kinds": {str(kind): int(count) for kind, count in kinds},
        "sessions": int(sessions[0][0]),
        "events": int(log[0][0]),
        "tasks": int(steps[0][1]),
        "steps": int(steps[0][0]),
        "without_vector": int(stored) - int(data[0][0]),
        "embedder": None if generation is None else generation.embedder,
    }
