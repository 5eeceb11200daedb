"""What the hash tables of `tim` find, and how much they look at, on real sentence vectors.

Vectors are those of the turns of LoCoMo and of the users of LongMemEval. For each query turn the
ten nearest of the others are compared with the candidates, for several numbers of probes.

    COMBRAY_DATA=… python benchmarks/hashing.py
"""

from __future__ import annotations

import json
import time
from itertools import islice
from pathlib import Path

import numpy as np

from combray.bench.common.embedding import CHUNK, cached_embedder
from combray.bench.datasets import load
from combray.index.lsh import HashFamily, Tables

RESULTS = Path(__file__).parent / "results" / "hashing.json"
N, QUERIES, SEED = 20_000, 200, 0
SETTINGS = (
    ("one table, one bucket, as in the paper", HashFamily(tables=1, probes=1, agreements=1)),
    ("8 tables, one bucket", HashFamily(tables=8, probes=1, agreements=1)),
    ("2 probes", HashFamily(probes=2)),
    ("3 probes", HashFamily(probes=3)),
    ("as shipped", HashFamily()),
)


def main() -> None:
    """Measure, and write the table."""
    vectors = turns(N + QUERIES)
    rows, queries = vectors[QUERIES:], vectors[:QUERIES]
    made = {
        "title": f"the hash tables of tim, {len(rows):,} turns",
        "command": "python benchmarks/hashing.py",
        "note": f"{len(queries)} queries, turns of LoCoMo and of LongMemEval's users, "
        f"minilm-l6-v2, seed {SEED}; `scanned` is the share of the vectors that are compared; "
        "CPU ms of a query.",
        "rows": [{"system": "tim", "with": n, **measured(s, rows, queries)} for n, s in SETTINGS],
    }
    RESULTS.write_text(json.dumps({"tables": [made]}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(made, indent=1))


def turns(count: int) -> np.ndarray:
    """So many distinct vectors of turns, shuffled."""
    texts = dict.fromkeys(
        message["content"]
        for name in ("locomo", "longmemeval-user")
        for history in load(name).histories
        for session in history.sessions
        for message in session.content
        if isinstance(message, dict)
    )
    embedder = cached_embedder("minilm")
    chosen = sorted(islice(texts, count), key=len)
    parts = [embedder.embed(chosen[i : i + CHUNK]) for i in range(0, len(chosen), CHUNK)]
    vectors = np.unique(np.concatenate(parts), axis=0)
    np.random.default_rng(SEED).shuffle(vectors)
    return vectors


def measured(hashing: HashFamily, rows: np.ndarray, queries: np.ndarray) -> dict[str, object]:
    """Recall@10, the share looked at and CPU milliseconds of a query, for one setting."""
    tables = Tables(hashing, rows.shape[1])
    tables.file(rows, range(len(rows)))
    recalled, scanned, seconds = [], [], 0.0
    for query in queries:
        begun = time.process_time()
        found = tables.candidates(query)
        seconds += time.process_time() - begun
        nearest = np.argsort(-(rows @ query), kind="stable")[:10]
        recalled.append(float(np.isin(nearest, found).mean()))
        scanned.append(len(found) / len(rows))
    return {
        "buckets": hashing.buckets,
        "tables": hashing.tables,
        "probes": hashing.probes,
        "agreements": hashing.agreements,
        "recall@10": round(float(np.mean(recalled)), 4),
        "scanned": round(float(np.mean(scanned)), 4),
        "ms": round(1000 * seconds / len(queries), 3),
    }


if __name__ == "__main__":
    main()
