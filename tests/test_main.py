"""The command `combray` and `python -m combray` are one."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from combray import __main__ as entry
from combray.serve import cli


def test_python_m_runs_the_command_line() -> None:
    """As `combray` does, which is the same function."""
    words = [sys.executable, "-m", "combray", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip().split()[-1][0].isdigit()
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["scripts"] == {"combray": "combray.__main__:run"}


def test_an_interrupt_ends_it_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while modules load: 130, as a shell expects of an interrupt."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", interrupted)
    with pytest.raises(SystemExit) as ended:
        entry.run()
    assert ended.value.code == 130
