"""Processes are told apart by machine, number and start, never by the number alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from combray.store import process
from combray.store.process import here, runs
from tests.store.processes import ended_process

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="only Linux tells when a process started"
)


def test_a_process_runs_until_it_ends() -> None:
    """We run; one that said who it is and ended does not."""
    assert runs(here()) is True
    assert runs(ended_process()) is False


def test_a_number_that_was_given_out_again_is_another_process() -> None:
    """Our number with another start is a process that is gone, although the number is in use."""
    number, rest = here().split(", started ", 1)
    assert runs(f"{number}, started 1, on {rest.partition(', on ')[2]}") is False


def test_another_machine_is_no_reason_to_think_anything() -> None:
    """Another host, boot or container, an older version's words, and no words: nobody can know."""
    ours = here()
    boot = ours.partition("boot ")[2].partition(",")[0]
    for told in (
        f"{ours}x",
        ours.replace(" on ", " on not-"),
        ours.replace(boot, "0" * 36),
        f"process {os.getpid()} on host",
        "",
    ):
        assert runs(told) is None


def test_a_number_that_no_system_has_is_nobody_we_know() -> None:
    """It raises nothing, however great it is."""
    for number in (2**31, 10**17, 10**30):
        assert runs(here().replace(str(os.getpid()), str(number), 1)) in (None, False)


def test_who_ended_and_was_not_waited_for_has_ended() -> None:
    """A zombie holds its number, and does no work any more."""
    code = "from combray.store.process import here; print(here(), flush=True)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = child.stdout.read().strip()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert runs(told) is False


def test_a_system_that_tells_nothing_leaves_it_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without starts and boots a process is neither alive nor dead; its lease decides."""
    told = here()
    monkeypatch.setattr(process, "_PROC", tmp_path)
    assert runs(here()) is None
    assert runs(told) is None
    (tmp_path / str(os.getpid())).mkdir()
    (tmp_path / str(os.getpid()) / "stat").write_text("1 (python) S " + "0 " * 30)
    assert runs(here()) is None


def test_a_process_that_hides_may_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where we may not look at it, and may not signal it, nobody can know."""

    def forbidden(_number: int, _signal: int) -> None:
        raise PermissionError

    told = here()
    monkeypatch.setattr(process, "_started", lambda _number: None)
    assert runs(told) is None
    monkeypatch.setattr(os, "kill", forbidden)
    assert runs(told) is None
