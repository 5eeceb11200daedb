"""Durable jobs behind the words: queued by windows, done once, undone and read again as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from combray import InputError, Memory, UnknownName
from combray.core.changes import ChangeSet, Job
from combray.core.items import Item, Scope
from combray.models.stub_model import StubModel
from combray.recall.runtime.runtime import Runtime
from combray.write.change.apply import derive
from combray.write.change.draft import Draft
from combray.write.change.validate import REREAD
from combray.write.derive.deriver import RULES_WINDOW, WINDOW, Deriver
from combray.write.extract.base import Extractor
from combray.write.extract.llm import LLMExtractor
from combray.write.extract.rules import RulesExtractor
from tests.words import Words

ACTOR = "echo/1"


class Echo:
    """Derives a note of each item's words, and keeps what it was given."""

    def __init__(self) -> None:
        self.seen: list[list[str]] = []
        self.extractors: list[type] = []

    def __call__(self, draft: Draft, extractor: Extractor, items: Sequence[Item]) -> None:
        """A note of each."""
        self.seen.append([item.text for item in items])
        self.extractors.append(type(extractor))
        for item in items:
            draft.put("note", item.text, [item])


def told(memory: Memory, *texts: str, session: str | None = None) -> list[Item]:
    """Turns of one user, a minute apart."""
    turns = [
        {"role": "user", "content": text, "timestamp": f"2024-05-01T10:{n:02}:00Z"}
        for n, text in enumerate(texts)
    ]
    return memory.add(turns, user_id="u", session_id=session)


def job(deriver: Deriver, items: Sequence[Item]) -> Job:
    """A job that reads some items, as the queue gives it to a handler."""
    (new,) = deriver.jobs(items)
    times = {"created_at_us": 0, "updated_at_us": 0, "due_at_us": 0}
    return Job(
        seq=1, tenant="u", kind=new.kind, payload=new.payload, state="running", attempts=0,
        error=None, **times,
    )  # fmt: skip


def apply(runtime: Runtime, change: ChangeSet | None) -> ChangeSet:
    """Store what a handler gave."""
    assert change is not None
    derive(runtime, change)
    return change


def test_one_window_is_one_job() -> None:
    """Items go into jobs of at most so many, in order, each of one scope."""
    with Memory(embedder=Words()) as memory:
        deriver = Deriver(memory._runtime, ACTOR, Echo(), window=2)
        first = told(memory, "a b", "c d", "e f", session="s1")
        second = told(memory, "g h", session="s2")
        ids = [list(new.payload["ids"]) for new in deriver.jobs([*first, *second])]
        assert ids == [[first[0].id, first[1].id], [first[2].id], [second[0].id]]
        assert {new.kind for new in deriver.jobs(first)} == {ACTOR}


def test_a_models_window_is_small_and_that_of_rules_wide() -> None:
    """One prompt holds a model's window; rules read hundreds at once, and at once."""
    with Memory(embedder=Words()) as memory:
        runtime = memory._runtime.beside(StubModel())
        items = [
            Item(id=str(n), text="x", kind="turn", scope=Scope("u"))
            for n in range(RULES_WINDOW + 1)
        ]
        by_rule = Deriver(runtime, ACTOR, Echo())
        by_model = Deriver(runtime, ACTOR, Echo(), extractor="llm")
        assert (by_rule.inline, by_model.inline) == (True, False)
        assert len(by_rule.jobs(items)) == 2
        assert len(by_model.jobs(items)) == -(-len(items) // WINDOW)


def test_what_waits_for_review_or_was_derived_has_no_job() -> None:
    """Only live raw items are read."""
    with Memory(embedder=Words()) as memory:
        deriver = Deriver(memory._runtime, ACTOR, Echo())
        (item,) = told(memory, "I like tea.")
        others = [replace(item, status="quarantined"), replace(item, kind="fact")]
        assert deriver.jobs(others) == []
        assert [new.payload for new in deriver.jobs([*others, item])] == [{"ids": [item.id]}]


def test_change_only_looks() -> None:
    """It says what follows, who says it and why; the store stays as it was."""
    with Memory(embedder=Words()) as memory:
        deriver = Deriver(memory._runtime, ACTOR, Echo(), why="because")
        items = told(memory, "I like tea.")
        change = deriver.change(items)
        assert (change.tenant, change.actor, change.why) == ("u", ACTOR, "because")
        assert [(p.text, p.sources, p.created_by) for p in change.puts] == [
            ("I like tea.", (items[0].id,), ACTOR)
        ]
        assert memory.list(user_id="u", kinds=["note"]) == []


def test_a_job_reads_its_live_items_in_order_of_time() -> None:
    """What was deleted since is left out; when nothing is left there is nothing to do."""
    with Memory(embedder=Words()) as memory:
        echo = Echo()
        deriver = Deriver(memory._runtime, ACTOR, echo)
        one, two, three = told(memory, "first one", "second one", "third one")
        work = job(deriver, [three, two, one])
        memory.delete(two.id)
        deriver.handlers[ACTOR](work)
        assert echo.seen == [["first one", "third one"]]
        memory.delete(one.id)
        memory.delete(three.id)
        assert deriver.handlers[ACTOR](work) is None


def test_what_was_read_before_is_taken_back_first_and_read_again() -> None:
    """A second reading retires the first and queues a job for all that it rested on, once each."""
    with Memory(embedder=Words()) as memory:
        runtime, echo = memory._runtime, Echo()
        deriver = Deriver(runtime, ACTOR, echo)
        items = told(memory, "I like tea.", "I like jam.")
        apply(runtime, deriver.handlers[ACTOR](job(deriver, items)))
        again = deriver.handlers[ACTOR](job(deriver, items[:1]))
        assert again is not None
        assert not again.puts
        (patch,) = again.patches
        assert (patch.op, patch.fields["status"]) == (REREAD, "retired")
        assert [list(new.payload["ids"]) for new in again.jobs] == [[items[0].id]]
        assert len(echo.seen) == 1


def test_a_shared_note_is_read_again_with_all_its_sources() -> None:
    """What two items made together is read again from both, though one of them asked for it."""

    def together(draft: Draft, extractor: Extractor, items: Sequence[Item]) -> None:
        draft.put("note", "both", items)

    with Memory(embedder=Words()) as memory:
        deriver = Deriver(memory._runtime, ACTOR, together)
        items = told(memory, "I like tea.", "I like jam.")
        apply(memory._runtime, deriver.handlers[ACTOR](job(deriver, items)))
        again = deriver.handlers[ACTOR](job(deriver, items[1:]))
        assert again is not None
        assert [set(new.payload["ids"]) for new in again.jobs] == [{i.id for i in items}]


def test_another_actors_notes_are_left_alone() -> None:
    """Two systems on one file: the notes of one are no reason for the other to read again."""
    with Memory(embedder=Words()) as memory:
        one = Deriver(memory._runtime, "one/1", Echo())
        other = Deriver(memory._runtime, "other/1", Echo())
        items = told(memory, "I like tea.")
        apply(memory._runtime, one.handlers["one/1"](job(one, items)))
        change = other.handlers["other/1"](job(other, items))
        assert change is not None
        assert not change.patches
        assert len(change.puts) == 1


def test_the_extractor_is_the_one_that_was_asked_for() -> None:
    """Rules without a model, a model with one; what is unknown or absent is refused when made."""
    with Memory(embedder=Words()) as memory:
        echo, items = Echo(), told(memory, "I like tea.")
        runtime = memory._runtime.beside(StubModel())
        Deriver(runtime, ACTOR, echo).change(items)
        Deriver(runtime, ACTOR, echo, extractor="llm").change(items)
        assert echo.extractors == [RulesExtractor, LLMExtractor]
        with pytest.raises(InputError, match="needs a model"):
            Deriver(memory._runtime, ACTOR, echo, extractor="llm")
        with pytest.raises(UnknownName, match="'rules'"):
            Deriver(memory._runtime, ACTOR, echo, extractor="rule")


def test_other_kinds_of_jobs_have_their_handlers() -> None:
    """`more` stands beside the handler that reads the words, and cannot be changed afterwards."""
    with Memory(embedder=Words()) as memory:
        deriver = Deriver(memory._runtime, ACTOR, Echo(), more={"tidy": lambda job: None})
        assert set(deriver.handlers) == {ACTOR, "tidy"}
        with pytest.raises(TypeError):
            deriver.handlers["more"] = lambda job: None  # type: ignore[index]
