"""Records on disk: found again by equal settings, whole lines only, gone when removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import combray
from combray.bench.common import checkpoint
from combray.bench.common.checkpoint import Checkpoint, code

SETTINGS = {"set": "small", "depth": 20}


def opened(name: str = "run", key: str = "history", **changes: Any) -> Checkpoint:
    """A run of that name; changed settings are another."""
    return Checkpoint(name, SETTINGS | changes, key)


def test_what_is_written_down_is_found_again() -> None:
    """Equal settings find the records, by their key and to the digit."""
    first = opened()
    assert first.done == {}
    first.add({"history": "a", "ms": 0.1 + 0.2, "words": "naïve ☕", "ranks": [1, None]})
    first.add({"history": "b", "ms": 1})
    again = opened().done
    assert list(again) == ["a", "b"]
    assert again["a"] == {"history": "a", "ms": 0.1 + 0.2, "words": "naïve ☕", "ranks": [1, None]}


def test_the_last_record_of_a_key_counts() -> None:
    """What was measured twice is taken as it was measured last."""
    run = opened()
    run.add({"history": "a", "ms": 1})
    run.add({"history": "a", "ms": 2})
    assert opened().done == {"a": {"history": "a", "ms": 2}}


def test_other_settings_names_and_code_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them finds the records of another."""
    opened().add({"history": "a"})
    assert opened(depth=50).done == {}
    assert opened("other").done == {}
    assert opened(extra=None).done == {}
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "code", lambda: "changed")
        assert opened().done == {}
    assert "a" in opened().done


def test_half_a_line_is_not_a_record(own_cache: Path) -> None:
    """An interrupted run loses its last line at most, even in the middle of a letter."""
    run = opened()
    for name in ("a", "é"):
        run.add({"history": name})
    (file,) = (own_cache / "bench").iterdir()
    whole = file.read_bytes()
    for cut in range(len(whole) - 1):
        file.write_bytes(whole[:cut])
        found = list(opened().done)
        complete = whole[:cut].count(b"\n")
        assert found in (["a", "é"][:complete], ["a", "é"][: complete + 1])
    file.write_bytes(whole[:-3] + b"\n" + whole)
    assert list(opened().done) == ["a", "é"]


def test_removed_nothing_is_left(own_cache: Path) -> None:
    """The file is gone; taking it away twice is no error, and writing makes it anew."""
    run = opened()
    run.add({"history": "a"})
    run.remove()
    run.remove()
    assert list((own_cache / "bench").iterdir()) == []
    assert opened().done == {}
    run.add({"history": "b"})
    assert list(opened().done) == ["b"]


def test_records_stand_in_the_user_s_cache(own_cache: Path) -> None:
    """One file of JSON lines, named by the run and a digest of the settings."""
    opened("small-bm25").add({"history": "a"})
    (file,) = (own_cache / "bench").iterdir()
    assert file.name.startswith("small-bm25-")
    assert file.suffix == ".jsonl"
    assert json.loads(file.read_text()) == {"history": "a"}


def test_the_digest_is_of_what_can_change_a_result() -> None:
    """It is the same twice, and short enough for the name of a file."""
    assert code.__wrapped__() == code.__wrapped__() == code()
    assert len(code()) == 16


def test_the_digest_is_of_the_whole_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every room but the benches and the doors is read, and none of those two."""
    root, seen, read = Path(combray.__file__).parent, set[str](), Path.read_bytes

    def noted(path: Path) -> bytes:
        seen.add(path.relative_to(root).parts[0])
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    code.__wrapped__()
    assert {"core", "store", "index", "models", "recall", "write", "systems", "memory"} <= seen
    assert not seen & {"bench", "serve"}


def test_a_changed_module_changes_the_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of the ranking counts, a prompt and its data too; the benches themselves do not."""
    for name in ("recall/rank.py", "bench/common/checkpoint.py", "serve/cli.py", "write/ask.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    digest = code.__wrapped__
    monkeypatch.setattr(checkpoint, "__file__", str(tmp_path / "bench/common/checkpoint.py"))
    before = digest()
    for name, counts in (
        ("recall/rank.py", True),
        ("write/ask.md", True),
        ("bench/common/checkpoint.py", False),
        ("serve/cli.py", False),
    ):
        (tmp_path / name).write_text("2")
        assert (digest() != before) is counts
        (tmp_path / name).write_text("1")
