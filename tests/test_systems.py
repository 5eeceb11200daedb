"""Every system has what a system must have: a row, a paper, a claim, a case, a test, a page."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from combray.core.catalogue import Row, catalogue
from combray.systems.text import SYSTEMS
from tests.cases import TEXT_CASES

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "combray"
OURS = ("baselines", "evidence")
LABELS = ("**Paper**", "**Kept**", "**Left**", "**Law**")
FILES = [path for path in sorted((SOURCE / "systems").rglob("*.py")) if path.name != "__init__.py"]
WORKING = [row for row in catalogue().values() if row.works]


def module_of(path: Path) -> str:
    """The path of a module under the package, with dots."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def rows_of(path: Path) -> list[Row]:
    """The rows that live in a file, or in the folder of that name."""
    return [row for row in catalogue().values() if module_of(path).startswith(row.module or "?")]


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_system_states_its_claim(path: Path) -> None:
    """A class that names its paper says what it kept, what it left, and its law."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = [ast.get_docstring(n) or "" for n in tree.body if isinstance(n, ast.ClassDef)]
    claims = [text for text in told if "**Paper**" in text]
    assert claims or path.parent.name == path.stem
    for text in claims:
        assert [label for label in LABELS if label in text] == list(LABELS)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_system_is_in_the_catalogue(path: Path) -> None:
    """A file of a paper has its row; only the default and the baselines are our own."""
    assert path.stem in OURS or rows_of(path)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_system_has_its_test(path: Path) -> None:
    """A system's own law stands in the test of the same name."""
    folder = ROOT / "tests" / path.relative_to(SOURCE).parent
    found = folder / f"test_{path.stem}.py"
    package = folder.parent / f"test_{path.parent.name}.py"
    assert found.exists() or package.exists(), f"{found.relative_to(ROOT)} is missing"


def test_every_text_memory_has_a_case() -> None:
    """The laws are tested for every text memory that can be opened by name."""
    assert {case.name for case in TEXT_CASES} == set(SYSTEMS)


@pytest.mark.parametrize("row", WORKING, ids=lambda row: row.name)
def test_what_works_is_measured(row: Row) -> None:
    """A row is called working only when its page carries a measured figure."""
    if row.module:
        page = ROOT / "docs" / "systems" / f"{row.name}.md"
        assert "## Measured" in page.read_text(encoding="utf-8")
