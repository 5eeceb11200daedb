"""The learned linear rule: one named weight for each signal, in a file that a person can read.

    z = bias + Σ_i w_i (x_i - mean_i) / scale_i         score = 1 / (1 + exp(-z))

Fitted so that every right candidate g of a question stands above all its wrong candidates j:

    Σ_questions mean_g log(1 + Σ_j exp(z_j - z_g)) + ½ λ |w - w₀|²

by projected Newton steps. A signal that can only speak for a candidate never gets a negative
weight: what is first in everything is first. Last, z is stretched and moved so that the score is
how often a candidate is right.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from combray.core.arrays import Mask, RowScores, Weights
from combray.core.errors import InputError

STEPS = 30
"""The most steps of Newton's method."""


@dataclass(frozen=True)
class LinearRanker:
    """Weights (f,) with the mean and scale of each signal, and where they were fitted."""

    names: tuple[str, ...]
    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    scales: NDArray[np.float64]
    bias: float
    note: str = ""

    def score(self, values: RowScores) -> NDArray[np.float64]:
        """z of each candidate; (c f) -> (c,)."""
        parts: Weights = np.vecdot((values - self.means) / self.scales, self.weights)
        return self.bias + parts

    def places(self, names: Sequence[str]) -> list[int]:
        """Where this rule's signals stand among the columns of these names."""
        return _places(self.names, tuple(names))


@lru_cache(maxsize=32)
def _places(mine: tuple[str, ...], names: tuple[str, ...]) -> list[int]:
    unknown = sorted(set(mine) - set(names))
    if unknown:
        raise InputError(f"The rule weighs signals that do not exist: {', '.join(unknown)}.")
    return [names.index(name) for name in mine]


def load(path: Path | None = None, *, embedder: str = "") -> dict[str, LinearRanker]:
    """The rules in a file by the name of their domain; when none is named those that ship.

    Hashed vectors have weights of their own; any other embedder has those fitted with MiniLM.
    """
    if path is None:
        return _shipped("rule-hashed.json" if embedder.startswith("hashed") else "rule.json")
    try:
        return _parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise InputError(f"Cannot read the rule {path}: {error.strerror}.") from error


def save(rules: Mapping[str, LinearRanker], path: Path) -> None:
    """Write rules as JSON, one signal a line, for people to read."""
    blocks = []
    for domain, rule in rules.items():
        table = zip(rule.names, rule.weights, rule.means, rule.scales, strict=True)
        rows = {n: {"weight": _r(w), "mean": _r(m), "scale": _r(s)} for n, w, m, s in table}
        lines = ",\n".join(f"      {json.dumps(n)}: {json.dumps(row)}" for n, row in rows.items())
        blocks.append(
            f'  {json.dumps(domain)}: {{\n    "note": {json.dumps(rule.note)},\n'
            f'    "bias": {_r(rule.bias)},\n    "signals": {{\n{lines}\n    }}\n  }}'
        )
    path.write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")


@lru_cache(maxsize=2)
def _shipped(name: str) -> dict[str, LinearRanker]:
    return _parse(files("combray.recall.rank").joinpath(name).read_text(encoding="utf-8"), name)


def _parse(text: str, where: str) -> dict[str, LinearRanker]:
    try:
        data: Mapping[str, Any] = json.loads(text)
        return {domain: _rule(body) for domain, body in data.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{where} is not a rule: {error!r}. Make one with `combray tune`."
        ) from error


def _rule(body: Mapping[str, Any]) -> LinearRanker:
    signals = body["signals"]
    weights, means, scales = (
        np.array([signals[n][part] for n in signals], np.float64)
        for part in ("weight", "mean", "scale")
    )
    return LinearRanker(
        tuple(signals), weights, means, scales, float(body["bias"]), str(body["note"])
    )


Group = tuple[RowScores, NDArray[np.bool_]]


def fit(
    names: Sequence[str],
    groups: Sequence[Group],
    *,
    penalty: float = 10.0,
    rising: Collection[str] = (),
    prior: LinearRanker | None = None,
    note: str = "",
) -> LinearRanker:
    """Fit a rule to questions, each with its candidates' signals (c f) and which are right (c,).

    `penalty` is λ, on standardised signals; `prior` is the rule whose weights w₀ stand where
    nothing speaks against them; the weights of `rising` signals are never negative.
    """
    if not any(0 < right.sum() < len(right) for _, right in groups):
        raise InputError(
            "Fitting needs questions with both right and wrong candidates; give more marked ones."
        )
    x = np.concatenate([values for values, _ in groups]).astype(np.float64)
    means, spread = x.mean(axis=0), x.std(axis=0)
    scales = np.where(spread > 1e-6, spread, 1.0)
    questions = [
        ((v - means) / scales, right) for v, right in groups if 0 < right.sum() < len(right)
    ]
    start = np.zeros(len(names)) if prior is None else _carried(prior, names, scales)
    bound = np.isin(names, list(rising))
    w = _newton(questions, np.where(bound, np.maximum(start, 0), start), penalty, bound)
    right = np.concatenate([marked for _, marked in groups])
    slope, bias = _calibrated((x - means) / scales @ w, right)
    return LinearRanker(tuple(names), slope * w, means, scales, bias, note)


def _carried(prior: LinearRanker, names: Sequence[str], scales: Weights) -> Weights:
    """The weights of a rule on other scales; 0 for signals that it does not have."""
    raw = dict(zip(prior.names, prior.weights / prior.scales, strict=True))
    return np.array([raw.get(name, 0.0) for name in names]) * scales


def _newton(questions: Sequence[Group], start: Weights, penalty: float, bound: Mask) -> Weights:
    """The w that minimises the loss, those of `bound` at least 0, by projected Newton steps."""
    w, current = start, _loss(questions, start, start, penalty)
    for _ in range(STEPS):
        gradient, curvature = _derivatives(questions, w)
        gradient += penalty * (w - start)
        curvature += penalty * np.eye(len(w))
        free = np.flatnonzero(~(bound & (w <= 0) & (gradient > 0)))
        step = np.zeros_like(w)
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        for shorter in range(12):
            moved = w - step / 2**shorter
            moved = np.where(bound, np.maximum(moved, 0), moved)
            reached = _loss(questions, moved, start, penalty)
            if reached <= current:
                break
        else:
            return w
        done = current - reached < 1e-5 * max(current, 1e-9)
        w, current = moved, reached
        if done:
            break
    return w


def _loss(questions: Sequence[Group], w: Weights, start: Weights, penalty: float) -> float:
    total = 0.5 * penalty * float((w - start) @ (w - start))
    for x, right in questions:
        z = x @ w
        total += float(np.logaddexp(_log_sum(z[~right]) - z[right], 0).mean())
    return total


def _derivatives(questions: Sequence[Group], w: Weights) -> tuple[Weights, Weights]:
    """The gradient (f,) and the curvature (f f) of the loss without its penalty."""
    gradient, curvature = np.zeros_like(w), np.zeros((len(w), len(w)))
    for x, right in questions:
        z = x @ w
        wrong, total = x[~right], _log_sum(z[~right])
        share = np.exp(z[~right] - total)
        mean = share @ wrong
        spread = (wrong * share[:, None]).T @ wrong - np.outer(mean, mean)
        lost = 1 / (1 + np.exp(np.clip(z[right] - total, -500, 500)))
        away = mean - x[right]
        gradient += lost @ away / len(lost)
        curvature += (lost.sum() * spread + (away * (lost * (1 - lost))[:, None]).T @ away) / len(
            lost
        )
    return gradient, curvature


def _log_sum(z: Weights) -> float:
    top = float(z.max())
    return top + float(np.log(np.exp(z - top).sum()))


def _calibrated(z: Weights, right: NDArray[np.bool_]) -> tuple[float, float]:
    """a > 0 and b for which 1 / (1 + exp(-a z - b)) is how often a candidate is right."""
    design, target = np.column_stack([z, np.ones(len(z))]), right.astype(np.float64)
    line = np.array([1.0, np.log(right.mean() / (1 - right.mean())) - float(z.mean())])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ line, -30, 30)))
        curvature = (design * (p * (1 - p))[:, None]).T @ design + 1e-6 * np.eye(2)
        move = np.linalg.solve(curvature, design.T @ (target - p))
        line = line + np.clip(move, -2, 2)
        if np.abs(move).max() < 1e-6:
            break
    return max(float(line[0]), 1e-3), float(line[1])


def _r(value: float) -> float:
    return float(f"{value:.5g}")
