"""Every system that derives works with a model, and is whole without one that does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from recollect import Memory
from recollect.core.errors import InputError
from recollect.testing import FakeModelServer
from recollect.testing.server import FAULTS, Asked
from tests.cases import QUESTIONS, STORY
from tests.test_laws import told
from tests.words import Words

DERIVING = ("tim", "rmm", "memorybank", "a_mem", "memorag", "second_me", "scm")
every_system = pytest.mark.parametrize("system", DERIVING)


def answer(asked: Asked) -> Mapping[str, Any] | str:
    """What a good model answers to each step, from the data it is shown."""
    shown = asked.data.get("messages", [])
    statement: dict[str, Any] = dict.fromkeys(
        ("subject", "relation", "object", "valid_from", "valid_to")
    )
    statements = [{**statement, "text": m["text"], "sources": [m["n"]]} for m in shown]
    answers: dict[str, Any] = {
        "extract": {"statements": statements},
        "decide": {"op": "ADD", "target": None, "text": None, "why": "new"},
        "summarise": {"text": "They spoke of cats.", "sources": [1]},
        "segment": {"topics": [{"first": 1, "title": "what they told"}]},
        "gist": {"keywords": ["cat"], "tags": ["animals"], "context": "Two friends talk."},
        "related": {"related": [1]},
        "expand": {"clues": ["grey cat"]},
        "gate": {"needed": True},
    }
    return answers[asked.step]


@every_system
def test_with_a_model_everything_is_found(system: str) -> None:
    """What the model derived cites the user's words, and every question is answered."""
    with (
        FakeModelServer(answer) as server,
        Memory(
            system=system, embedder=Words(), llm=server.chat(), options={"engine": "llm"}
        ) as memory,
    ):
        ids = told(memory)
        while any(o.error is None for o in memory.consolidate(user_id="u1")):
            pass
        assert memory.jobs(user_id="u1") == []
        for question, turn in QUESTIONS:
            hits = memory.search(question, user_id="u1", limit=3)
            assert ids[turn] in {source for hit in hits for source in hit.evidence}
            assert set(ids).issuperset(source for hit in hits for source in hit.evidence)


@every_system
@pytest.mark.parametrize("fault", ["wrong shape", "hostile", "empty", "delete everything"])
def test_a_failing_model_harms_nothing(system: str, fault: str) -> None:
    """Whatever the model answers, every word is kept as it was and is found."""
    with (
        FakeModelServer(lambda _: FAULTS[fault]) as server,
        Memory(
            system=system, embedder=Words(), llm=server.chat(retries=0), options={"engine": "llm"}
        ) as memory,
    ):
        ids = told(memory)
        memory.consolidate(user_id="u1")
        assert [memory.get(id_).text for id_ in ids] == [turn[3] for turn in STORY]
        for question, turn in QUESTIONS:
            hits = memory.search(question, user_id="u1", limit=3)
            assert ids[turn] in {source for hit in hits for source in hit.evidence}


@every_system
def test_without_a_model_the_llm_engine_says_so(system: str) -> None:
    """The engine needs a model, and says how to give one."""
    with pytest.raises(InputError, match="needs a model"):
        Memory(system=system, embedder=Words(), options={"engine": "llm"})
