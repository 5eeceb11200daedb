"""HippoRAG 1 and 2 beside plain retrieval: multi-hop questions over passages and distractors.

    python benchmarks/hipporag.py                  every set below
    python benchmarks/hipporag.py musique-given    MuSiQue train sample with the triples that a
                                                   model made for the authors (given as facts)
    python benchmarks/hipporag.py 2wiki hotpotqa musique      dev samples, triples by rule

Each set is one memory in a file of the cache, built once; every system answers from it. R@k is the
share of a question's gold passages among its first k. The bound is what no fusion of dense and
HippoRAG by rank can pass: for each question and k the best j of dense with the first others of
HippoRAG, j chosen by the answers. Needs COMBRAY_DATA and MiniLM.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from combray import Memory
from combray.bench.common.embedding import Clocked, cached_embedder
from combray.bench.common.metrics import interval
from combray.bench.datasets.form import read_lines
from combray.models.embed import cache_folder

RESULTS = Path(__file__).parent / "results" / "hipporag.json"
SETS = {
    "musique-given": "hippo_musique_train100",
    "2wiki": "2wiki_dev164",
    "hotpotqa": "hotpotqa_dev200",
    "musique": "musique_dev200",
}
TRIPLES = "openie_gpt-3.5-turbo-1106.jsonl.gz"
SYSTEMS: Sequence[tuple[str, str, Mapping[str, Any]]] = (
    ("bm25", "bm25", {}),
    ("dense", "dense", {}),
    ("hybrid", "hybrid", {}),
    ("evidence", "evidence", {}),
    ("hipporag", "hipporag", {}),
    ("hipporag, fused with dense", "hipporag", {"fused": True}),
    ("hipporag2", "hipporag2", {}),
    ("hipporag2, fused with dense", "hipporag2", {"fused": True}),
)
AT = (2, 5, 10)


def main() -> None:
    """Build, ask, and write the tables of the sets named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], default=[])
    names = parser.parse_args().sets or list(SETS)
    tables = json.loads(RESULTS.read_text("utf-8"))["tables"] if RESULTS.exists() else []
    for name in names:
        made = table(name, cached_embedder("minilm"))
        tables = [t for t in tables if t["title"] != made["title"]] + [made]
        RESULTS.write_text(json.dumps({"tables": tables}, indent=1) + "\n", encoding="utf-8")


def table(name: str, embedder: Clocked) -> dict[str, Any]:
    """The figures of every system on one set."""
    path = built(name, embedder)
    questions = [q for q in read_lines("multihop", SETS[name], "questions.jsonl.gz") if gold(q)]
    rows: list[dict[str, Any]] = []
    found: dict[str, list[list[str]]] = {}
    for label, system, options in SYSTEMS:
        with Memory(path, system=system, embedder=embedder, options=options) as memory:
            found[label], ms = asked(memory, questions, embedder)
        rows.append({"system": system, "as": label, **rates(questions, found[label]), "ms": ms})
        print(name, rows[-1], flush=True)
    bound = [
        {k: best_mix(gold(q), dense, graph, k) for k in AT}
        for q, dense, graph in zip(questions, found["dense"], found["hipporag"], strict=True)
    ]
    rows.append({"system": "bound", "as": "best mix of dense and hipporag", **means(bound)})
    given = "given triples" if name == "musique-given" else "triples by rule"
    return {
        "title": f"HippoRAG on {SETS[name]}",
        "command": f"python benchmarks/hipporag.py {name}",
        "note": f"{len(questions)} questions, {given}, MiniLM, no language model; parameters are "
        "those of the papers. All systems answer from the memory that holds HippoRAG's phrases and "
        "facts, whose names `evidence` counts too. The bound chooses for each question, by its "
        "answers, how many of the first passages are dense's.",
        "rows": rows,
    }


def built(name: str, embedder: Clocked) -> Path:
    """The memory of a set's passages, with the phrases and triples that both versions read."""
    path = cache_folder() / "bench" / f"hipporag-{name}.db"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.db")
    part.unlink(missing_ok=True)
    folder = SETS[name]
    triples = {}
    if name == "musique-given":
        triples = {
            row["id"]: usable(row["triples"]) for row in read_lines("multihop", folder, TRIPLES)
        }
    with Memory(part, system="hipporag", embedder=embedder) as memory:
        for passage in read_lines("multihop", folder, "corpus.jsonl.gz"):
            about = {"title": passage["title"], "passage": passage["id"]}
            memory.add(passage["text"], metadata=about, facts=triples.get(passage["id"]) or None)
    part.rename(path)
    return path


def usable(triples: Sequence[Any]) -> list[tuple[str, str, str]]:
    """The triples of three texts; a model also gave others."""
    whole = [t for t in triples if len(t) == 3]
    return [(t[0], t[1], t[2]) for t in whole if all(isinstance(p, str) and p.strip() for p in t)]


def gold(question: Mapping[str, Any]) -> set[str]:
    """The passages that a question rests on."""
    return set(question["supporting"])


def asked(
    memory: Memory, questions: Sequence[Mapping[str, Any]], embedder: Clocked
) -> tuple[list[list[str]], float]:
    """The first passages of every question, and the CPU ms of a search without the embedder's."""
    found: list[list[str]] = []
    memory.search("the first search builds the view", limit=1)
    begun, embedded = time.process_time(), embedder.seconds
    for question in questions:
        hits = memory.search(question["question"], limit=max(AT))
        found.append([hit.item.metadata["passage"] for hit in hits])
    spent = time.process_time() - begun - (embedder.seconds - embedded)
    return found, round(1000 * spent / len(questions), 1)


def rates(questions: Sequence[Mapping[str, Any]], found: Sequence[Sequence[str]]) -> dict[str, Any]:
    """R@k over the questions."""
    return means(
        [
            {k: share(gold(question), ids[:k]) for k in AT}
            for question, ids in zip(questions, found, strict=True)
        ]
    )


def means(shares: Sequence[Mapping[int, float]]) -> dict[str, Any]:
    """The mean share at every k, and the interval of R@5."""
    low, high = interval([each[5] for each in shares])
    made = {f"R@{k}": round(float(np.mean([each[k] for each in shares])), 3) for k in AT}
    return {**made, "95 % of R@5": f"{low:.3f}–{high:.3f}"}


def share(wanted: set[str], ids: Iterable[str]) -> float:
    """The share of the gold passages among some."""
    return len(wanted.intersection(ids)) / len(wanted)


def best_mix(wanted: set[str], dense: Sequence[str], graph: Sequence[str], k: int) -> float:
    """R@k of the best j of the first of one list and the others of the first of another."""
    mixes = (list(dict.fromkeys([*dense[:j], *graph]))[:k] for j in range(k + 1))
    return max(share(wanted, mix) for mix in mixes)


if __name__ == "__main__":
    main()
