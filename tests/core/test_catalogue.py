"""The catalogue of published systems."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import pytest

from combray import InputError, MissingExtra, UnknownName, Unsupported
from combray.core.catalogue import (
    BASELINE,
    PLANNED,
    POLICY,
    TIERS,
    WORKS,
    Row,
    baselines,
    catalogue,
    registry,
    row,
)

ROWS = list(catalogue().values())
BASELINES = "evidence bm25 dense hybrid convex full window random h2o snapkv".split()


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
    assert entry.class_ or not entry.works


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


def made(authors: str, **more: str) -> Row:
    """A row with some authors."""
    return Row(
        name="my_row", tier="text", status=PLANNED, holds="x", title="A & B", authors=authors,
        year=2024, arxiv="2401.00001", **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("authors", "short"),
    [
        ("Ann Lee", "Lee, 2024"),
        ("Ann Lee and Bob van Dam", "Lee and Dam, 2024"),
        ("Ann Lee and Bob Dam and Cy Ek", "Lee et al., 2024"),
        ("Ann Lee and others", "Lee et al., 2024"),
    ],
)
def test_authors_are_cited_in_short(authors: str, short: str) -> None:
    """One, two, or the first of many."""
    assert made(authors).short == short


def test_an_entry_fits_where_it_appeared() -> None:
    """A preprint, a conference or a journal; signs that TeX would obey are escaped."""
    preprint, talk = made("Ann Lee").bibtex(), made("Ann Lee", venue="NeurIPS 2024").bibtex()
    journal = made("Ann Lee", venue="ACM Computing Surveys").bibtex()
    assert preprint.startswith("@misc{lee2024myrow,")
    assert "note = {arXiv:2401.00001}" in preprint
    assert talk.startswith("@inproceedings{")
    assert "booktitle = {NeurIPS 2024}" in talk
    assert journal.startswith("@article{")
    assert "A \\& B" in preprint


def test_the_catalogue_is_read_once_and_cannot_be_changed() -> None:
    """Every part of the program sees the same rows."""
    assert registry() is registry()
    with pytest.raises(TypeError):
        registry()["mine"] = row("mem0")  # type: ignore[index]


def test_a_row_works_or_is_planned() -> None:
    """By its status alone."""
    assert not made("Ann Lee").works
    assert all(entry.works == (entry.status == WORKS) for entry in ROWS)


def test_the_baselines_are_no_published_systems() -> None:
    """They stand in the same file and in no count of papers; a name is given once."""
    assert set(baselines()) == set(BASELINES)
    assert not baselines().keys() & catalogue().keys()
    assert registry() == {**baselines(), **catalogue()}
    assert all(
        each.status == BASELINE and each.class_ and each.holds for each in baselines().values()
    )


@pytest.mark.parametrize("name", ["bm25", "dense", "hybrid", "convex", "window", "h2o", "snapkv"])
def test_a_baseline_with_a_paper_is_cited(name: str) -> None:
    """It has a bibliography entry as published systems have."""
    text = row(name).bibtex()
    assert f"  title = {{{{{row(name).title}}}}}," in text
    assert row(name).short.endswith(str(row(name).year))


def test_what_is_our_own_has_no_paper() -> None:
    """Citing the default memory says so, and prints nothing made up."""
    assert row("evidence").short == ""
    with pytest.raises(InputError, match="no paper"):
        row("evidence").bibtex()


def test_a_class_is_loaded_from_where_the_row_says() -> None:
    """`class` is a module under combray and a name in it; a planned row says that it has none."""
    assert (row("mem0").module, row("mem0").class_) == ("systems.text.mem0", "Mem0")
    assert row("mem0").load().__name__ == "Mem0"
    with pytest.raises(Unsupported, match="planned"):
        row("titans").load()


def test_a_class_that_needs_what_is_not_installed_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the command that installs it; a module of ours that is not there is no such thing."""
    monkeypatch.delitem(sys.modules, "combray.systems.activation.sirllm", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"sirllm needs the package 'torch'.*\[torch\]"):
        row("sirllm").load()
    with pytest.raises(ModuleNotFoundError, match=r"combray\.systems\.text\.nowhere"):
        replace(row("tim"), module="systems.text.nowhere").load()


def test_cache_policies_are_told_apart() -> None:
    """Of the activation tier some are policies, which `attach` takes by name."""
    policies = [each.name for each in registry().values() if each.kind == POLICY]
    assert policies == ["full", "window", "random", "h2o", "snapkv", "sirllm", "kvmerger"]


def test_a_row_is_plain_data_under_the_names_of_the_file() -> None:
    """`combray systems --json` gives what stands in the file."""
    data = row("mem0").as_dict()
    assert (data["class"], data["status"]) == ("Mem0", "works")
    assert "class_" not in data
