"""What each signal of the confidence gives: one left out at a time, on dev questions in folds.

    python benchmarks/confidence_signals.py

No test question is looked at. A fold holds whole memories where a set has several, else a fifth of
the questions by a hash; AUROC is that of the set's own unanswerable questions, and the log loss
weighs every set the same. The signals are those that `confidence.py` collects and keeps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

import numpy as np
from confidence import (
    COMMON,
    EMBEDDERS,
    OWN,
    RESULTS,
    SPOKEN,
    Array,
    Asked,
    collect,
    discerned,
    fit,
    kind_of,
    moved,
    probabilities,
    said_by_another,
    shares,
)
from unanswered import sets

from combray.recall.rank.confidence import CONTENT, SPEAKER

FOLDS, FEW = 5, 2
SHOWN = (
    "locomo", "lihua", "longmemeval-user", "notes", "near", "articles", "facts", "passages",
)  # fmt: skip
COMMAND = "python benchmarks/confidence_signals.py"


def main() -> None:
    """Judge the rule of each embedder whole and without each of its signals."""
    rows = []
    for embedder in EMBEDDERS:
        dev = [
            q for each in sets() for q in foldable(each.name, collect(each, embedder)) if q["dev"]
        ]
        for left in (None, *CONTENT):
            names = tuple(name for name in CONTENT if name != left)
            what = "all signals" if left is None else f"without {left}"
            rows.append(
                {"embedder": embedder, "signals": what, **judged(dev, in_folds(dev, names))}
            )
    note = f"{FOLDS} folds, ridge {COMMON:g}; AUROC of each set's own questions without an answer."
    table = {
        "title": "What each signal gives", "command": COMMAND, "note": f"Dev questions; {note}",
        "rows": rows,
    }  # fmt: skip
    text = json.dumps({"tables": [table]}, indent=1) + "\n"
    (RESULTS / "confidence_signals.json").write_text(text, encoding="utf-8")


def foldable(name: str, questions: Sequence[Asked]) -> list[Asked]:
    """The dev questions of a set, each with the number of its fold."""
    dev = [q for q in questions if q["dev"]]
    memories = sorted({q["memory"] for q in dev})
    few = len(memories) <= FEW
    return [{**q, "fold": _hashed(name + q["id"]) if few else memories.index(q["memory"]) % FOLDS}
            for q in dev]  # fmt: skip


def _hashed(text: str) -> int:
    return int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(), 16) % FOLDS


def in_folds(dev: Sequence[Asked], names: tuple[str, ...]) -> Array:
    """The confidence of each question by a rule that was fitted without its fold."""
    said = np.zeros(len(dev))
    for fold in range(FOLDS):
        rest = [q for q in dev if q["fold"] != fold]
        spoken = [q for q in rest if q["set"] in SPOKEN and "speaker" in q["x"]]
        by = [q for q in spoken if q["ok"] or said_by_another(q)]
        speaker = fit(by, SPEAKER, [q["ok"] for q in by], OWN)
        there = [q["ok"] or said_by_another(q) for q in rest]
        content = moved(fit(rest, names, there, COMMON), speaker, rest)
        held = [n for n, q in enumerate(dev) if q["fold"] == fold]
        said[held] = probabilities([dev[n] for n in held], (content, speaker))
    return said


def judged(dev: Sequence[Asked], said: Array) -> dict[str, float]:
    """AUROC by set, and the log loss of all."""
    figures = dict(_by_set(dev, said))
    so, share = np.array([q["ok"] for q in dev]), shares([{**q, "ok": True} for q in dev])
    p = np.clip(np.where(so, said, 1 - said), 1e-3, 1.0)
    return {**figures, "log loss": round(float(-(share * np.log(p)).sum() / share.sum()), 4)}


def _by_set(dev: Sequence[Asked], said: Array) -> Iterator[tuple[str, float]]:
    for name in SHOWN:
        own = [
            n for n, q in enumerate(dev) if q["set"] == name and (q["ok"] or kind_of(q) == "own")
        ]
        so = np.array([dev[n]["ok"] for n in own])
        yield name, round(discerned(said[own], so), 3)


if __name__ == "__main__":
    main()
