"""Every system that derives works with a model, and is whole without one that does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.memory.extraction import OPTION
from combray.systems import names
from combray.systems.text import options_of
from combray.testing import FakeModelServer
from combray.testing.server import FAULTS, Asked
from combray.testing.story import QUESTIONS, STORY, answers, tell
from tests.words import Words

DERIVING = [name for name in names("text") if OPTION in options_of(name)]
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
        "triples": {"triples": [["the speaker", "spoke of", word] for word in about(asked.data)]},
        "recognise": {"useful": [1]},
        "same": {"same": []},
    }
    return answers[asked.step]


def about(data: Mapping[str, Any]) -> list[str]:
    """The long words of a text."""
    return [word.strip(".,?!") for word in str(data.get("text")).split() if len(word) > 4]


@contextmanager
def by_a_model(system: str, location: Path | str = ":memory:") -> Iterator[Memory]:
    """A memory that a good model judges for."""
    with (
        FakeModelServer(answer) as server,
        Memory(
            location,
            system=system,
            embedder=Words(),
            llm=server.chat(),
            extractor="llm",
        ) as memory,
    ):
        yield memory


def settled(memory: Memory) -> None:
    """Let the model do all that waits."""
    while any(outcome.error is None for outcome in memory.consolidate(user_id="u1")):
        pass


@every_system
def test_what_a_model_made_keeps_the_promises(system: str, tmp_path: Path) -> None:
    """The same answers twice and after reopening, within limits; what is erased is in no file."""
    with by_a_model(system, tmp_path / "m.db") as memory:
        ids = tell(memory)
        settled(memory)
        before = answers(memory)
        assert answers(memory) == before
    with by_a_model(system, tmp_path / "m.db") as memory:
        assert answers(memory) == before
        for tokens in (1, 20, 60):
            assert memory.context("cat pottery", user_id="u1", tokens=tokens).tokens <= tokens
        said = "Quibberzonk feeds the grey cat Misty."
        gone = memory.add({"role": "user", "name": "Ann", "content": said}, user_id="u1")[0]
        settled(memory)
        memory.search("Who is Quibberzonk?", user_id="u1")
        memory.erase(gone.id)
        settled(memory)
        for file in tmp_path.iterdir():
            assert "quibberzonk" not in file.read_bytes().decode("latin-1").lower()
        assert {e for hits in answers(memory) for of, _ in hits for e in of} <= set(ids)
        assert memory.verify().ok


@every_system
def test_with_a_model_everything_is_found(system: str) -> None:
    """What the model derived cites the user's words, and every question is answered."""
    with by_a_model(system) as memory:
        ids = tell(memory)
        settled(memory)
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
            system=system, embedder=Words(), llm=server.chat(retries=0), extractor="llm"
        ) as memory,
    ):
        ids = tell(memory)
        memory.consolidate(user_id="u1")
        assert [memory.get(id_).text for id_ in ids] == [turn[3] for turn in STORY]
        for question, turn in QUESTIONS:
            hits = memory.search(question, user_id="u1", limit=3)
            assert ids[turn] in {source for hit in hits for source in hit.evidence}


@every_system
def test_without_a_model_the_llm_extractor_says_so(system: str) -> None:
    """The extractor needs a model, and says how to give one."""
    with pytest.raises(InputError, match="needs a model"):
        Memory(system=system, embedder=Words(), extractor="llm")
