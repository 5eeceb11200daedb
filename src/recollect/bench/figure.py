"""Pictures of a comparison (extra `figures`)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from recollect.bench.report import Result
from recollect.core.errors import InputError, MissingExtra


def quality_against_cost(table: Result, path: Path, *, metric: str = "R@10") -> None:
    """Draw each memory's recall against the CPU time of its search, on a logarithmic axis."""
    if find_spec("matplotlib") is None:
        raise MissingExtra("A figure", "matplotlib", "figures")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for row in table["rows"]:
        axes.plot(row["search ms"], row[metric], "o", color="#2b6cb0")
        axes.annotate(
            row["system"],
            (row["search ms"], row[metric]),
            xytext=(6, 4),
            textcoords="offset points",
        )
    axes.set_xscale("log")
    axes.set(xlabel="CPU ms a search", ylabel=metric, title=table["title"])
    axes.grid(visible=True, alpha=0.3)
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot write the figure {path}: {error}.") from error
