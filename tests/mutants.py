"""Switch off every clause of every system in turn: a test of that clause must fail.

    python -m tests.mutants [--system NAME] [--null NAME] [--quick]

Each null runs in a process of its own, forked from one that has imported what they share. A clause
survives when one of the tests that its null names passes without it, or fails for another reason
than what it asserts. `--quick` takes the first null of each system.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from combray.core.errors import CombrayError
from tests.nulls import NULLS, VARIABLE, Null
from tests.nulls.base import ROOT

SHARED = ("combray", "combray.testing")
TORCH = (
    *("combray.tensor", "combray.tensor.learn.tiny", "scipy.optimize", "torch._dynamo"),
    *(f"transformers.models.{n}.modeling_{n}" for n in ("llama", "gpt2", "qwen3", "opt")),
)
"""What most tests import, imported once, and what those of the tensor tiers import beside it."""
PASSED, FAILED, CRASHED = "passed", "failed", "crashed"


@dataclass
class Recorder:
    """A plugin of pytest that notes how each test ended."""

    ends: dict[str, str] = field(default_factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> Iterator[None]:
        """What a test asserts fails; what breaks in the system, or in a fixture, is a crash."""
        report = yield
        name = item.nodeid
        if call.excinfo is not None and not report.skipped:
            fair = call.when == "call" and _asserted(call.excinfo)
            if self.ends.get(name) != CRASHED:
                self.ends[name] = FAILED if fair else CRASHED
        elif call.when == "call":
            self.ends.setdefault(name, report.outcome)
        return report


def _asserted(excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
    """Whether an error was raised by a test itself, or says what a user would be told."""
    error = excinfo.value
    if isinstance(error, AssertionError | CombrayError | pytest.fail.Exception):
        return True
    files = [Path(str(entry.path)) for entry in excinfo.traceback]
    ours = [path for path in files if path.is_relative_to(ROOT)]
    return bool(ours) and ours[-1].name.startswith("test_")


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the nulls that were asked for; the number that survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--system", help="only the nulls of this system")
    parser.add_argument("--null", help="only this null, such as zep.5 or zep.5b")
    parser.add_argument("--quick", action="store_true", help="the first null of each system")
    asked = parser.parse_args(arguments)
    wanted = list(chosen(asked))
    if not wanted:
        parser.error("No null has that name. Those there are: " + ", ".join(NULLS))
    nulls = runnable(wanted)
    if left_out := len(wanted) - len(nulls):
        print(f"{left_out} of {len(wanted)} nulls are left out: they need torch.")
    for name in (*SHARED, *(TORCH if any(map(needs_torch, nulls)) else ())):
        importlib.import_module(name)
    os.chdir(ROOT)
    broken = [test for test, end in _unpatched(nulls).items() if end != PASSED]
    if broken:
        print("These fail with everything on:", *broken, sep="\n  ")
        return len(broken)
    survivors = [null for number, null in enumerate(nulls, 1) if not _tried(null, number, nulls)]
    print(f"{len(nulls) - len(survivors)} of {len(nulls)} nulls are noticed.")
    for null in survivors:
        print(f"  {null.name} survives: {null.off}")
    return len(survivors)


def chosen(asked: argparse.Namespace) -> Iterator[Null]:
    """The nulls by name, by system, or one of each."""
    seen: set[str] = set()
    for name, null in NULLS.items():
        if asked.system not in (None, null.system) or asked.null not in (None, name):
            continue
        if not (asked.quick and null.system in seen):
            yield null
        seen.add(null.system)


def runnable(nulls: Sequence[Null]) -> list[Null]:
    """Those that can be tried here: without torch, not those of systems that it runs."""
    torch = importlib.util.find_spec("torch") is not None
    return [null for null in nulls if torch or not needs_torch(null)]


def needs_torch(null: Null) -> bool:
    """Whether a null is of a system that torch runs."""
    return any("activation" in test for test in null.tests)


def _unpatched(nulls: Sequence[Null]) -> dict[str, str]:
    """How every test that a null names ends while nothing is off."""
    tests = list(dict.fromkeys(test for null in nulls for test in null.tests))
    print(f"{len(tests)} tests with everything on … ", end="", flush=True)
    ends, said = run("", tests)
    wrong = {test: end for test in tests if (end := verdict(test, ends)) != PASSED}
    print(said[-3000:] if wrong else "passed")
    return wrong


def _tried(null: Null, number: int, nulls: Sequence[Null]) -> bool:
    """Run the tests of a null and print how it went; whether all of them failed."""
    print(f"{number:3}/{len(nulls)} {null.name:14} {null.off:58} ", end="", flush=True)
    begun = time.perf_counter()
    ends, said = run(null.name, null.tests)
    verdicts = {test: verdict(test, ends) for test in null.tests}
    noticed = all(end == FAILED for end in verdicts.values())
    print(f"{'noticed' if noticed else 'SURVIVES':8} {time.perf_counter() - begun:5.1f} s")
    if not noticed:
        for test, end in verdicts.items():
            print(f"        {end}: {test}")
        if CRASHED in verdicts.values() or not ends:
            print(said[-3000:])
    return noticed


def verdict(test: str, ends: dict[str, str]) -> str:
    """How a test ended: one of its parametrised cases is enough to notice."""
    mine = [end for name, end in ends.items() if name == test or name.startswith(f"{test}[")]
    return FAILED if FAILED in mine else CRASHED if CRASHED in mine else PASSED if mine else "none"


def run(null: str, tests: Sequence[str]) -> tuple[dict[str, str], str]:
    """How some tests end in a process of their own, and what was printed there."""
    with tempfile.TemporaryDirectory() as folder:
        told, said = Path(folder, "ends.json"), Path(folder, "said.txt")
        child = os.fork()
        if not child:
            try:
                _run_here(null, tests, told, said)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        ends = json.loads(told.read_text()) if told.exists() else {}
        return ends, said.read_text(errors="replace") if said.exists() else ""


def _run_here(null: str, tests: Sequence[str], told: Path, said: Path) -> None:
    """Run tests under a null and write to files how they end and what they print."""
    with said.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        os.environ[VARIABLE] = null
        settings.register_profile(
            "mutants",
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        settings.load_profile("mutants")
        recorder = Recorder()
        # Plugins that are imported already, hypothesis among them, are not rewritten again.
        mild = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        plain = ["-q", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist"]
        pytest.main([*plain, *mild, *tests], plugins=[recorder])
        told.write_text(json.dumps(recorder.ends))
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(min(main(), 1))
