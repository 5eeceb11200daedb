"""Every system has what a system must have: a row, a paper, a claim, a case, a test, a page."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from combray.core.catalogue import Row, catalogue, registry
from tests.cases import BENCH_CASES, TASK_CASES, TEXT_CASES, UNTOLD, tensor_cases

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "combray"
TENSOR_TIERS = ("activation", "neural", "continual")
LABELS = ("**Paper**", "**Kept**", "**Left**", "**Law**")
FILES = [path for path in sorted((SOURCE / "systems").rglob("*.py")) if path.name != "__init__.py"]
WORKING = [row for row in catalogue().values() if row.works]
WITH_PAPER = [
    row
    for row in registry().values()
    if row.class_ and row.authors and row.module.startswith("systems")
]


def module_of(path: Path) -> str:
    """The path of a module under the package, with dots."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def rows_of(path: Path) -> list[Row]:
    """The rows that live in a file, or in the folder of that name."""
    return [row for row in registry().values() if module_of(path).startswith(row.module or "?")]


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_system_states_its_claim(path: Path) -> None:
    """A class that names its paper says what it kept, what it left, and its law."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = [ast.get_docstring(n) or "" for n in tree.body if isinstance(n, ast.ClassDef)]
    claims = [text for text in told if "**Paper**" in text]
    assert claims or path.parent.name == path.stem
    for text in claims:
        assert [label for label in LABELS if label in text] == list(LABELS)


@pytest.mark.parametrize("row", WITH_PAPER, ids=lambda row: row.name)
def test_a_system_names_the_paper_of_its_row(row: Row) -> None:
    """Its docstring and `combray cite` give one author, year and title."""
    tree = ast.parse((SOURCE / f"{row.module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    docs = {n.name: ast.get_docstring(n) for n in tree.body if isinstance(n, ast.ClassDef)}
    paper = " ".join((docs[row.class_] or "").split("**Paper** ")[1].split("**Kept**")[0].split())
    author = row.authors.split(" and ")[0].rsplit(" ", 1)[-1]
    assert re.match(rf"{author}\b[^\d]*{row.year}, ", paper)
    assert " ".join(row.title.split()[:3]).rstrip(":") in paper


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_system_is_in_the_catalogue(path: Path) -> None:
    """A file of a system is named by a row, of the published ones or of the baselines."""
    assert rows_of(path)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_system_has_its_test(path: Path) -> None:
    """A system's own law stands in the test of the same name."""
    folder = ROOT / "tests" / path.relative_to(SOURCE).parent
    found = folder / f"test_{path.stem}.py"
    package = folder.parent / f"test_{path.parent.name}.py"
    assert found.exists() or package.exists(), f"{found.relative_to(ROOT)} is missing"


@pytest.mark.parametrize("row", WORKING, ids=lambda row: row.name)
def test_what_works_has_all_that_a_system_has(row: Row) -> None:
    """A row that works lacks nothing: a class, a case, a page with a figure, a citation."""
    assert not lacks(row, cases())


def test_what_is_lacking_is_found() -> None:
    """A row without each of these is caught, so that the test above can fail."""
    mem0 = catalogue()["mem0"]
    assert "class" in lacks(replace(mem0, class_=""), {"mem0"})
    assert "class" in lacks(replace(mem0, class_="Mem1"), {"mem0"})
    assert "case" in lacks(mem0, set())
    assert "page" in lacks(replace(mem0, name="mem1"), {"mem1"})
    assert "citation" in lacks(replace(mem0, authors=""), {"mem0"})


def test_everything_with_a_class_has_a_case() -> None:
    """The laws are tested for all that can be found by name, the baselines too."""
    wanted = {row.name for row in registry().values() if row.class_ and runs_here(row)}
    assert wanted == cases() | (UNTOLD.keys() & wanted)
    assert not UNTOLD.keys() & cases()


def lacks(row: Row, told: Collection[str]) -> list[str]:
    """What a row does not have and must, to be called working."""
    page = ROOT / "docs" / "systems" / f"{row.name}.md"
    measured = page.exists() and "## Measured" in page.read_text(encoding="utf-8")
    has = {
        "class": bool(row.class_) and (not runs_here(row) or loads(row)),
        "case": row.name in (*told, *UNTOLD) or not runs_here(row),
        "page": measured,
        "citation": bool(row.title and row.authors and row.year and (row.arxiv or row.venue)),
    }
    return [name for name, there in has.items() if not there]


def cases() -> set[str]:
    """The names of all cases that can be run here."""
    return {case.name for case in (*TEXT_CASES, *TASK_CASES, *BENCH_CASES, *tensor_cases())}


def runs_here(row: Row) -> bool:
    """Whether what the row needs is installed: torch, for the tiers of tensors."""
    return row.tier not in TENSOR_TIERS or find_spec("torch") is not None


def loads(row: Row) -> bool:
    """Whether the class is where the row says."""
    try:
        return callable(row.load())
    except AttributeError:
        return False
