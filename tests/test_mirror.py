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
SHARE = 0.68
"""Lines of tests for each line of the source, at least."""

WITHOUT = frozenset(
    """
    bench/common/checkpoint.py
    bench/common/embedding.py
    bench/common/shared_budget.py
    bench/compare/compare.py
    bench/compare/costs.py
    bench/compare/drafts.py
    bench/compare/forecast.py
    bench/compare/plots.py
    bench/compare/report.py
    bench/context/cases.py
    bench/context/kv.py
    bench/context/text.py
    bench/measure/reader.py
    bench/scbench/parts.py
    bench/scbench/scores.py
    bench/scbench/semantic.py
    bench/scbench/strings.py
    bench/scbench/symbols.py
    bench/scbench/whole.py
    bench/sets/form.py
    bench/sets/lihua.py
    bench/sets/locomo.py
    bench/sets/longmemeval.py
    bench/sets/memdaily.py
    bench/sets/mine.py
    bench/sets/scm.py
    bench/tuning/custom.py
    bench/tuning/fusions.py
    bench/tuning/samples.py
    index/columns.py
    index/conversations.py
    index/corpus.py
    index/postings.py
    index/scan.py
    memory/aio.py
    memory/base.py
    memory/change.py
    memory/keep.py
    memory/look.py
    memory/portray.py
    memory/remember.py
    memory/worker.py
    recall/answer/citations.py
    recall/answer/dedupe.py
    recall/answer/explain.py
    recall/answer/profile.py
    recall/entities/resolution.py
    recall/graph/communities.py
    recall/graph/phrase_graph.py
    recall/query/cues.py
    recall/query/known_names.py
    recall/query/mark_ended.py
    recall/query/query_context.py
    recall/query/scores.py
    recall/query/superseded.py
    recall/rank/density.py
    recall/rank/features.py
    recall/rank/fusion.py
    recall/rank/walk.py
    recall/runtime/derived_rows.py
    recall/runtime/gate.py
    recall/runtime/neighbours.py
    recall/runtime/query_expansion.py
    recall/runtime/runtime.py
    systems/text/__init__.py
    tensor/__init__.py
    tensor/kv/attention.py
    tensor/kv/budget.py
    tensor/kv/cache.py
    tensor/kv/layer.py
    tensor/learn/synthetic.py
    tensor/offload/addresses.py
    tensor/offload/host.py
    tensor/offload/recompute.py
    tensor/offload/row_file.py
    tensor/offload/sparsity.py
    tensor/offload/trace.py
    tensor/paging/allocator.py
    tensor/paging/cuda_pages.py
    tensor/paging/pages.py
    tensor/paging/simulate.py
    tensor/sizing/estimate.py
    tensor/sizing/model_config.py
    write/change/apply.py
    write/change/draft.py
    write/change/echo.py
    write/change/edit.py
    write/change/embedding.py
    write/change/intake.py
    write/change/parse.py
    write/change/undo.py
    write/change/validate.py
    write/derive/communities.py
    write/derive/deriver.py
    write/derive/entity_resolution.py
    write/derive/feedback.py
    write/derive/update.py
    write/extract/base.py
    write/extract/llm.py
    write/extract/rules.py
    write/extract/triples.py
    write/facts/facts.py
    write/facts/update_timelines.py
    write/maintain/estimate.py
    write/maintain/rederive.py
    write/maintain/reindex.py
    write/maintain/run_jobs.py
    write/messages/content.py
    write/patterns/phrases.py
    """.split()
)
"""Modules with logic that have no test of their name yet. It only ever gets shorter."""


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


test_of.__test__ = False  # type: ignore[attr-defined]

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
    """Whoever changes a module knows which file says what it does; exceptions are listed."""
    there = (TESTS / test_of(module)).is_file()
    listed = module.as_posix() in WITHOUT
    assert there or listed, f"{module} needs tests/{test_of(module)}"
    assert not (there and listed), f"tests/{test_of(module)} is there: take {module} out of WITHOUT"


def test_the_exceptions_are_modules_with_logic() -> None:
    """What was moved, or has no logic any more, is no exception."""
    assert {Path(name) for name in WITHOUT} <= LOGIC


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
