"""The catalogue of published systems."""

from __future__ import annotations

import re

import pytest

from combray import UnknownName
from combray.core.catalogue import PLANNED, TIERS, WORKS, Row, catalogue, row

ROWS = list(catalogue().values())


def test_the_rows_are_in_the_order_of_the_tiers() -> None:
    """None of the first 53 papers is lost, and a new one stands among those of its tier."""
    assert len(ROWS) >= 53
    assert [r.tier for r in ROWS] == sorted((r.tier for r in ROWS), key=TIERS.index)


@pytest.mark.parametrize("entry", ROWS, ids=lambda r: r.name)
def test_a_row_is_complete(entry: Row) -> None:
    """A row says where it lives, what it holds, who wrote it, and whether it works."""
    assert entry.tier in TIERS
    assert entry.status in (WORKS, PLANNED)
    assert entry.title
    assert entry.holds[0].islower() or entry.holds[0].isdigit()
    assert not entry.holds.endswith(".")
    assert re.fullmatch(r"\d{4}\.\d{5}", entry.arxiv)
    assert bool(entry.module) == (entry.tier != "map")


@pytest.mark.parametrize("entry", ROWS, ids=lambda r: r.name)
def test_bibtex_is_well_formed(entry: Row) -> None:
    """Braces balance, and title, authors and year are there."""
    text = entry.bibtex()
    assert text.count("{") == text.count("}")
    assert re.match(r"@(inproceedings|article|misc)\{[a-zà-ÿ]+\d{4}\w+,", text)
    for field in ("title", "author", "year"):
        assert f"  {field} = {{" in text
    assert " & " not in text


def test_keys_are_distinct() -> None:
    """Two papers never share a key in a bibliography."""
    keys = [r.bibtex().partition("{")[2].partition(",")[0] for r in ROWS]
    assert len(set(keys)) == len(keys)


def test_an_unknown_name_suggests_the_nearest() -> None:
    """A misspelt system is not simply refused."""
    with pytest.raises(UnknownName, match="mem0"):
        row("memo0")
    assert row("mem0").short == "Chhikara et al., 2025"
    assert row("tme").short == "Ye, 2025"
