"""MemoRAG: clues lead to more, and drop nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from combray import Memory
from combray.testing import FakeModelServer
from combray.testing.story import QUESTIONS, tell
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
            ids = tell(memory)
            orders.append([[ids.index(i) for i in found(memory, q)] for q, _ in QUESTIONS])
    assert orders[0] == orders[1]


KESTREL = [
    "Project Kestrel builds a tidal turbine near Stromness.",
    *(f"What became of loaf {n}, nobody knows." for n in range(250)),
    "The tidal turbine near Stromness broke in March.",
]


def test_a_clue_finds_what_the_question_does_not_say_and_drops_nothing() -> None:
    """A turn that neither keywords nor vectors rank is found by the words of the best answer."""
    asked: Any = {"query": "What became of Kestrel?", "user_id": "u1", "limit": 300}
    by = {}
    for clues in (False, True):
        with opened(clues=clues) as memory:
            memory.add(KESTREL, user_id="u1")
            by[clues] = {hit.text for hit in memory.search(**asked)}
    assert KESTREL[-1] in by[True] - by[False]
    assert by[False] <= by[True]


def test_the_statistics_and_the_gists_give_clues() -> None:
    """Terms of the best rows, names that stand with those of the question, and near gists."""
    with opened() as memory:
        for day in ("Monday", "Friday"):
            memory.add(f"Misty met Rufus in the garden on {day}.", user_id="u1")
        memory.add("The trams of Lisbon are yellow.", user_id="u1")
        clues = memory.search("Where is Misty?", user_id="u1")[0].explain["clues"]
        assert "term: garden" in clues
        assert "name: rufus" in clues
        assert {clue.split(":")[0] for clue in clues} == {"term", "name", "gist"}


def test_every_block_of_sixteen_turns_has_a_gist() -> None:
    """Forty turns that come at once have three gists, each of turns of its own block."""
    with opened() as memory:
        ids = [i.id for i in memory.add([f"I saw heron {n}." for n in range(40)], user_id="u1")]
        gists = memory.list(user_id="u1", kinds=["gist"])
        cited = [{ids.index(id_) // 16 for id_ in gist.sources} for gist in gists]
        assert sorted(cited, key=min) == [{0}, {1}, {2}]


def test_a_clue_of_a_model_weighs_as_the_question_does() -> None:
    """What either says word for word is among the first three of 101 turns."""
    said, asked = "Running in Porto, I got wet through.", "How was the marathon?"
    with (
        FakeModelServer(lambda _: json.dumps({"clues": [said]})) as server,
        Memory(
            system="memorag", embedder=Words(), llm=server.chat(), options={"extractor": "llm"}
        ) as memory,
    ):
        others = [f"The marathon number {n} was fun." for n in range(99)]
        memory.add([*others, asked, said], user_id="u1")
        hits = memory.search(asked, user_id="u1", limit=3)
        assert {asked, said} <= {hit.text for hit in hits}


def test_saved_it_gives_the_same_clues(tmp_path: Path) -> None:
    """The global memory is in the file."""
    clues = []
    with opened(tmp_path / "m.db") as memory:
        tell(memory)
        clues.append(memory.search("grey cat", user_id="u1")[0].explain["clues"])
    with opened(tmp_path / "m.db") as memory:
        clues.append(memory.search("grey cat", user_id="u1")[0].explain["clues"])
    assert clues[0] == clues[1]


def test_erasing_a_turn_erases_the_gist_of_its_block() -> None:
    """No gist outlives a turn that it rests on; the block is read again without it."""
    with opened() as memory:
        ids = tell(memory)
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
        options = {"extractor": "llm"}
        with Memory(
            system="memorag", embedder=Words(), llm=server.chat(), options=options
        ) as memory:
            tell(memory)
            memory.consolidate(user_id="u1")
            hits = memory.search("marathon", user_id="u1")
            assert hits[0].explain["clues"] == ["clue: rainy run in Portugal"]
            asked = [each for each in server.asked if each.step == "expand"]
            assert "pottery, running" in str(asked[-1].messages)


def test_a_model_that_answers_nonsense_leaves_the_plain_answer() -> None:
    """Without usable clues the question is answered without them."""
    with (
        FakeModelServer(lambda _: "no idea") as server,
        Memory(system="memorag", embedder=Words(), llm=server.chat(), extractor="llm") as memory,
    ):
        ids = tell(memory)
        assert ids[5] in found(memory, "Was the marathon in Porto rainy?")
