"""The learned linear rule: one named weight for each signal, in a file that a person can read.

    z = bias + Σ_i w_i (x_i - mean_i) / scale_i         score = 1 / (1 + exp(-z))

Fitted by penalised logistic regression (iteratively reweighted least squares), positives and
negatives weighted to balance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recollect.core.errors import InputError

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Rule:
    """Weights (f,) with the mean and scale of each signal, and where they were fitted."""

    names: tuple[str, ...]
    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    scales: NDArray[np.float64]
    bias: float
    note: str = ""

    def score(self, values: Values) -> NDArray[np.float64]:
        """z of each candidate; (c f) -> (c,)."""
        return self.bias + (values - self.means) / self.scales @ self.weights

    def places(self, names: Sequence[str]) -> list[int]:
        """Where this rule's signals stand among the columns of these names."""
        unknown = sorted(set(self.names) - set(names))
        if unknown:
            raise InputError(f"The rule weighs signals that do not exist: {', '.join(unknown)}.")
        return [names.index(name) for name in self.names]

    def parts(self, values: Values) -> dict[str, float]:
        """What each signal adds for one candidate; (f,) -> name to part, zero parts left out."""
        parts = (values - self.means) / self.scales * self.weights
        return {n: round(float(p), 3) for n, p in zip(self.names, parts, strict=True) if p}


def load(path: Path | None = None) -> dict[str, Rule]:
    """The rules in a file by the name of their regime; the shipped ones when none is named."""
    if path is None:
        return _shipped()
    try:
        return _parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise InputError(f"Cannot read the rule {path}: {error.strerror}.") from error


def save(rules: Mapping[str, Rule], path: Path) -> None:
    """Write rules as JSON, one signal a line, for people to read."""
    blocks = []
    for regime, rule in rules.items():
        table = zip(rule.names, rule.weights, rule.means, rule.scales, strict=True)
        rows = {n: {"weight": _r(w), "mean": _r(m), "scale": _r(s)} for n, w, m, s in table}
        lines = ",\n".join(f"      {json.dumps(n)}: {json.dumps(row)}" for n, row in rows.items())
        blocks.append(
            f'  {json.dumps(regime)}: {{\n    "note": {json.dumps(rule.note)},\n'
            f'    "bias": {_r(rule.bias)},\n    "signals": {{\n{lines}\n    }}\n  }}'
        )
    path.write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Rule]:
    text = files("recollect.recall").joinpath("rule.json").read_text(encoding="utf-8")
    return _parse(text, "rule.json")


def _parse(text: str, where: str) -> dict[str, Rule]:
    try:
        data: Mapping[str, Any] = json.loads(text)
        return {regime: _rule(body) for regime, body in data.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{where} is not a rule: {error!r}. Make one with `recollect tune`."
        ) from error


def _rule(body: Mapping[str, Any]) -> Rule:
    signals = body["signals"]
    weights, means, scales = (
        np.array([signals[n][part] for n in signals], np.float64)
        for part in ("weight", "mean", "scale")
    )
    return Rule(tuple(signals), weights, means, scales, float(body["bias"]), str(body["note"]))


def fit(
    names: Sequence[str],
    groups: Sequence[tuple[Values, NDArray[np.bool_]]],
    *,
    penalty: float = 10.0,
    note: str = "",
) -> Rule:
    """Fit a rule to questions, each with its candidates' signals (c f) and which are right (c,).

    `penalty` is the ridge λ of ½λ|w|² on standardised signals.
    """
    x = np.concatenate([values for values, _ in groups]).astype(np.float64)
    y = np.concatenate([right for _, right in groups]).astype(np.float64)
    if not 0 < y.sum() < len(y):
        raise InputError(
            "Fitting needs both right and wrong candidates; give more marked questions."
        )
    means, scales = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    z = np.column_stack([(x - means) / scales, np.ones(len(x))])
    balance = np.where(y > 0, len(y) / (2 * y.sum()), len(y) / (2 * (len(y) - y.sum())))
    ridge = np.diag([penalty] * len(names) + [1e-6])
    w = np.zeros(z.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        gradient = z.T @ (balance * (y - p)) - ridge @ w
        curvature = balance * p * (1 - p)
        step = np.linalg.solve((z * curvature[:, None]).T @ z + ridge, gradient)
        w += step
        if np.abs(step).max() < 1e-6:
            break
    return Rule(tuple(names), w[:-1], means, scales, float(w[-1]), note)


def _r(value: float) -> float:
    return float(f"{value:.5g}")
