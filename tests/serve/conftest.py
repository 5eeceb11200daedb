"""A command line that runs in the process, over a database of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from combray.serve.cli import app


@dataclass(frozen=True)
class Said:
    """What one command line answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The answer as data."""
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `combray …` over `memory.db` in a new folder, with the hashed embedder."""
    monkeypatch.setenv("COMBRAY_DB", str(tmp_path / "memory.db"))
    monkeypatch.setenv("COMBRAY_EMBEDDER", "hashed")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    runner = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "120"})

    def call(*words: str, input: str | bytes | None = None, **more: Any) -> Said:
        result = runner.invoke(app, list(words), input=input, **more)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    return call
