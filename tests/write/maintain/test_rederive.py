"""Rederiving: which words a system has not read, and the jobs that read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType

import pytest

from combray import Memory
from combray.core.changes import ChangeSet, Job, NewJob
from combray.core.errors import InputError
from combray.core.items import Item
from combray.recall.runtime.runtime import Runtime
from combray.store.engine import Run
from combray.store.tables import jobs
from combray.write.maintain.estimate import Estimate
from combray.write.maintain.rederive import Rederived, queue_reading, to_read
from combray.write.maintain.run_jobs import run_due
from tests.words import Words

ACTOR = "looks/1"


class Looks:
    """A deriver that reads all items in one job and derives nothing."""

    actor, inline = ACTOR, True

    def __init__(self) -> None:
        self.handlers = MappingProxyType({ACTOR: self._do})
        self.broken = False

    def jobs(self, items: Sequence[Item], /) -> list[NewJob]:
        """One for all."""
        if self.broken:
            raise InputError("broken")
        return [NewJob(kind=ACTOR, payload={"ids": [item.id for item in items]})] if items else []

    def change(self, items: Sequence[Item], /) -> ChangeSet:
        """Nothing."""
        return ChangeSet(tenant=items[0].scope.tenant, actor=ACTOR)

    def _do(self, job: Job) -> None:
        return None


@pytest.fixture
def memory() -> Iterator[Memory]:
    """A memory in which two users have spoken, with a fact read by rule."""
    with Memory(embedder=Words()) as made:
        made.add(["I live in Rome.", "I keep bees."], user_id="u")
        made.add("I sing.", user_id="v")
        yield made


def reader(memory: Memory) -> Run:
    """A reader of the user u."""
    return memory._runtime.store.engine.tenant_reader("u")


def texts(memory: Memory, deriver: Looks, *, anew: bool = False) -> list[str]:
    """What is to be read of the user u."""
    return [item.text for item in to_read(reader(memory), "u", deriver, anew=anew)]


def read_all(runtime: Runtime, deriver: Looks) -> None:
    """Queue what is unread, and do the jobs."""
    queue_reading(runtime, "u", deriver)
    assert [outcome.error for outcome in run_due(runtime, deriver, "u")] == [None]


def test_what_was_not_read_is_read(memory: Memory) -> None:
    """The raw words of one user, never what was derived from them."""
    assert texts(memory, Looks()) == ["I live in Rome.", "I keep bees."]


def test_what_a_job_names_is_not_queued_twice(memory: Memory) -> None:
    """As long as a job waits its items are not to be read."""
    deriver = Looks()
    queue_reading(memory._runtime, "u", deriver)
    (job,) = memory.jobs(user_id="u")
    assert job.kind == ACTOR
    assert [memory.get(id_).text for id_ in job.payload["ids"]] == [
        "I live in Rome.",
        "I keep bees.",
    ]
    assert texts(memory, deriver) == []


def test_what_was_read_is_read_again_only_anew(memory: Memory) -> None:
    """Of which nothing came counts as read; `anew` gives all live raw items."""
    deriver = Looks()
    read_all(memory._runtime, deriver)
    assert texts(memory, deriver) == []
    assert texts(memory, deriver, anew=True) == ["I live in Rome.", "I keep bees."]
    memory.delete(memory.list(user_id="u", kinds=["text"])[0].id)
    assert texts(memory, deriver, anew=True) == ["I live in Rome."]


def test_queued_anew_is_unread_until_it_is_done(memory: Memory) -> None:
    """Should the job be lost, its items are found to be unread."""
    deriver = Looks()
    read_all(memory._runtime, deriver)
    queue_reading(memory._runtime, "u", deriver, anew=True)
    with memory._runtime.store.engine.write("u") as cursor:
        cursor.run("DELETE FROM jobs")
    assert texts(memory, deriver) == ["I live in Rome.", "I keep bees."]


def test_all_is_queued_or_nothing(memory: Memory) -> None:
    """When the jobs cannot be made, what was read stays read."""
    deriver = Looks()
    read_all(memory._runtime, deriver)
    deriver.broken = True
    with pytest.raises(InputError):
        queue_reading(memory._runtime, "u", deriver, anew=True)
    assert jobs.jobs(memory._runtime.store.engine) == []
    assert texts(memory, deriver) == []


def test_what_came_of_it_is_plain_data() -> None:
    """The estimate, and how many jobs were done, failed and wait."""
    cost = Estimate(items=2, jobs=1, calls=3, tokens_in=4, tokens_out=5, usd=None)
    came = Rederived(estimate=cost, done=1, failed=2, waiting=3)
    assert came.as_dict() == {"estimate": cost.as_dict(), "done": 1, "failed": 2, "waiting": 3}
