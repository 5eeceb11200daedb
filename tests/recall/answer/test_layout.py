"""Layout: which lines are kept, and where a text may be cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.recall.answer.layout import PIECE, WIDE, is_laid_out, tidy, units, width

PROSE = (
    "One thing happened.\nAnother did too.",
    "第一句。\n第二句。",
    "He said “no.”\nShe left!",
)
LAID_OUT = (
    "- one\n- two",
    "1. one\n2) two.",
    "* done.\n* not done.",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "a,b\n1,2",
    "name: heron\nplace: mill",
    "2026-01-01 12:00 up.\n2026-01-01 12:01 down.",
    "def f():\n    return 1",
    "```\nIt is so.\nIt is.\n```",
    "SELECT a\nFROM b;",
    "Roses are red\nViolets are blue",
)


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_one_line(text: str) -> None:
    """Lines that end in stops are sentences, and take no lines of a prompt."""
    assert not is_laid_out(text.split("\n"))
    assert tidy(text) == text.replace("\n", " ")


@pytest.mark.parametrize("text", LAID_OUT)
def test_lines_that_mean_something_stay(text: str) -> None:
    """Lists, tables, logs, settings, code and verses are shown as they were."""
    assert tidy(f"\n{text}  \r\n\n") == text
    assert [text[unit.start : unit.end] for unit in units(text)] == text.split("\n")


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=600))
def test_units_hold_all_that_is_said_in_order(text: str) -> None:
    """No letter is in two units, none but spaces is in none, and anchors are units."""
    shown = tidy(text)
    found = units(shown)
    assert "".join("".join(shown[u.start : u.end] for u in found).split()) == "".join(shown.split())
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(0 <= anchor < len(found) for unit in found for anchor in unit.anchors)


@pytest.mark.parametrize(
    "text", ["word " * 400, "x" * 3000, "字" * 2000, '{"a": 1, ' * 300, "ความรัก" * 300]
)
def test_no_unit_is_too_wide(text: str) -> None:
    """Lines without a stop fall into pieces, at commas or spaces where there are any."""
    found = units(tidy(text))
    assert max(width(text[u.start : u.end]) for u in found) <= WIDE
    assert len(found) >= width(text.strip()) / (PIECE + 2)


def test_pieces_end_at_commas_and_spaces() -> None:
    """No word is broken where it need not be, and no letter is parted from its marks."""
    text = ", ".join(f"thing number {i}" for i in range(60))
    assert all(text[u.start : u.end].endswith(",") for u in units(text)[:-1])
    thai = "ที่" * 200
    assert all(thai[u.start] == "ท" for u in units(thai))
    numbers = ("เลข" + "49222") * 60
    parts = [numbers[u.start : u.end] for u in units(numbers)]
    assert {part.count("4") - part.count("9222") for part in parts} == {0}


def test_units_name_what_explains_them() -> None:
    """A row its header, a line its heading, fence and parents."""
    text = "# Menu\na,b,c\n1,2,3\n4,5,6\n```\nfor x in y:\n    z\n```"
    lines = text.split("\n")
    named = {
        lines[n]: {lines[a] for a in unit.anchors} for n, unit in enumerate(units(text)) if n < 7
    }
    assert named["4,5,6"] >= {"# Menu", "a,b,c"}
    assert named["    z"] >= {"```", "for x in y:"}
    assert named["# Menu"] == set()
