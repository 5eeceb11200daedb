"""systems and cite."""

from __future__ import annotations

from tests.serve.conftest import Run


def test_systems_lists_the_catalogue(run: Run) -> None:
    """Every row is there with its paper; a tier or --working narrows it."""
    assert len(run("systems", "--json").json) == 53
    text = run("systems", "--tier", "text").out
    assert "mem0" in text
    assert "Chhikara et al., 2025" in text
    assert "titans" not in text
    assert all(row["status"] == "works" for row in run("systems", "--working", "--json").json)


def test_an_unknown_tier_is_refused(run: Run) -> None:
    """The nearest tier is suggested."""
    answer = run("systems", "--tier", "texts")
    assert answer.code == 1
    assert "'text'" in answer.err


def test_cite_prints_bibtex(run: Run) -> None:
    """Entries are printed whole, however long their lines."""
    answer = run("cite", "mem0", "hipporag")
    assert answer.code == 0
    assert answer.out.count("@") == 2
    assert "Bernal Jiménez Gutiérrez and Yiheng Shu and Yu Gu and Michihiro Yasunaga" in answer.out
    assert run("cite", "mem0", "--json").json[0]["bibtex"].startswith("@misc{chhikara2025mem0")


def test_cite_of_an_unknown_system_suggests(run: Run) -> None:
    """A wrong name prints nothing but the suggestion."""
    answer = run("cite", "zepp")
    assert answer.code == 1
    assert answer.out == ""
    assert "zep" in answer.err
