"""What a memory costs a message, and whether an erased sentence is gone from every file."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from combray import Memory
from combray.bench.common.embedding import Clocked
from combray.bench.compare import costs as module
from combray.bench.compare.costs import SECRET, WORD, costs
from combray.bench.datasets.form import Benchmark
from combray.bench.measure.runner import Contender, opened, remember
from combray.models.stub_model import StubModel
from tests.words import Words


def contender(system: str = "bm25", **more: Any) -> Contender:
    """A memory with an embedder of words."""
    return Contender(system=system, embedder=Clocked(Words()), **more)


@pytest.mark.parametrize("system", ["bm25", "evidence", "mem0"])
def test_without_a_model_there_are_bytes_alone(small: Benchmark, system: str) -> None:
    """Calls, tokens and dollars are none; a message takes some bytes; nothing stays."""
    found = costs(small, contender(system))
    assert (found.calls, found.tokens, found.usd) == (0, 0, None)
    assert 100 < found.bytes < 1_000_000
    assert found.erased


def test_bytes_are_those_of_all_files(small: Benchmark, tmp_path: Path) -> None:
    """The database of a memory that was told the same six messages, divided by six."""
    path = tmp_path / "own" / "memory.db"
    path.parent.mkdir()
    with opened(contender("evidence"), str(path)) as memory:
        assert len(remember(memory, small.histories[0])) == 6
    size = sum(file.stat().st_size for file in path.parent.iterdir())
    assert costs(small, contender("evidence")).bytes == pytest.approx(size / 6, rel=0.02)


def test_a_model_s_calls_are_counted(small: Benchmark) -> None:
    """For each message; dollars by the price, and None without one."""
    asked = {"extractor": "llm"}
    found = costs(small, contender("mem0", llm=StubModel(), options=asked))
    assert found.calls > 0
    assert found.tokens > found.calls
    assert found.usd is None
    priced = contender(
        "mem0", llm=StubModel(), options=asked, budget={"price": (1_000_000.0, 1_000_000.0)}
    )
    assert costs(small, priced).usd == pytest.approx(costs(small, priced).tokens)


def test_only_the_beginning_of_the_first_history_is_remembered(
    small: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many messages, in whole sessions."""
    told = []
    remember = module.remember

    def noted(memory: Memory, history: Any) -> Any:
        told.append((history.id, sum(len(s.content) for s in history.sessions)))
        return remember(memory, history)

    monkeypatch.setattr(module, "remember", noted)
    monkeypatch.setattr(module, "MESSAGES", 4)
    costs(small, contender())
    costs(replace(small, histories=small.histories[::-1]), contender())
    assert told == [("ann", 4), ("bob", 4)]


@pytest.mark.parametrize("left", ["erase", "one word"])
def test_what_stays_is_found(small: Benchmark, monkeypatch: pytest.MonkeyPatch, left: str) -> None:
    """A memory that erases nothing is told apart, and so is one that leaves a single word."""
    if left == "erase":
        monkeypatch.setattr("combray.memory.Memory.erase", lambda *_, **__: None)
    else:
        erase = Memory.erase

        def half(memory: Memory, ids: Any) -> Any:
            memory.add(f"a note on {WORD.upper()}", user_id="bench")
            return erase(memory, ids)

        monkeypatch.setattr("combray.memory.Memory.erase", half)
    assert not costs(small, contender()).erased


def test_the_secret_has_a_word_of_its_own(tmp_path: Path) -> None:
    """It is looked for without regard to case, in bytes that are not all text."""
    assert len(re.findall(WORD, SECRET, re.I)) == 2
    file = tmp_path / "x"
    file.write_bytes(b"\xff\x00 ... QuibberZonk \xfe")
    assert module._holds(file)
    file.write_bytes(b"\xff\x00 quibber zonk")
    assert not module._holds(file)
