"""The tests mirror the source: a test file for each module with logic, and enough of them.

A module has logic when one of its functions has more than three statements, nested ones counted
and its docstring not. The test of `combray/a/b.py`, and of the package `combray/a/b/`, is
`tests/a/test_b.py`.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE, TESTS = ROOT / "src" / "combray", ROOT / "tests"
STATEMENTS = 3
SHARE = 0.7
"""Lines of tests for each line of the source, at least."""


def statements(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many statements stand inside a function, whatever their depth, without its docstring."""
    inside = sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1
    return inside - (ast.get_docstring(function) is not None)


def has_logic(text: str) -> bool:
    """Whether a module of this text does something that a test could find wrong."""
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and statements(node) > STATEMENTS
        for node in ast.walk(ast.parse(text))
    )


def test_of(module: Path) -> Path:
    """Where the test of a module is, both by their paths from their roots."""
    named = module.parent if module.name == "__init__.py" else module.with_suffix("")
    return named.parent / f"test_{named.name}.py"


def tests_in(text: str) -> list[str]:
    """The names of the tests that a module of this text holds."""
    nodes = ast.walk(ast.parse(text))
    names = [n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [name for name in names if name.startswith("test_")]


tests_in.__test__ = test_of.__test__ = False  # type: ignore[attr-defined]  # type: ignore[attr-defined]

LOGIC = {
    path.relative_to(SOURCE)
    for path in SOURCE.rglob("*.py")
    if path.parent != SOURCE and has_logic(path.read_text(encoding="utf-8"))
}


def lines(folder: Path) -> int:
    """Lines of all Python files below a folder."""
    return sum(len(p.read_text(encoding="utf-8").splitlines()) for p in folder.rglob("*.py"))


@pytest.mark.parametrize("module", sorted(LOGIC), ids=str)
def test_a_module_with_logic_has_a_test_of_its_name(module: Path) -> None:
    """Whoever changes a module knows which file says what it does, and it says something."""
    assert (TESTS / test_of(module)).is_file(), f"{module} needs tests/{test_of(module)}"
    text = (TESTS / test_of(module)).read_text(encoding="utf-8")
    assert tests_in(text), f"tests/{test_of(module)} tests nothing"


def test_there_are_enough_tests() -> None:
    """By their lines, which says little, but tells when tests stop growing with the source."""
    assert lines(TESTS) >= SHARE * lines(SOURCE)


@pytest.mark.parametrize(
    ("text", "logic"),
    [
        ("X = 1\nY = 2\nZ = 3\nW = 4\nV = 5", False),
        ("def f():\n    'Doc.'\n    a = 1\n    b = 2\n    return a + b", False),
        ("def f():\n    a = 1\n    b = 2\n    c = 3\n    return a + b + c", True),
        ("def f():\n    for x in y:\n        if x:\n            g(x)\n            h(x)", True),
        ("class A:\n    a: int\n    b: int\n    c: int\n    d: int", False),
        (
            "class A:\n    def f(self):\n        a = 1\n        b = 2\n        c = 3\n        g()",
            True,
        ),
    ],
)
def test_logic_is_more_than_three_statements(text: str, logic: bool) -> None:
    """Of one function, wherever it stands; names, fields and tables of data are none."""
    assert has_logic(text) is logic


def test_a_file_without_a_test_tests_nothing() -> None:
    """An empty file, or one of helpers alone, is no test of a module."""
    assert tests_in('"""Nothing."""\n\n\ndef helper(): ...\n') == []
    assert tests_in("class TestX:\n    def test_a(self): ...") == ["test_a"]


@pytest.mark.parametrize(
    ("module", "test"),
    [
        ("store/tables/jobs.py", "store/tables/test_jobs.py"),
        ("models/embed/__init__.py", "models/test_embed.py"),
        ("store/files/import_.py", "store/files/test_import_.py"),
    ],
)
def test_a_test_stands_where_its_module_does(module: str, test: str) -> None:
    """A package's is beside its folder, as the module that it is."""
    assert test_of(Path(module)) == Path(test)
