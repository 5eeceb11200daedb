"""MemoRAG: clues lead to more, and drop nothing."""

from __future__ import annotations

import json
from pathlib import Path

from combray import Memory
from combray.testing import FakeModelServer
from tests.cases import QUESTIONS
from tests.test_laws import told
from tests.words import Words


def opened(location: Path | str = ":memory:", **options: object) -> Memory:
    """A memory with clues."""
    return Memory(location, system="memorag", embedder=Words(), options=options)


def found(memory: Memory, question: str, limit: int = 6) -> list[str]:
    """The ids found for a question."""
    return [hit.id for hit in memory.search(question, user_id="u1", limit=limit)]


def test_without_clues_it_is_the_plain_retriever() -> None:
    """The order is that of keywords and vectors fused."""
    orders = []
    for system, options in (("memorag", {"clues": False}), ("hybrid", {})):
        with Memory(system=system, embedder=Words(), options=options) as memory:
            ids = told(memory)
            orders.append([[ids.index(i) for i in found(memory, q)] for q, _ in QUESTIONS])
    assert orders[0] == orders[1]


def test_a_clue_drops_no_document() -> None:
    """Whatever the plain retriever ranks, the clues rank too."""
    with opened(clues=False) as memory:
        ids = told(memory)
        plain = [{ids.index(i) for i in found(memory, q)} for q, _ in QUESTIONS]
    with opened() as memory:
        ids = told(memory)
        for (question, _), before in zip(QUESTIONS, plain, strict=True):
            assert before <= {ids.index(i) for i in found(memory, question)}


def test_a_clue_finds_what_the_question_does_not_say() -> None:
    """A turn that shares no word with the question, but many with its best answer, is found."""
    with opened(weight=1.0) as memory:
        memory.add("Project Kestrel builds a tidal turbine near Stromness.", user_id="u1")
        memory.add("The tidal turbine near Stromness broke in March.", user_id="u1")
        memory.add("Bread rises better on warm afternoons.", user_id="u1")
        hits = memory.search("What became of Kestrel?", user_id="u1", limit=2)
        assert any("broke" in hit.text for hit in hits)
        assert any("term: " in clue for clue in hits[0].explain["clues"])


def test_saved_it_gives_the_same_clues(tmp_path: Path) -> None:
    """The global memory is in the file."""
    clues = []
    with opened(tmp_path / "m.db") as memory:
        told(memory)
        clues.append(memory.search("grey cat", user_id="u1")[0].explain["clues"])
    with opened(tmp_path / "m.db") as memory:
        clues.append(memory.search("grey cat", user_id="u1")[0].explain["clues"])
    assert clues[0] == clues[1]


def test_erasing_a_turn_erases_the_gist_of_its_block() -> None:
    """No gist outlives a turn that it rests on; the block is read again without it."""
    with opened() as memory:
        ids = told(memory)
        memory.erase(ids[0])
        live = [i for i in memory.list(user_id="u1", kinds=["gist"]) if i.status == "live"]
        assert not any("Misty" in gist.text for gist in live)
        assert not any(ids[0] in gist.sources for gist in live)


def test_a_model_sees_the_gists_and_gives_the_clues() -> None:
    """With a model the clues are its own, and it is shown what the memory is about."""

    def script(asked: object) -> str:
        step = getattr(asked, "step", "")
        if step == "expand":
            return json.dumps({"clues": ["rainy run in Portugal"]})
        return json.dumps({"text": "They spoke about cats, pottery, running.", "sources": [1]})

    with FakeModelServer(script) as server:
        options = {"engine": "llm"}
        with Memory(
            system="memorag", embedder=Words(), llm=server.chat(), options=options
        ) as memory:
            told(memory)
            memory.consolidate(user_id="u1")
            hits = memory.search("marathon", user_id="u1")
            assert hits[0].explain["clues"] == ["clue: rainy run in Portugal"]
            asked = [each for each in server.asked if each.step == "expand"]
            assert "pottery, running" in str(asked[-1].messages)


def test_a_model_that_answers_nonsense_leaves_the_plain_answer() -> None:
    """Without usable clues the question is answered without them."""
    with (
        FakeModelServer(lambda _: "no idea") as server,
        Memory(
            system="memorag", embedder=Words(), llm=server.chat(), options={"engine": "llm"}
        ) as memory,
    ):
        ids = told(memory)
        assert ids[5] in found(memory, "Was the marathon in Porto rainy?")
