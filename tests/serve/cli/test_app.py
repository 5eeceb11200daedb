"""The application: every verb has help, errors are one line, and a real process behaves."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
import typer.main
from typer.core import TyperGroup
from typer.testing import CliRunner

from combray import __version__
from combray.core.errors import InputError
from combray.serve.cli import app
from combray.serve.cli.app import PANELS, _one_line, verb
from tests.serve.conftest import Run


def _commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(_commands(typer.main.get_command(app)))


def test_the_promised_verbs_exist() -> None:
    """Every verb of the public contract is there."""
    promised = "add search context get list update delete history export import stats systems cite"
    names = {path[0] for path in COMMANDS}
    assert names >= {*promised.split(), "embedder", "doctor"}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help(run: Run, path: tuple[str, ...]) -> None:
    """Every command says in one sentence what it does, explains each option, and has --json."""
    command = COMMANDS[path]
    assert command.help
    assert command.help.strip().endswith(".")
    assert "\n" not in command.help.strip()
    for parameter in command.params:
        assert parameter.help, f"{path} {parameter.name} has no help"
    assert any("--json" in parameter.opts for parameter in command.params)
    assert run(*path, "--help").code == 0


def test_help_and_version(run: Run) -> None:
    """Without a word there is help; --version prints the version alone."""
    assert "search" in run("--help").out
    assert run("--version").out.strip() == __version__


def _combray(
    *words: str, folder: Path, given: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from combray.serve.cli import main; main()", *words],
        input=given,
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env={**os.environ, "COMBRAY_EMBEDDER": "hashed", "PYTHONUTF8": "1", **env},
        check=False,
    )


def test_a_real_process(tmp_path: Path) -> None:
    """Two processes share a file: one adds from a pipe, the other searches."""
    added = _combray("add", "-", "--db", "m.db", "--json", folder=tmp_path, given="tea ☕ time")
    assert (added.returncode, added.stderr) == (0, "")
    found = _combray("search", "tea", "--db", "m.db", folder=tmp_path)
    assert "tea ☕ time" in found.stdout
    wrong = _combray("get", "nothing", "--db", "m.db", folder=tmp_path)
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("combray: ")
    assert len(wrong.stderr.splitlines()) == 1


def test_help_is_quick(tmp_path: Path) -> None:
    """--help answers in 0.6 s of processor time and imports no model or store."""
    code = (
        "import sys\n"
        "sys.argv = ['combray', '--help']\n"
        "from combray.serve.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "import time\n"
        "heavy = {'numpy', 'torch', 'onnxruntime', 'combray.memory'}\n"
        "print(heavy & set(sys.modules), time.process_time(), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    heavy, seconds = done.stderr.rsplit(" ", 1)
    assert heavy == "set()"
    assert float(seconds) < 0.6


def test_the_help_shows_its_panels_in_order(run: Run) -> None:
    """From what is done every day to what is done once."""
    out = run("--help").out
    places = [out.index(panel) for panel in PANELS]
    assert places == sorted(places)
    for name in ("-h", "--help"):
        assert run(name).out == out


def test_a_verb_that_does_not_exist_is_wrong_usage(run: Run) -> None:
    """Exit 2, nothing on standard output."""
    wrong = run("forget-everything")
    assert (wrong.code, wrong.out) == (2, "")


# ── an application of one verb ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Named:
    """Options that verbs share."""

    first: Annotated[str, typer.Option("--first", help="One.")] = "a"
    second: Annotated[int, typer.Option("--second", help="Two.")] = 2


def answered(function: Any, *words: str) -> Any:
    """What an application with this function as its verb answers."""
    group = typer.Typer()
    group.callback()(lambda: None)
    verb(PANELS[0], "do", group=group)(function)
    return CliRunner().invoke(group, ["do", *words])


def test_a_dataclass_stands_for_its_options() -> None:
    """The verb gets the object; its own parameters come beside it."""
    seen: list[Any] = []

    def work(named: Named, text: Annotated[str, typer.Argument()]) -> None:
        seen.append((named, text))

    assert answered(work, "x", "--second", "5").exit_code == 0
    assert answered(work, "y", "--first", "b").exit_code == 0
    assert seen == [(Named("a", 5), "x"), (Named("b", 2), "y")]
    assert answered(work, "x", "--second", "many").exit_code == 2


def test_an_error_of_ours_is_one_line_and_exit_one() -> None:
    """Without control characters, new lines and traceback, on standard error."""

    def work() -> None:
        raise InputError("There is no\n  memory \x1b[2J here.")

    said = answered(work)
    assert said.exit_code == 1
    assert said.stdout == ""
    assert said.stderr == "combray: There is no memory \ufffd[2J here.\n"


def test_an_interruption_says_that_nothing_is_lost() -> None:
    """Exit 130, as shells expect."""

    def work() -> None:
        raise KeyboardInterrupt

    said = answered(work)
    assert said.exit_code == 130
    assert "safe" in said.stderr


def test_a_mistake_of_ours_is_not_hidden() -> None:
    """What is no error of the user's keeps its traceback."""

    def work() -> None:
        raise ZeroDivisionError

    assert isinstance(answered(work).exception, ZeroDivisionError)


def test_a_verb_may_choose_its_exit_code() -> None:
    """As `verify` and `doctor` do."""

    def work() -> None:
        raise typer.Exit(7)

    assert answered(work).exit_code == 7


def test_a_warning_is_one_line_without_its_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """People need not know where in our code it was given."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", _one_line)
        warnings.warn("No model is installed.", UserWarning, stacklevel=1)
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "combray: No model is installed.\n")


def test_a_terminal_without_unicode_breaks_nothing(tmp_path: Path) -> None:
    """Letters that it cannot show are told by their numbers."""
    env = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    said = _combray("add", "-", "--db", "m.db", folder=tmp_path, given="tea ☕", **env)
    assert said.returncode == 0, said.stderr
    assert r"\u2615" in said.stdout
