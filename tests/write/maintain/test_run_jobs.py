"""Running jobs: oldest first, each applied and done as one, or kept with its error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any

import pytest

from combray import Memory
from combray.core.changes import ChangeSet, Job, NewJob
from combray.core.errors import BudgetExceeded, InputError, ModelError
from combray.core.items import Item, Status
from combray.models.stub_model import StubModel
from combray.recall.runtime.runtime import Runtime
from combray.store.erase import REBUILD
from combray.store.tables import jobs as queue
from combray.write.change.draft import Draft
from combray.write.maintain.run_jobs import (
    ERROR_LENGTH,
    Outcome,
    missing_facts,
    rebuilder,
    run_due,
)
from tests.store.processes import ended_process
from tests.words import Words

ACTOR, OTHER = "notes/1", "other"


class Notes:
    """A deriver whose jobs do what they are told: a note, an error, more jobs."""

    actor = ACTOR

    def __init__(self, runtime: Runtime, *, inline: bool = False) -> None:
        self._runtime, self.inline = runtime, inline
        self.done: list[Any] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.handlers: dict[str, Callable[[Job], ChangeSet | None]] = {
            ACTOR: self._do,
            OTHER: self._do,
        }

    def jobs(self, items: Sequence[Item], /) -> list[NewJob]:
        """One for all."""
        return [NewJob(kind=ACTOR, payload={"ids": [item.id for item in items]})] if items else []

    def change(self, items: Sequence[Item], /) -> ChangeSet:
        """A note of each."""
        draft = Draft(items[0].scope.tenant, ACTOR)
        for item in items:
            draft.put("note", f"noted: {item.text}", [item])
        return draft.change()

    def _do(self, job: Job) -> ChangeSet | None:
        self.done.append(job.payload.get("n"))
        if error := ERRORS.get(str(job.payload.get("error"))):
            raise error
        if "more" in job.payload:
            more = [NewJob(kind=ACTOR, payload={"n": n}) for n in job.payload["more"]]
            return ChangeSet(tenant=job.tenant, actor=ACTOR, jobs=more)
        ids = [str(id_) for id_ in job.payload.get("ids", ())]
        items = [*self._runtime.store.get(job.tenant, ids).values()]
        with suppress(StopIteration):
            self.meanwhile()
        return self.change(items) if ids else None


class Mute(Exception):
    """An error that cannot even say what it is."""

    def __str__(self) -> str:
        raise ZeroDivisionError


ERRORS: dict[str, BaseException] = {
    "input": InputError("it cannot be"),
    "model": ModelError("no JSON", raw="x" * 600),
    "budget": BudgetExceeded("no dollars left"),
    "interrupt": KeyboardInterrupt(),
    "exit": SystemExit(3),
    "program": ZeroDivisionError(),
    "mute": Mute(),
    "letters": ValueError(f"\ud83d\0{'x' * 9_000}"),
}


@pytest.fixture
def memory() -> Iterator[Memory]:
    """A memory with one fact in it."""
    with Memory(embedder=Words(), llm=StubModel()) as made:
        made.add("I live in Rome.", user_id="u", timestamp="2024-03-01")
        yield made


@pytest.fixture
def notes(memory: Memory) -> Notes:
    """The deriver."""
    return Notes(memory._runtime)


def put(memory: Memory, *payloads: dict[str, Any], kind: str = ACTOR, tenant: str = "u") -> None:
    """Queue a job for each payload."""
    with memory._store.engine.write(tenant) as cursor:
        queue.enqueue(cursor, tenant, [NewJob(kind=kind, payload=p) for p in payloads], 0)


def run(memory: Memory, notes: Notes | None, **how: Any) -> list[Outcome]:
    """What came of the jobs that are due."""
    return list(run_due(memory._runtime, notes, how.pop("tenant", "u"), **how))


def said(memory: Memory) -> Item:
    """The raw item."""
    (item,) = memory.list(user_id="u", kinds=["text"])
    return item


def noted(memory: Memory) -> list[str]:
    """The notes that were made."""
    return [item.text for item in memory.list(user_id="u", kinds=["note"])]


def test_jobs_are_done_oldest_first_with_those_they_queue(memory: Memory, notes: Notes) -> None:
    """What a job queues is done in the same run, and a job that is done is gone."""
    put(memory, {"n": 1, "more": [3]}, {"n": 2})
    assert [outcome.error for outcome in run(memory, notes)] == [None] * 3
    assert notes.done == [1, 2, 3]
    assert memory.jobs() == []


def test_a_run_can_be_narrowed(memory: Memory, notes: Notes) -> None:
    """By tenant, by kind and by number; kinds that nobody can do wait."""
    put(memory, {"n": 1}, {"n": 2})
    put(memory, {"n": 3}, kind=OTHER)
    put(memory, {"n": 4}, kind="unknown")
    put(memory, {"n": 5}, tenant="v")
    run(memory, notes, limit=1)
    assert notes.done == [1]
    run(memory, notes, kinds=[OTHER])
    assert notes.done == [1, 3]
    run(memory, notes)
    assert notes.done == [1, 3, 2]
    run(memory, notes, tenant=None)
    assert notes.done == [1, 3, 2, 5]
    assert [job.kind for job in memory.jobs()] == ["unknown"]


def test_a_limit_holds_across_what_jobs_queue(memory: Memory, notes: Notes) -> None:
    """No more jobs are begun than were asked for, whoever queued them."""
    put(memory, {"n": 1, "more": [2, 3, 4]})
    assert len(run(memory, notes, limit=3)) == 3
    assert notes.done == [1, 2, 3]


def test_a_dry_run_changes_nothing(memory: Memory, notes: Notes) -> None:
    """It previews the change of each job, and the jobs wait as they were, even those that fail."""
    put(memory, {"ids": [said(memory).id]}, {"error": "input"}, {"error": "budget"})
    before = memory.jobs()
    good, bad, dear = run(memory, notes, dry_run=True)
    assert good.preview is not None
    assert good.preview.change_id is None
    assert [item.text for item in good.preview.change.puts] == ["noted: I live in Rome."]
    assert (bad.error, dear.refused) == ("InputError: it cannot be", True)
    assert noted(memory) == []
    assert memory.jobs() == before


def test_what_was_made_is_found(memory: Memory, notes: Notes) -> None:
    """The new item is applied, done with and embedded."""
    put(memory, {"ids": [said(memory).id]})
    (outcome,) = run(memory, notes)
    assert outcome.preview is not None
    assert noted(memory) == ["noted: I live in Rome."]
    assert memory.history(outcome.preview.change.puts[0].id)[0].change_id == (
        outcome.preview.change_id
    )
    assert memory.stats(user_id="u")["without_vector"] == 0


def test_a_job_that_fails_is_kept_and_the_others_are_done(memory: Memory, notes: Notes) -> None:
    """Its error names the kind, and of a model what it answered, cut; one attempt is lost."""
    put(memory, {"n": 1, "error": "input"}, {"n": 2, "error": "model"}, {"n": 3})
    outcomes = run(memory, notes)
    assert notes.done == [1, 2, 3]
    first, second = memory.jobs()
    assert (first.state, first.attempts) == ("waiting", 1)
    assert first.error == outcomes[0].error == "InputError: it cannot be"
    assert second.error == f"ModelError: no JSON It answered: {'x' * 500!r}"
    assert run(memory, notes) == []


def test_an_error_of_the_program_is_kept_like_every_other(memory: Memory, notes: Notes) -> None:
    """The job keeps its type, is not claimed any more, and the jobs of all others are done."""
    put(memory, {"error": "program"}, {"error": "mute"}, tenant="a")
    put(memory, {"n": 1}, tenant="b")
    failed, mute, done = run(memory, notes, tenant=None)
    assert (failed.error, done.error) == ("ZeroDivisionError: ", None)
    assert mute.error == "Mute: it cannot be told"
    job, _ = memory.jobs()
    assert (job.tenant, job.state, job.attempts) == ("a", "waiting", 1)
    assert job.error == "ZeroDivisionError: "


def test_an_error_that_no_database_keeps_is_kept(memory: Memory, notes: Notes) -> None:
    """Half an emoji and a NUL in its words are spelt out, and it is cut at some length."""
    put(memory, {"error": "letters"})
    run(memory, notes)
    (job,) = memory.jobs()
    assert job.error is not None
    assert job.error.startswith("ValueError: \\ud83d\\0xx")
    assert len(job.error) == ERROR_LENGTH


def test_a_job_is_done_anew_when_its_words_change_meanwhile(memory: Memory, notes: Notes) -> None:
    """What it made of the words as they were is not applied; at last it fails and is kept."""
    item = said(memory)
    texts = iter(["I keep bees.", "I keep cats."])
    notes.meanwhile = lambda: memory.update(item.id, text=next(texts))
    put(memory, {"ids": [item.id]})
    (outcome,) = run(memory, notes)
    assert outcome.error is None
    assert len(notes.done) == 3
    assert noted(memory) == ["noted: I keep cats."]
    numbers = iter(range(9))
    notes.meanwhile = lambda: memory.update(item.id, text=f"I keep {next(numbers)} dogs.")
    put(memory, {"ids": [item.id]})
    (outcome,) = run(memory, notes)
    assert "changed meanwhile" in str(outcome.error)
    assert noted(memory) == ["noted: I keep cats."]


def test_over_the_budget_no_job_is_begun(memory: Memory, notes: Notes) -> None:
    """The one that was refused waits, loses no attempt, and is the last."""
    put(memory, {"n": 1, "error": "budget"}, {"n": 2})
    (outcome,) = run(memory, notes)
    assert outcome.refused
    assert notes.done == [1]
    first, second = memory.jobs()
    assert (first.state, first.attempts, second.attempts) == ("waiting", 0, 0)
    assert first.error == "BudgetExceeded: no dollars left"


def test_an_interrupted_job_is_given_back(memory: Memory, notes: Notes) -> None:
    """It waits, is due at once, and has lost no attempt."""
    put(memory, {"error": "interrupt"})
    with pytest.raises(KeyboardInterrupt):
        run(memory, notes)
    (job,) = memory.jobs()
    assert (job.state, job.attempts, job.error) == ("waiting", 0, "It was interrupted.")


def test_no_job_ends_the_thread_of_a_worker(memory: Memory, notes: Notes) -> None:
    """Outside the main thread an exit fails its own job, as every error does, and no other."""
    put(memory, {"error": "exit"}, tenant="a")
    put(memory, {"n": 1}, tenant="b")
    outcomes: list[Outcome] = []
    thread = Thread(target=lambda: outcomes.extend(run(memory, notes, tenant=None)))
    thread.start()
    thread.join()
    assert [outcome.error for outcome in outcomes] == ["SystemExit: 3", None]
    assert [(job.tenant, job.attempts) for job in memory.jobs()] == [("a", 1)]


def test_a_job_of_another_worker_is_left(
    memory: Memory, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is slower to claim a job does not do it."""
    put(memory, {"n": 1})
    monkeypatch.setattr(queue, "claim", lambda engine, job: None)
    assert run(memory, notes) == []
    assert notes.done == []


def test_what_the_dead_held_is_done(memory: Memory, notes: Notes) -> None:
    """A job of a process that is gone is released and done in the same run; not by a dry run."""
    put(memory, {"n": 1})
    queue.claim(memory._store.engine, memory.jobs()[0])
    with memory._store.engine.write("u") as cursor:
        cursor.run("UPDATE jobs SET error = ?", (f"in {ended_process()}",))
    assert run(memory, notes, dry_run=True) == []
    assert len(run(memory, notes)) == 1
    assert notes.done == [1]


@pytest.mark.parametrize(
    ("kind", "inline", "model"),
    [(ACTOR, False, "agreeing"), (ACTOR, True, None), (OTHER, False, None)],
)
def test_a_model_signs_what_it_made(
    memory: Memory, kind: str, inline: bool, model: str | None
) -> None:
    """New items name the model that read the words; those of rules and of other jobs name none."""
    put(memory, {"ids": [said(memory).id]}, kind=kind)
    run(memory, Notes(memory._runtime, inline=inline))
    (note,) = memory.list(user_id="u", kinds=["note"])
    assert note.metadata.get("model") == model


def lose_facts(memory: Memory) -> None:
    """Take the fact away as an erasure does: out of the file."""
    memory.erase([fact.id for fact in memory.list(user_id="u", kinds=["fact"])])


def test_lost_facts_are_made_again(memory: Memory) -> None:
    """The job reads the words by rule, without a system; what is stated is not stated twice."""
    lose_facts(memory)
    put(memory, {"sources": [said(memory).id]}, {"sources": [said(memory).id]}, kind=REBUILD)
    first, second = run(memory, None)
    assert first.preview is not None
    assert first.preview.change.why == REBUILD
    assert second.preview is not None
    assert list(second.preview.change.puts) == []
    assert [fact.text for fact in memory.list(user_id="u", kinds=["fact"])] == ["u lives in Rome"]


def test_a_system_reads_again_what_lost_its_facts(memory: Memory, notes: Notes) -> None:
    """Its jobs for the live words are queued by the rebuilding job, and done."""
    lost = said(memory)
    put(memory, {"sources": [lost.id]}, kind=REBUILD)
    run(memory, notes)
    assert noted(memory) == ["noted: I live in Rome."]
    memory.delete(lost.id)
    put(memory, {"sources": [lost.id]}, kind=REBUILD)
    (job,) = memory.jobs()
    assert rebuilder(memory._runtime, notes)(job) is None


def test_a_system_reads_them_in_the_order_they_were_given(memory: Memory, notes: Notes) -> None:
    """Whatever the order in which the erasure named them."""
    first, second = said(memory), memory.add("I sing.", user_id="u")[0]
    put(memory, {"sources": [second.id, first.id]}, kind=REBUILD)
    (outcome,) = run(memory, notes, dry_run=True)
    assert outcome.preview is not None
    (job,) = outcome.preview.change.jobs
    assert job.payload["ids"] == [first.id, second.id]


def test_missing_facts_are_those_that_nothing_states(memory: Memory) -> None:
    """A fact is missed by what it claims and of which words; facts themselves are not read."""
    read = memory._store.engine.tenant_reader("u")
    words = [memory.add("Ben lives in Oslo.", user_id="u", session_id=s)[0] for s in "ab"]
    facts = {fact.sources: fact for fact in memory.list(user_id="u", kinds=["fact"])}
    assert missing_facts(read, "u", [*words, *facts.values()]) == []
    memory.erase([facts[(words[1].id,)].id])
    (missed,) = missing_facts(read, "u", words)
    assert (missed.text, missed.sources) == ("Ben lives in Oslo", (words[1].id,))
    assert missed.status == Status.LIVE


def test_an_outcome_is_plain_data(memory: Memory, notes: Notes) -> None:
    """The job, what it changed, and the error."""
    put(memory, {"ids": [said(memory).id]}, {"error": "input"})
    good, bad = (outcome.as_dict() for outcome in run(memory, notes))
    assert [item["text"] for item in good["change"]["adds"]] == ["noted: I live in Rome."]
    assert (good["error"], bad["change"]) == (None, None)
    assert bad["job"]["error"] == bad["error"] == "InputError: it cannot be"
