"""Metrics of a ranking, from the ranks of its gold units alone.

    g    gold units of a question        r    ranks (from 1) at which some of them were found

R@k      |{r ≤ k}| / g
any@k    1 if some r ≤ k             all@k   1 if all g have r ≤ k
NDCG@k   Σ_{r ≤ k} 1 / log2(r + 1)   over the same sum for ranks 1 … min(g, k)
MRR      1 / min r, or 0
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

CUTS = (1, 2, 3, 5, 10, 20, 50)
SEED, DRAWS = 0, 1000


def score(ranks: Sequence[int], gold: int) -> dict[str, float]:
    """Every metric of one question, by name; {} for a question without gold."""
    if not gold:
        return {}
    found: dict[str, float] = {}
    for k in CUTS:
        hits = sum(rank <= k for rank in ranks)
        found[f"R@{k}"] = hits / gold
        found[f"any@{k}"] = float(hits > 0)
        found[f"all@{k}"] = float(hits == gold)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(gold, 10) + 1))
    found["NDCG@10"] = sum(1 / math.log2(rank + 1) for rank in ranks if rank <= 10) / ideal
    found["MRR"] = 1 / min(ranks) if ranks else 0.0
    return found


def interval(
    values: Sequence[float], *, seed: int = SEED, draws: int = DRAWS
) -> tuple[float, float]:
    """The 95 % bootstrap interval of a mean, by drawing questions with replacement."""
    given = np.asarray(values, np.float64)
    if not len(given):
        return math.nan, math.nan
    picks = np.random.default_rng(seed).integers(len(given), size=(draws, len(given)))
    low, high = np.quantile(given[picks].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def summary(scores: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Mean and interval of every metric over questions, with how many there were."""
    known = [each for each in scores if each]
    made: dict[str, dict[str, float]] = {}
    for name in known[0] if known else ():
        values = [each[name] for each in known]
        low, high = interval(values)
        made[name] = {"mean": float(np.mean(values)), "low": low, "high": high, "n": len(values)}
    return made


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The chance that a positive scores above a negative, ties counting half; nan without both."""
    if not len(positive) or not len(negative):
        return math.nan
    above = np.subtract.outer(np.asarray(positive), np.asarray(negative))
    return float((above > 0).mean() + (above == 0).mean() / 2)


def tenths(said: Sequence[float], so: Sequence[bool]) -> list[dict[str, float]]:
    """For each tenth of the scale: where it begins, how many, what was said and what was so."""
    given, real = np.asarray(said, np.float64), np.asarray(so, np.float64)
    place = np.minimum((given * 10).astype(int), 9)
    return [
        {
            "from": tenth / 10,
            "n": int((place == tenth).sum()),
            "said": float(given[place == tenth].mean()),
            "so": float(real[place == tenth].mean()),
        }
        for tenth in np.unique(place).tolist()
    ]


def ece(said: Sequence[float], so: Sequence[bool]) -> float:
    """The expected calibration error: by how much the tenths are wrong, on average over all."""
    return sum(row["n"] * abs(row["said"] - row["so"]) for row in tenths(said, so)) / len(said)
