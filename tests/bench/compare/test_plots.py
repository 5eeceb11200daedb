"""Pictures: the file appears, axes are named, what was measured is where it belongs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from combray.bench.compare import plots
from combray.core.errors import InputError, MissingExtra

pytest.importorskip("matplotlib", reason="the extra figures is not installed")
TABLE = {
    "title": "small, test",
    "rows": [
        {"system": "bm25", "search ms": 0.5, "R@10": 0.6, "R@5": 0.4},
        {"system": "evidence", "search ms": 20.0, "R@10": 0.9, "R@5": 0.8},
    ],
}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that were made, as they were saved."""
    made: list[Any] = []
    save = plots._save
    monkeypatch.setattr(plots, "_save", lambda f, p: (made.append(f), save(f, p)))
    return made


def is_png(path: Path) -> bool:
    """Whether a file is a picture of some size."""
    raw = path.read_bytes()
    return raw.startswith(b"\x89PNG") and len(raw) > 2000


def test_what_is_said_is_drawn_against_what_is_so(tmp_path: Path, drawn: list[Any]) -> None:
    """A panel for each claim with the diagonal, and a line for each embedder."""
    rows = [
        {"embedder": "minilm", "said": 0.1, "so": 0.2},
        {"embedder": "minilm", "said": 0.9, "so": 0.8},
        {"embedder": "hashed", "said": 0.5, "so": 0.4},
    ]
    plots.reliability({"an answer": rows, "a hit": rows[2:]}, tmp_path / "a.png")
    assert is_png(tmp_path / "a.png")
    left, right = drawn[0].axes
    assert [axes.get_title() for axes in (left, right)] == ["an answer", "a hit"]
    assert [line.get_xydata().tolist() for line in left.lines] == [
        [[0, 0], [1, 1]], [[0.1, 0.2], [0.9, 0.8]], [[0.5, 0.4]],
    ]  # fmt: skip
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["minilm", "hashed"]
    assert len(right.lines) == 2


def test_recall_is_drawn_against_time(tmp_path: Path, drawn: list[Any]) -> None:
    """A point and a name for each memory, time on a logarithmic axis."""
    plots.quality_against_cost(TABLE, tmp_path / "a.png")
    (axes,) = drawn[0].axes
    assert is_png(tmp_path / "a.png")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("CPU ms a search", "R@10")
    assert (axes.get_title(), axes.get_xscale()) == ("small, test", "log")
    assert [line.get_xydata().tolist() for line in axes.lines] == [[[0.5, 0.6]], [[20.0, 0.9]]]
    assert [text.get_text() for text in axes.texts] == ["bm25", "evidence"]
    plots.quality_against_cost(TABLE, tmp_path / "b.svg", metric="R@5")
    assert "svg" in (tmp_path / "b.svg").read_text()
    assert drawn[1].axes[0].lines[1].get_ydata().tolist() == [0.8]


def test_depth_is_a_map_for_each_answerer(tmp_path: Path, drawn: list[Any]) -> None:
    """Lengths across, fifths down, from 0 to 1; what was never asked is blank."""
    found = {"full": {(1000, 0): 1.0, (2000, 4): 0.5}, "window 8": {(1000, 0): 0.0}}
    plots.depth_by_length(found, tmp_path / "a.png", unit="tokens")
    assert is_png(tmp_path / "a.png")
    full, window = drawn[0].axes[:2]
    assert [full.get_title(), window.get_title()] == ["full", "window 8"]
    assert full.get_xlabel() == "tokens of context"
    assert [t.get_text() for t in full.get_xticklabels()] == ["1,000", "2,000"]
    assert [t.get_text() for t in full.get_yticklabels()] == list(plots.FIFTHS)
    (image,) = full.images
    grid = image.get_array()
    assert (grid[0, 0], grid[4, 1], image.get_clim()) == (1.0, 0.5, (0, 1))
    assert grid.mask.sum() == 8
    assert drawn[0].axes[-1].get_ylabel() == "answered"


def test_many_answerers_take_several_rows(tmp_path: Path, drawn: list[Any]) -> None:
    """Five across; places without one are switched off."""
    found = {f"p{i}": {(1000, 0): 1.0} for i in range(7)}
    plots.depth_by_length(found, tmp_path / "a.png")
    panels = drawn[0].axes[:10]
    assert [axes.axison for axes in panels] == [True] * 7 + [False] * 3
    with pytest.raises(InputError, match="no map to draw"):
        plots.depth_by_length({}, tmp_path / "b.png")
    assert not (tmp_path / "b.png").exists()


def test_scores_are_drawn_against_bytes(tmp_path: Path, drawn: list[Any]) -> None:
    """A panel a task, a line a policy through its budgets in order; one legend for all."""
    points = {
        "kv": {"window": [(4096, 0.8), (1024, 0.2)], "full": [(8192, 1.0)]},
        "mf": {"window": [(1024, 0.5)]},
    }
    plots.quality_against_bytes(points, tmp_path / "a.png")
    assert is_png(tmp_path / "a.png")
    kv, mf = drawn[0].axes[:2]
    assert (kv.get_title(), mf.get_title(), kv.get_xscale()) == ("kv", "mf", "log")
    assert kv.lines[0].get_xydata().tolist() == [[1024, 0.2], [4096, 0.8]]
    assert kv.lines[0].get_color() == mf.lines[0].get_color() != kv.lines[1].get_color()
    assert drawn[0].get_supxlabel() == "bytes kept of a context"
    assert drawn[0].get_supylabel() == "answered"
    (legend,) = drawn[0].legends
    assert [t.get_text() for t in legend.get_texts()] == ["window", "full"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """No such folder, and a kind of file that there is not."""
    for path in (tmp_path / "none" / "a.png", tmp_path / "a.docx"):
        with pytest.raises(InputError, match="Cannot write the figure"):
            plots.quality_against_cost(TABLE, path)


def test_without_the_extra_nothing_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message has the command that installs it."""
    plots.check_drawing()
    monkeypatch.setattr(plots, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"pip install.*figures"):
        plots.quality_against_cost(TABLE, tmp_path / "a.png")
