"""What an HNSW index in PostgreSQL would buy: its cost and recall beside the exact scan of a view.

    PYTHONPATH=. python benchmarks/hnsw.py --n 20000 --write

One tenant, d = 384, pgvector with m = 16 and ef_construction = 64 as a partial index of the tenant,
inner product; the server is that of the tests. Its times are those it reports itself, without the
way to it and back; both are wall times, so read the ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from benchmarks.scale import Table, Texts
from tests import stores

from combray.index.scan import Scan

RESULTS = Path(__file__).parent / "results" / "hnsw.json"


def wall(work: Callable[[], Any]) -> tuple[float, Any]:
    """Wall milliseconds of a piece of work, and what it gave."""
    start = time.perf_counter()
    result = work()
    return 1000 * (time.perf_counter() - start), result


def literal(vector: np.ndarray) -> str:
    """A vector as pgvector reads it."""
    return "[" + ",".join(f"{x:.7g}" for x in vector) + "]"


def built(connection: psycopg.Connection[Any], vectors: np.ndarray) -> dict[str, Any]:
    """Fill a table and index it; seconds and megabytes."""
    connection.execute("CREATE TABLE near (tenant text, item_seq bigint, v vector(384))")
    connection.execute("ALTER TABLE near ALTER COLUMN v SET STORAGE plain")
    with connection.cursor().copy("COPY near FROM STDIN") as copy:
        for number, vector in enumerate(vectors):
            copy.write_row(("u", number, literal(vector)))
    connection.execute("SET maintenance_work_mem = '1GB'")
    connection.execute("SET max_parallel_maintenance_workers = 0")
    index = "CREATE INDEX near_v ON near USING hnsw (v vector_ip_ops) WHERE tenant = 'u'"
    ms, _ = wall(lambda: connection.execute(index))
    size = connection.execute("SELECT pg_relation_size('near_v') / 1e6").fetchone()
    return {"build_s": round(ms / 1000, 1), "index_mb": round(float(size[0]), 1) if size else 0}


def searched(
    connection: psycopg.Connection[Any], queries: np.ndarray, exact: list[set[int]], ef: int
) -> dict[str, Any]:
    """The median search at one breadth, and how many of the true first ten it finds."""
    connection.execute(f"SET hnsw.ef_search = {ef}")
    times, found = [], 0
    for query, true in zip(queries, exact, strict=True):
        sql = (
            "SELECT item_seq FROM near WHERE tenant = 'u' "
            f"ORDER BY v <#> '{literal(query)}' LIMIT 10"
        )
        found += len({row[0] for row in connection.execute(sql)} & true)
        told = connection.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}").fetchone()
        times.append(told[0][0]["Execution Time"] if told else 0.0)
    recall = found / (10 * len(queries))
    return {"way": f"hnsw ef={ef}", "ms": round(statistics.median(times), 2), "recall": recall}


def main() -> None:
    """Measure, print, and write beside when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    texts, table = Texts(), Table()
    vectors, queries = table.embed(texts.take(given.n)), table.embed(texts.take(100, 3, 8))
    exact = [set(np.argsort(-(vectors @ q), kind="stable")[:10].tolist()) for q in queries]
    with stores.server() as url, psycopg.connect(url, autocommit=True) as connection:
        told = {"n": given.n, **built(connection, vectors)}
        rows = [searched(connection, queries, exact, ef) for ef in (40, 100, 400)]
    for way, scan in (("view, float32", Scan()), ("view, eight bits", Scan())):
        if way.endswith("bits"):
            scan.follow(vectors, [])
        runs = [wall(lambda s=scan, q=q: s.products(vectors, q)) for q in queries]
        best = [set(np.argpartition(-found, 10)[:10].tolist()) for _, found in runs]
        hits = sum(len(a & b) for a, b in zip(best, exact, strict=True))
        ms = round(statistics.median(ms for ms, _ in runs), 2)
        rows.append({"way": way, "ms": ms, "recall": hits / 1000})
    print(json.dumps({**told, "rows": rows}, indent=2))
    if given.write:
        RESULTS.write_text(json.dumps({**told, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
