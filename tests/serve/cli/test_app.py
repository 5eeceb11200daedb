"""The command line as a whole: every verb has help, and a real process behaves."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from combray import __version__
from combray.serve.cli import app
from combray.serve.cli.examples import EXAMPLES
from combray.serve.cli.show import Patience, console, fitting, plain
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


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_an_example_that_parses(run: Run, path: tuple[str, ...]) -> None:
    """The help ends with a command of this verb that has no wrong or missing argument."""
    example = EXAMPLES[" ".join(path)]
    program, *given = shlex.split(example)
    assert program == "combray"
    assert tuple(given[: len(path)]) == path
    assert len(example) <= 95
    COMMANDS[path].make_context(path[-1], given[len(path) :])
    shown = " ".join(run(*path, "--help").out.split())
    assert " ".join(example.split()) in shown


def test_help_and_version(run: Run) -> None:
    """Without a word there is help; --version prints the version alone."""
    assert "search" in run("--help").out
    assert run("--version").out.strip() == __version__


def test_a_table_too_wide_is_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of few systems go down the screen where they do not fit across; none is cut."""
    columns = ("System", *(f"Figure {i}>" for i in range(9)))
    rows = [("evidence", *["0.686 ±0.108"] * 9), ("bm25", *["0.686 ±0.108"] * 9)]
    for width, heading in (("80", "evidence"), ("200", "Figure 8")):
        monkeypatch.setenv("COLUMNS", width)
        screen = console()
        with screen.capture() as seen:
            screen.print(fitting(columns, rows))
        assert heading in seen.get().splitlines()[1]
        assert seen.get().count("0.686 ±0.108") == 18


def test_a_table_too_wide_either_way_is_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of many systems come in parts, each beside the whole names."""
    monkeypatch.setenv("COLUMNS", "80")
    columns = ("System", *(f"Figure {i}>" for i in range(9)))
    names = [f"memory number {i}" for i in range(12)]
    screen = console()
    with screen.capture() as seen:
        screen.print(fitting(columns, [(name, *["0.686 ±0.108"] * 9) for name in names]))
    assert seen.get().count("0.686 ±0.108") == 12 * 9
    assert all(f"Figure {i}" in seen.get() for i in range(9))
    assert seen.get().count("memory number 11") == 3


def test_plain_shows_control_characters() -> None:
    """Control characters are replaced; new lines and tabs stay."""
    assert plain("a\x1b[1mb\x9bc\n\td\r") == "a\ufffd[1mb\ufffdc\n\td\ufffd"


def test_patience_stays_silent_off_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    """The bar writes nothing where standard error is not a terminal."""
    with Patience("Working") as bar:
        bar(1, 2)
    assert capfd.readouterr() == ("", "")


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


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_the_bar_appears_on_a_terminal(tmp_path: Path) -> None:
    """On a terminal, work that lasts is named; work that does not is silent."""
    import pty

    code = (
        "import sys, time\n"
        "from combray.serve.cli import show\n"
        "show.PATIENCE = 0.05\n"
        "with show.Patience('Counting sheep') as bar:\n"
        "    time.sleep(float(sys.argv[1])); bar(1, 2); time.sleep(float(sys.argv[1]))\n"
    )
    seen = {}
    for seconds in ("0", "0.3"):
        master, slave = pty.openpty()
        done = subprocess.Popen([sys.executable, "-c", code, seconds], stderr=slave)
        os.close(slave)
        text = b""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                part = os.read(master, 4096)
            except OSError:
                break
            if not part:
                break
            text += part
        done.wait(20)
        os.close(master)
        seen[seconds] = text.decode()
    assert "Counting sheep" in seen["0.3"]
    assert seen["0"] == ""
