"""Mem0: decisions that can be replayed, and a score that is honest about its signals."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray import Memory
from combray.models.stub_model import stub_answer
from combray.store.history.history import replay
from combray.systems.text.mem0 import combined
from combray.testing import Asked, FakeModelServer
from tests.words import Words

UNIT = st.floats(0, 1, width=32)
SAID = (
    ("2024-01-05", "I live in Paris. I adopted a grey cat called Misty."),
    ("2024-02-05", "I moved to Rome last week."),
    ("2024-03-05", "I adopted a grey cat called Misty in January."),
    ("2024-04-05", "I moved to Oslo. I play the cello."),
)


def opened(**options: Any) -> Memory:
    """A memory under mem0."""
    return Memory(system="mem0", embedder=Words(), options=options)


def tell(memory: Memory) -> None:
    """Say everything, as Ann."""
    for day, text in SAID:
        memory.add({"role": "user", "name": "Ann", "content": text}, user_id="u1", timestamp=day)


def facts(memory: Memory, **when: Any) -> list[str]:
    """The facts that are found for a question about everything."""
    hits = memory.search("Ann cat Paris Rome Oslo cello", user_id="u1", limit=50, **when)
    return sorted(hit.text for hit in hits)


def test_the_same_input_twice_changes_nothing() -> None:
    """A second telling is NONE for every fact: no new fact and no new event of one."""
    with opened() as memory:
        tell(memory)
        before = memory.list(user_id="u1", kinds=["memory"])
        history = [memory.history(item.id) for item in before]
        tell(memory)
        assert memory.list(user_id="u1", kinds=["memory"]) == before
        assert [memory.history(item.id) for item in before] == history


def test_replaying_the_decisions_gives_the_same_memory() -> None:
    """The events of all facts, applied to nothing, are the facts as they stand."""
    with opened() as memory:
        tell(memory)
        stored = memory._store.items("u1")
        replayed = replay(memory._store.events("u1"))
        assert set(replayed.items) == {item.id for item in stored}
        for item in stored:
            state = replayed.items[item.id]
            assert (state["text"], state["status"], state["valid_to"]) == (
                item.text,
                item.status,
                item.valid_to_us,
            )
        assert memory.verify().ok


def test_update_keeps_what_was_said_before() -> None:
    """The fuller fact takes the place of the shorter, cites both turns, and links to it."""
    with opened() as memory:
        tell(memory)
        (fact,) = [i for i in memory.list(user_id="u1", kinds=["memory"]) if "Misty" in i.text]
        assert fact.text.endswith("in January.")
        assert len(fact.sources) == 2
        old = next(i for i in memory._store.items("u1") if i.status == "merged")
        assert [event.op for event in memory.history(old.id)] == ["add", "merge"]
        assert memory.history(old.id)[-1].why == f"now {fact.id}"


def test_what_is_said_again_leaves_the_fact_as_it_was() -> None:
    """NONE changes nothing: the fact cites the turn it came from, and both turns are found."""
    said = "I love sailing old wooden boats."
    with opened() as memory:
        ids = [memory.add(said, user_id="u1", timestamp=f"2024-01-0{d}")[0].id for d in (1, 2)]
        (fact,) = memory.list(user_id="u1", kinds=["memory"])
        assert fact.sources == (ids[0],)
        assert [event.op for event in memory.history(fact.id)] == ["add"]
        hits = memory.search("sailing boats", user_id="u1")
        assert {source for hit in hits for source in hit.evidence} == set(ids)


def test_what_is_contradicted_is_superseded_and_not_destroyed() -> None:
    """The newest home answers for now; each former one answers for its own time."""
    with opened() as memory:
        tell(memory)
        now = facts(memory)
        assert "I moved to Oslo." in now
        assert not {"I live in Paris.", "I moved to Rome last week."} & set(now)
        assert "I live in Paris." in facts(memory, as_of="2024-01-10")
        assert "I moved to Rome last week." in facts(memory, as_of="2024-03-10")


def test_facts_answer_and_not_the_turns_that_they_cite() -> None:
    """What is found is of mem0's own kind and cites turns; none of these is found itself."""
    with opened() as memory:
        tell(memory)
        hits = memory.search("Ann cat Paris Rome Oslo cello", user_id="u1", limit=50)
        turns = {item.id for item in memory.list(user_id="u1", kinds=["turn"])}
    assert {hit.item.kind for hit in hits} == {"memory"}
    assert turns.issuperset(id_ for hit in hits for id_ in hit.evidence)


def test_a_hundred_updates_leave_the_latest_first() -> None:
    """Of every "X lives in Y" only the last value answers, for each person."""
    towns = ("Paris", "Rome", "Oslo", "Lima")
    people = [f"Mia{chr(65 + n // 26)}{chr(97 + n % 26)}" for n in range(50)]
    with opened() as memory:
        for month, town in enumerate(towns, start=1):
            memory.add(
                [{"role": "user", "name": who, "content": f"I live in {town}."} for who in people],
                user_id="u1",
                timestamp=f"2024-{month:02}-01",
            )
        for who in people:
            hits = memory.search(f"Where does {who} live?", user_id="u1", limit=60)
            mine = [hit.text for hit in hits if hit.item.name == who]
            assert mine == ["I live in Lima."]


def test_deleting_a_turn_takes_its_facts_along() -> None:
    """No fact of a deleted turn answers, and its names lead nowhere."""
    with opened(graph=True) as memory:
        tell(memory)
        last = memory.list(user_id="u1", kinds=["turn"])[0]
        memory.delete(last.id)
        assert "I play the cello." not in facts(memory)
        assert "I moved to Rome last week." in facts(memory)


@given(UNIT, UNIT, st.floats(0, 0.5, width=32), st.sampled_from(["semantic", "keyword", "entity"]))
def test_the_added_score_is_in_range_and_rises_with_each_signal(
    semantic: float, keyword: float, entity: float, name: str
) -> None:
    """Between 0 and 1, and no smaller when one signal of a row grows."""
    others = {"semantic": 1.0, "keyword": 1.0, "entity": 0.5}
    row = {"semantic": semantic, "keyword": keyword, "entity": entity}
    more = {**row, name: min(row[name] + 0.1, others[name])}

    def score(values: Mapping[str, float]) -> float:
        signals = {n: np.array([values[n], others[n]], np.float32) for n in values}
        return float(combined(signals)[0])

    assert 0 <= score(row) <= 1
    assert score(more) >= score(row) - 1e-6


LISBON = (
    "The cello of Lisbon is old.",
    "Lisbon has yellow trams.",
    "My bicycle is red and fast.",
)


def test_the_added_score_is_its_formula() -> None:
    """Cosine, a sigmoid of BM25 and a boost for shared entities, over the most they can be."""
    question, single = "Which old cello is in Lisbon?", {}
    for system in ("dense", "bm25"):
        with Memory(system=system, embedder=Words()) as memory:
            # The facts and the texts that they were drawn from are one collection of words.
            memory.add(LISBON, user_id="u1")
            memory.add([{"role": "user", "content": text} for text in LISBON], user_id="u1")
            found = memory.search(question, user_id="u1")
            single[system] = {hit.text: hit.score for hit in found}
    with opened(additive=True) as memory:
        memory.add(LISBON, user_id="u1")
        hits = memory.search(question, user_id="u1")
    assert [hit.text for hit in hits] == list(LISBON)
    for hit in hits:
        bm25 = single["bm25"].get(hit.text, 0)
        keyword = 1 / (1 + math.exp(-0.7 * (bm25 - 5))) if bm25 else 0
        entity = 0.5 / (1 + 0.001 * (2 - 1) ** 2) if "Lisbon" in hit.text else 0
        total = max(single["dense"][hit.text], 0) + keyword + entity
        assert hit.score == pytest.approx(total / 2.5, abs=1e-4)


def test_a_rare_word_adds_a_candidate() -> None:
    """A fact that shares no direction with the question is first by a word of it."""
    with opened(additive=True) as memory:
        tell(memory)
        assert memory.search("cello", user_id="u1", limit=1)[0].text == "I play the cello."


def test_facts_around_the_entities_of_the_question_are_fused_in() -> None:
    """Where six facts are nearer, one that names what the question names is among the first."""
    said = [f"The old cello number {n} is here." for n in ("one", "two", "three", "four", "five")]
    lisbon, found = "In Lisbon somebody repairs violins.", {}
    for graph in (False, True):
        with opened(graph=graph) as memory:
            memory.add([*said, lisbon], user_id="u1")
            hits = memory.search("Which old cello is here in Lisbon?", user_id="u1", limit=3)
            found[graph] = [hit.text for hit in hits]
    assert lisbon not in found[False]
    assert lisbon in found[True]


def test_a_model_decides_and_the_ledger_says_what_for() -> None:
    """ADD, then SUPERSEDE by the model's word: the old fact ends, and both calls are entered."""

    def answer(asked: Asked) -> Any:
        found = stub_answer(asked.step, asked.schema, asked.data)
        if asked.step == "decide" and "tea" in json.dumps(asked.data["statement"]):
            n = next(m["n"] for m in asked.data["memories"] if "coffee" in m["text"])
            return found | {"op": "SUPERSEDE", "target": n, "why": "another drink"}
        return found

    with (
        FakeModelServer(answer) as server,
        Memory(system="mem0", embedder=Words(), llm=server.chat(), extractor="llm") as memory,
    ):
        memory.add("I drink coffee.", user_id="u1", timestamp="2024-01-01", wait=True)
        memory.add("I drink tea now.", user_id="u1", timestamp="2024-02-01", wait=True)
        found = [hit.text for hit in memory.search("drink", user_id="u1")]
        assert found == ["I drink tea now."]
        then = memory.search("drink", user_id="u1", as_of="2024-01-15")
        assert [hit.text for hit in then] == ["I drink coffee."]
        assert {call.step for call in memory.ledger()} == {"extract", "decide"}


def test_of_two_that_contradict_the_later_stands_whichever_came_first() -> None:
    """A statement that arrives late but is older is the one that ends."""

    def answer(asked: Asked) -> Any:
        found = stub_answer(asked.step, asked.schema, asked.data)
        return found | {"op": "SUPERSEDE", "target": 1} if asked.step == "decide" else found

    days = (("2024-02-01", "I drink tea."), ("2024-01-01", "I drink coffee."))
    with (
        FakeModelServer(answer) as server,
        Memory(system="mem0", embedder=Words(), llm=server.chat(), extractor="llm") as memory,
    ):
        for day, text in days:
            memory.add(text, user_id="u1", timestamp=day, wait=True)
        assert [hit.text for hit in memory.search("drink", user_id="u1")] == ["I drink tea."]


def test_facts_of_a_past_moment_are_those_known_then() -> None:
    """With `known_at` before the last message what it said is not there."""
    with opened() as memory:
        tell(memory)
        first = memory.list(user_id="u1", kinds=["turn"])[-1]
        assert replace(first, seq=0).text.startswith("I live in Paris")
        known = facts(memory, known_at=first.known[0])
        assert all("Oslo" not in text for text in known)
