"""Whether a memory finds what a question needs and nothing else: PrecisionMemBench, by system.

P, R     the mean precision and recall of what is found, as the set counts them: nothing found where
         nothing was wanted counts for neither, anything found there is precision 0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from combray.bench.common.embedding import cached_embedder
from combray.bench.common.metrics import SEED, interval
from combray.bench.compare.compare import check
from combray.bench.datasets.precision import ASKED_AT, Case, beliefs, cases
from combray.bench.measure.runner import Contender, opened

Row = dict[str, Any]
Found = Sequence[tuple[str, float]]
LIMIT = 20
"""How many are asked for, as the set's adapters do."""
RECALL = 0.95
"""Of the thresholds that keep so much recall on dev, a system is given the most precise."""


def measure(
    *,
    systems: Sequence[str],
    least: float | None = None,
    embedder: Any = "auto",
    command: str = "",
) -> dict[str, Any]:
    """A table with a row for each system, uncut and cut by its threshold, and each half.

    The threshold of a system is chosen on dev; `least` cuts `evidence` in its place.
    """
    check(systems, "all", None)
    model = cached_embedder(embedder)
    asked = cases()
    rows: list[Row] = []
    for system in systems:
        found = answers(system, model, asked)
        given = least if system == "evidence" else None
        best = chosen(found, asked) if given is None else given
        for name, cut in (("none", -np.inf), (f"{best:.4g}", best)):
            for half in ("dev", "test", "all"):
                mine = [case for case in asked if half in ("all", case.split)]
                rows.append({"system": system, "least score": name, "half": half,
                             **figures(found, mine, cut)})  # fmt: skip
    instead = "" if least is None else f"; evidence by min_score={least:g}"
    note = (
        f"{LIMIT} asked for, as of {ASKED_AT[:10]}; {model.name}, bootstrap seed {SEED}. Each "
        f"system is cut by the score that is most precise on dev of those that keep a recall of "
        f"{RECALL} there{instead}."
    )
    table = {
        "title": "PrecisionMemBench, public cases", "command": command, "note": note, "rows": rows,
    }  # fmt: skip
    return {"set": "precision_mem_bench", "tables": [table]}


def answers(system: str, embedder: Any, asked: Sequence[Case]) -> dict[str, Found]:
    """What a system finds for each case, by belief, best first, with its scores."""
    with opened(Contender(system=system, embedder=embedder)) as memory:
        for belief in beliefs():
            memory.add(
                belief.text,
                user_id=belief.user,
                timestamp=belief.begun,
                valid_to=belief.ended,
                metadata=belief.metadata,
            )
        found: dict[str, Found] = {}
        for case in asked:
            hits = memory.search(
                case.text, user_id=case.user, limit=LIMIT, as_of=ASKED_AT, filters=case.filters
            )
            found[case.id] = [(str(hit.item.metadata["id"]), hit.score) for hit in hits]
    return found


def chosen(found: Mapping[str, Found], asked: Sequence[Case]) -> float:
    """The threshold of the best precision on dev among those that keep the recall wanted."""
    dev = [case for case in asked if case.split == "dev"]
    cuts = sorted({score for case in dev for _, score in found[case.id]})
    judged = [(figures(found, dev, cut), cut) for cut in cuts]
    kept_ = [(row["P"], cut) for row, cut in judged if row["R"] >= RECALL]
    return max(kept_)[1]


def figures(found: Mapping[str, Found], asked: Sequence[Case], least: float) -> Row:
    """P and R of the hits with at least a score, and the outdated beliefs among them.

    Also how often nothing is found of the cases where nothing is wanted.
    """
    ended = {belief.id for belief in beliefs() if belief.ended is not None}
    precise: list[float] = []
    whole: list[float] = []
    quiet: list[bool] = []
    outdated = 0
    for case in asked:
        got = {id_ for id_, score in found[case.id] if score >= least}
        outdated += len(got & ended)
        if got or case.wanted:
            precise.append(len(got & case.wanted) / max(len(got), 1))
        if case.wanted:
            whole.append(len(got & case.wanted) / len(case.wanted))
        else:
            quiet.append(not got)
    return {
        "n": len(asked),
        "P": round(float(np.mean(precise)), 3),
        "95 %": "{:.3f}–{:.3f}".format(*interval(precise)),
        "R": round(float(np.mean(whole)), 3),
        "nothing where nothing": f"{sum(quiet)} of {len(quiet)}",
        "outdated": outdated,
    }
