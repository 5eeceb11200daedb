"""Pictures of a comparison (extra `figures`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from combray.bench.compare.report import Result
from combray.core.errors import InputError, MissingExtra

FIFTHS = ("first fifth", "second", "third", "fourth", "last fifth")
Cells = Mapping[tuple[int, int], float]
"""(length of the context, fifth of it that the answer stands in) -> share answered."""
Points = Mapping[str, Sequence[tuple[float, float]]]
"""Name of an answerer -> (bytes kept, share answered) at its budgets."""


def quality_against_cost(table: Result, path: Path, *, metric: str = "R@10") -> None:
    """Draw each memory's recall against the CPU time of its search, on a logarithmic axis."""
    figure = _figure(7, 4.5)
    axes = figure.subplots()
    for row in table["rows"]:
        axes.plot(row["search ms"], row[metric], "o", color="#2b6cb0")
        axes.annotate(
            row["system"],
            (row["search ms"], row[metric]),
            xytext=(4, 3),
            textcoords="offset points",
            fontsize=8,
        )
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("{x:g}")
    axes.set(xlabel="CPU ms a search", ylabel=metric, title=table["title"])
    axes.grid(visible=True, alpha=0.3)
    _save(figure, path)


def depth_by_length(found: Mapping[str, Cells], path: Path, *, unit: str = "characters") -> None:
    """Draw a heat map for each answerer: accuracy by the place of the answer and the length."""
    if not found:
        raise InputError("No question says where its answer stands; there is no map to draw.")
    across = min(5, len(found))
    down = -(-len(found) // across)
    figure = _figure(1.2 + 2.4 * across, 2.6 * down)
    lengths = sorted({length for cells in found.values() for length, _ in cells})
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(found) :]:
        axes.set_axis_off()
    for axes, (name, cells) in zip(panels.flat, found.items(), strict=False):
        grid = [[cells.get((n, i), float("nan")) for n in lengths] for i in range(len(FIFTHS))]
        image = axes.imshow(grid, vmin=0, vmax=1, cmap="viridis", aspect="auto")
        axes.set_title(name, fontsize=9)
        axes.set_xticks(range(len(lengths)), [f"{n:,}" for n in lengths], fontsize=8)
    for axes in panels[-1]:
        axes.set_xlabel(f"{unit} of context", fontsize=8)
    for axes in panels[:, 0]:
        axes.set_yticks(range(len(FIFTHS)), FIFTHS, fontsize=8)
    figure.colorbar(image, ax=panels.ravel().tolist(), label="answered")
    _save(figure, path)


def quality_against_bytes(found: Mapping[str, Points], path: Path) -> None:
    """Draw a panel for each task: share answered against bytes kept, a line for each answerer."""
    across = min(4, len(found))
    down = -(-len(found) // across)
    figure = _figure(1.8 + 2.8 * across, 2.8 * down)
    panels = figure.subplots(down, across, sharey=True, squeeze=False)
    for axes in panels.flat[len(found) :]:
        axes.set_axis_off()
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    styles: dict[str, Any] = {}
    for axes, (task, points) in zip(panels.flat, found.items(), strict=False):
        for name, of_name in points.items():
            xs, ys = zip(*sorted(of_name), strict=True)
            style = styles.setdefault(name, {"color": f"C{len(styles) % 10}", "label": name})
            mark = "s--" if len(styles) > 10 else "o-"
            axes.plot(xs, ys, mark, markersize=4, **style)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 4)))
        axes.xaxis.set_major_formatter(EngFormatter(unit="B"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="x", labelsize=8)
        axes.set_ylim(-0.03, 1.03)
        axes.set_title(task, fontsize=9)
        axes.grid(visible=True, alpha=0.3)
    figure.supxlabel("bytes kept of a context", fontsize=9)
    figure.supylabel("answered", fontsize=9)
    handles = {h.get_label(): h for axes in panels.flat for h in axes.lines}
    figure.legend(handles=list(handles.values()), loc="outside right center", fontsize=8)
    _save(figure, path)


def reliability(panels: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """Draw what is said against what is so: a panel for each claim, a line for each embedder."""
    figure = _figure(4.2 * len(panels), 4.2)
    drawn = figure.subplots(1, len(panels), sharey=True, squeeze=False)
    for axes, (claim, rows) in zip(drawn.flat, panels.items(), strict=True):
        axes.plot([0, 1], [0, 1], ":", color="gray")
        for name in dict.fromkeys(row["embedder"] for row in rows):
            points = [(row["said"], row["so"]) for row in rows if row["embedder"] == name]
            xs, ys = zip(*points, strict=True)
            axes.plot(xs, ys, "o-", markersize=4, label=name)
        axes.set(xlabel="said", title=claim, xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axes.grid(visible=True, alpha=0.3)
    drawn.flat[0].set_ylabel("so")
    drawn.flat[0].legend(fontsize=8)
    _save(figure, path)


def check_drawing() -> None:
    """MissingExtra where no figure can be drawn."""
    if find_spec("matplotlib") is None:
        raise MissingExtra("A figure", "matplotlib", "figures")


def _figure(width: float, height: float) -> Any:
    check_drawing()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: Any, path: Path) -> None:
    try:
        figure.savefig(path, dpi=130)
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot write the figure {path}: {error}.") from error
