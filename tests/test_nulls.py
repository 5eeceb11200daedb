"""Every clause that a system keeps has a null, which can be applied and names its tests."""

from __future__ import annotations

import argparse
import ast
import os
import re
import subprocess
import sys

import pytest

from combray.core.catalogue import catalogue
from tests import mutants
from tests.nulls import NULLS, SYSTEMS, Null
from tests.nulls.base import ROOT, System
from tests.test_systems import FILES, module_of

CLAUSE = re.compile(r"(?<!\S)(\d+)\. ")
TIERS = ("text", "task", "activation", "neural", "continual", "index")
"""The tiers that remember; a bench has no clauses."""

every_null = pytest.mark.parametrize("null", NULLS.values(), ids=NULLS)


def clauses() -> dict[str, list[int]]:
    """The numbers under **Kept** of every class that keeps something, by `module:Class`."""
    found = {}
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            told = isinstance(node, ast.ClassDef) and ast.get_docstring(node)
            if told and "**Kept**" in told:
                kept = told.split("**Kept**")[1].split("\n**")[0]
                found[f"{module_of(path)}:{node.name}"] = [int(n) for n in CLAUSE.findall(kept)]
    return found


CLAUSES = clauses()


@pytest.mark.parametrize("system", CLAUSES)
def test_the_clauses_of_a_system_are_numbered(system: str) -> None:
    """They are 1., 2., 3. … in order, each a thing that can be switched off."""
    assert CLAUSES[system] == list(range(1, len(CLAUSES[system]) + 1)) != []


@pytest.mark.parametrize("path", CLAUSES)
def test_every_clause_has_a_null(path: str) -> None:
    """What is kept can be switched off, and nothing else is."""
    names = {system.name for system in SYSTEMS if system.path == path}
    off = {null.clause for null in NULLS.values() if null.system in names}
    assert off == set(CLAUSES[path])


def test_every_working_system_has_nulls() -> None:
    """A row of the catalogue works only when its clauses can be seen to work."""
    rows = {row.name for row in catalogue().values() if row.works and row.tier in TIERS}
    assert rows <= {null.system for null in NULLS.values()}


@every_null
def test_a_null_switches_something_off(null: Null) -> None:
    """The attribute that it replaces is there, and another thing comes in its place."""
    if mutants.needs_torch(null):
        pytest.importorskip("torch", reason="the extra torch is not installed")
    for change in null.changes:
        _, _, there = change.found()
        assert change.make(there) is not there


@every_null
def test_the_tests_of_a_null_exist(null: Null) -> None:
    """Each is a function of the file that its node id names."""
    assert null.tests
    for test in null.tests:
        file, _, name = test.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name.partition("[")[0] in functions


def test_options_are_forced_on_whoever_makes_the_system() -> None:
    """A null by options holds although a test gives others, by name or by place."""

    class Made:
        def __init__(self, runtime: object, k: int = 5, *, deep: bool = True) -> None:
            self.told = (runtime, k, deep)

    forced = System("made", "x:Made").null(1, "no k", {"k": 0}).changes[0].make(Made.__init__)
    Made.__init__ = forced  # type: ignore[method-assign]
    assert Made("r", 7, deep=False).told == ("r", 0, False)
    assert Made("r", k=9).told == ("r", 0, True)


def test_a_name_in_the_environment_switches_off() -> None:
    """Under its null a test fails that passes without it; the quick round takes one a system."""
    test = NULLS["a_mem.4"].tests[0]
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    for name, code in (("", 0), ("a_mem.4", 1)):
        done = subprocess.run(
            run,
            cwd=ROOT,
            env={**os.environ, "COMBRAY_NULL": name},
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
    asked = argparse.Namespace(system=None, null=None, quick=True)
    assert [null.system for null in mutants.chosen(asked)] == [system.name for system in SYSTEMS]


def test_a_survivor_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A clause whose test passes without it survives, as does one whose test breaks otherwise."""
    ends = {"t.py::test_a[1]": "passed", "t.py::test_a[2]": "failed", "t.py::test_b": "crashed"}
    assert mutants.verdict("t.py::test_a", ends) == mutants.FAILED
    assert mutants.verdict("t.py::test_a[1]", ends) == mutants.PASSED
    assert mutants.verdict("t.py::test_b", ends) == mutants.CRASHED
    assert mutants.verdict("t.py::test", ends) == "none"
    with pytest.raises(SystemExit):
        mutants.main(["--null", "zep.99"])
    assert "zep.1" in capsys.readouterr().err


def test_nulls_that_cannot_be_tried_here_are_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without torch, those of the systems that it runs; so the sum says of how many it is."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    nulls = list(NULLS.values())
    left = [null for null in nulls if mutants.needs_torch(null)]
    assert mutants.runnable(nulls) == [null for null in nulls if null not in left]
    monkeypatch.setattr(mutants, "_unpatched", lambda nulls: {})
    monkeypatch.setattr(mutants, "_tried", lambda *_: True)
    assert mutants.main([]) == 0
    said = capsys.readouterr().out
    assert f"{len(left)} of {len(nulls)} nulls are left out: they need torch." in said
    assert f"{len(nulls) - len(left)} of {len(nulls) - len(left)} nulls are noticed." in said
