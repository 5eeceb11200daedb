"""Work for later: queued once, claimed once, tried again, given up, and never lost."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from combray.core.changes import NewJob
from combray.core.time import DAY, iso, to_datetime
from combray.store.engine import Engine
from combray.store.history.damage import bad_jobs
from combray.store.process import here
from combray.store.store import Store
from combray.store.tables import jobs
from combray.store.tables.checksums import stamp
from combray.store.tables.jobs import ATTEMPTS, BACKOFF, LEASE, Job
from combray.testing.base import item, put
from tests.store.failing import failing
from tests.store.processes import ended_process

START = 1_714_557_600_000_000
YEAR = 365 * DAY
linux = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="only Linux tells when a process started"
)


class Clock:
    """A time that moves on by a microsecond with each look, or as far as it is told."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> int:
        """The next moment."""
        self.at += 1
        return self.at

    def wait(self, micros: int) -> None:
        """Let some time pass."""
        self.at += micros


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time that the jobs go by."""
    made = Clock()
    monkeypatch.setattr(jobs, "now", made)
    return made


def damaged(engine: Engine) -> list[int]:
    """The jobs whose checksum is not theirs."""
    return list(bad_jobs(engine.read))


def queue(engine: Engine, *kinds: str, tenant: str = "u", payload: Any = None) -> list[Job]:
    """Queue one job of each kind; returns all jobs of the tenant."""
    wanted = [NewJob(kind=kind, payload=payload or {}) for kind in kinds]
    with engine.write(tenant) as cursor:
        jobs.enqueue(cursor, tenant, wanted, jobs.now())
    return jobs.jobs(engine, tenant)


def kinds(found: Sequence[Job]) -> list[str]:
    """What these jobs do, in order."""
    return [job.kind for job in found]


def claimed(engine: Engine, job: Job) -> Job:
    """The job as ours."""
    mine = jobs.claim(engine, job)
    assert mine is not None
    return mine


def test_a_new_job_waits_and_is_due_at_once(engine: Engine, clock: Clock) -> None:
    """It has no tries and no error yet, and holds the data it was queued with."""
    (job,) = queue(engine, "k", payload={"ids": ["a", "日"], "n": 1})
    assert (job.state, job.attempts, job.error, job.tenant) == ("waiting", 0, None, "u")
    assert job.payload == {"ids": ["a", "日"], "n": 1}
    assert job.created_at_us == job.updated_at_us == job.due_at_us
    assert jobs.due(engine, ["k"]) == [job]


def test_no_jobs_are_queued_for_no_work(engine: Engine) -> None:
    """An empty list of wanted work writes nothing."""
    assert queue(engine) == []


def test_jobs_are_queued_with_the_change_that_asks_or_not_at_all(engine: Engine) -> None:
    """When the transaction rolls back, its jobs are gone with it."""
    job = NewJob(kind="k", payload={})
    with pytest.raises(ZeroDivisionError):
        failing(engine, lambda cursor: jobs.enqueue(cursor, "u", [job], 1))
    assert jobs.jobs(engine) == []


def test_jobs_are_listed_oldest_first_by_tenant_and_state(engine: Engine, clock: Clock) -> None:
    """Both filters narrow, alone and together; without any all jobs are listed."""
    first, second = queue(engine, "a", "b")
    (other,) = queue(engine, "c", tenant="v")
    running = claimed(engine, second)
    assert jobs.jobs(engine) == [first, running, other]
    assert jobs.jobs(engine, "u") == [first, running]
    assert jobs.jobs(engine, state="running") == [running]
    assert jobs.jobs(engine, "v", state="running") == []
    assert jobs.jobs(engine, "") == []


def test_due_knows_kinds_tenant_time_and_limit(engine: Engine, clock: Clock) -> None:
    """Only what may be claimed at the moment asked about is due, oldest first."""
    queue(engine, "a", "b", "a")
    queue(engine, "a", tenant="v")
    assert kinds(jobs.due(engine, ["a", "b"])) == ["a", "b", "a", "a"]
    assert kinds(jobs.due(engine, ["a"], "u")) == ["a", "a"]
    assert [job.seq for job in jobs.due(engine, ["a"], limit=1)] == [jobs.jobs(engine)[0].seq]
    assert jobs.due(engine, ["a"], limit=0) == []
    assert jobs.due(engine, []) == []
    assert jobs.due(engine, ["c"]) == []
    assert jobs.due(engine, ["a"], at=START - 1) == []


def test_a_claim_is_for_a_lease_and_says_who_holds_it(engine: Engine, clock: Clock) -> None:
    """A claimed job runs, counts one more try, names its process, and is due to nobody else."""
    (job,) = queue(engine, "k")
    mine = claimed(engine, job)
    assert (mine.state, mine.attempts) == ("running", 1)
    assert str(os.getpid()) in str(mine.error)
    assert platform.node() in str(mine.error)
    assert mine.due_at_us == mine.updated_at_us + LEASE
    assert jobs.due(engine, ["k"]) == []
    assert jobs.claim(engine, job) is None


def test_a_lease_that_ran_out_is_claimed_again(engine: Engine, clock: Clock) -> None:
    """The next worker gets it; whoever held it before holds it no more and changes nothing."""
    (job,) = queue(engine, "k")
    late = claimed(engine, job)
    clock.wait(LEASE + 10)
    (again,) = jobs.due(engine, ["k"])
    mine = claimed(engine, again)
    assert mine.attempts == 2
    with engine.write("u") as cursor:
        assert not jobs.held(cursor, late)
        assert jobs.held(cursor, mine)
    assert jobs.fail(engine, late, "too late") == late
    assert jobs.postpone(engine, late, "too late") == late
    assert jobs.jobs(engine) == [mine]


def test_a_job_that_changed_since_it_was_looked_up_is_not_claimed(
    engine: Engine, clock: Clock
) -> None:
    """Another claimed it and gave it back meanwhile, so it waits again, and not for us."""
    (job,) = queue(engine, "k")
    jobs.fail(engine, claimed(engine, job), "broken")
    (waiting,) = jobs.jobs(engine)
    assert waiting.state == job.state == "waiting"
    assert jobs.claim(engine, job) is None
    assert jobs.jobs(engine) == [waiting]


def test_a_job_that_is_done_is_gone(engine: Engine, clock: Clock) -> None:
    """It leaves the list in the transaction that applies its work, or stays when that fails."""
    (job,) = queue(engine, "k")
    mine = claimed(engine, job)
    with pytest.raises(ZeroDivisionError):
        failing(engine, lambda cursor: jobs.finish(cursor, mine))
    assert jobs.jobs(engine) == [mine]
    with engine.write("u") as cursor:
        jobs.finish(cursor, mine)
        assert not jobs.held(cursor, mine)
    assert jobs.jobs(engine) == []


def test_what_a_job_has_read_is_noted_once(engine: Engine, clock: Clock) -> None:
    """Finishing it enters the ids of its payload as read by its kind, also a second time.

    What was erased meanwhile is not noted.
    """
    one, two = item("one"), item("two")
    put(Store(engine), [one, two])
    for _ in range(2):
        (job,) = queue(engine, "mem0/1", payload={"ids": [one.id, two.id, "erased"]})
        with engine.write("u") as cursor:
            jobs.finish(cursor, job)
    rows = engine.read("SELECT item_id, actor, tenant FROM readings")
    assert sorted(rows) == sorted((each.id, "mem0/1", "u") for each in (one, two))


def test_a_failed_job_waits_twice_as_long_each_time(engine: Engine, clock: Clock) -> None:
    """The error is kept, and the pause doubles until the job is given up."""
    (job,) = queue(engine, "k")
    pauses = []
    for number in range(1, ATTEMPTS + 1):
        failed = jobs.fail(engine, claimed(engine, job), f"no {number}")
        assert (failed.attempts, failed.error) == (number, f"no {number}")
        pauses.append(failed.due_at_us - failed.updated_at_us)
        assert jobs.due(engine, ["k"], at=failed.due_at_us - 1) == []
        clock.wait(pauses[-1])
        job = failed
    assert pauses == [BACKOFF * 2**n for n in range(ATTEMPTS)]
    assert job.state == "failed"
    assert jobs.due(engine, ["k"], at=START * 2) == []
    assert jobs.jobs(engine, state="failed") == [job]


def test_a_final_error_gives_up_at_once(engine: Engine, clock: Clock) -> None:
    """What cannot get better is not tried again."""
    (job,) = queue(engine, "k")
    assert jobs.fail(engine, claimed(engine, job), "never", final=True).state == "failed"


def test_a_postponed_job_has_lost_no_try(engine: Engine, clock: Clock) -> None:
    """A reason that is not the job's own counts as no attempt, and it is due at once."""
    (job,) = queue(engine, "k")
    back = jobs.postpone(engine, claimed(engine, job), "the budget is spent")
    assert (back.state, back.attempts, back.error) == ("waiting", 0, "the budget is spent")
    assert jobs.due(engine, ["k"]) == [back]


def test_retry_makes_what_failed_due_again(engine: Engine, clock: Clock) -> None:
    """Failed jobs and those that wait for another try begin anew; others stay as they are."""
    given_up, waits, fresh, runs = queue(engine, "a", "b", "c", "d")
    jobs.fail(engine, claimed(engine, given_up), "never", final=True)
    jobs.fail(engine, claimed(engine, waits), "not yet")
    running = claimed(engine, runs)
    (theirs,) = queue(engine, "a", tenant="v")
    jobs.fail(engine, claimed(engine, theirs), "never", final=True)
    assert jobs.retry(engine, "u") == 2
    assert kinds(jobs.due(engine, ["a", "b", "c", "d"], "u")) == ["a", "b", "c"]
    assert {job.attempts for job in jobs.due(engine, ["a", "b", "c"])} == {0}
    assert jobs.jobs(engine, "u", state="running") == [running]
    assert jobs.jobs(engine, "v")[0].state == "failed"
    assert fresh in jobs.jobs(engine, "u")


def _held_by(engine: Engine, job: Job, holder: str) -> None:
    with engine.write("u") as cursor:
        cursor.run("UPDATE jobs SET error = ? WHERE seq = ?", (f"in {holder}", job.seq))


@linux
def test_the_work_of_a_dead_process_is_due_at_once(engine: Engine, clock: Clock) -> None:
    """It need not wait for the lease; the error says that its process ended."""
    (job,) = queue(engine, "k")
    dead = ended_process()
    _held_by(engine, claimed(engine, job), dead)
    jobs.release(engine)
    (again,) = jobs.due(engine, ["k"])
    assert (again.state, again.attempts) == ("waiting", 1)
    assert again.error == f"It was in {dead}, which ended."


@linux
def test_a_job_that_kills_every_worker_is_given_up(engine: Engine, clock: Clock) -> None:
    """After ATTEMPTS deaths it is failed, so that it ends no further process."""
    (job,) = queue(engine, "k")
    dead = ended_process()
    for _ in range(ATTEMPTS):
        _held_by(engine, claimed(engine, job), dead)
        jobs.release(engine, "u")
        (job,) = jobs.jobs(engine)
    assert job.state == "failed"


def test_the_work_of_the_living_and_of_other_machines_is_left(engine: Engine, clock: Clock) -> None:
    """Nobody can know whether a process elsewhere lives, and ours does."""
    ours, elsewhere, foreign, other = (claimed(engine, job) for job in queue(engine, *"abcd"))
    _held_by(engine, elsewhere, f"not-{here()}")
    with engine.write("u") as cursor:
        cursor.run("UPDATE jobs SET error = 'somebody' WHERE seq = ?", (foreign.seq,))
        cursor.run("UPDATE jobs SET error = NULL WHERE seq = ?", (other.seq,))
    jobs.release(engine)
    assert [job.state for job in jobs.jobs(engine)] == ["running"] * 4
    assert ours in jobs.jobs(engine)


def test_a_number_is_no_proof_of_life(engine: Engine, clock: Clock) -> None:
    """Who holds a job under a number that is another process now, or none can have, is gone."""
    older, absurd = (claimed(engine, job) for job in queue(engine, "a", "b"))
    _held_by(engine, older, f"process {os.getpid()} on {platform.node()}")
    _held_by(engine, absurd, here().replace(str(os.getpid()), "9" * 18, 1))
    jobs.release(engine)
    assert jobs.due(engine, ["a"]) == []
    clock.wait(LEASE + 10)
    assert kinds(jobs.due(engine, ["a", "b"])) == ["a", "b"]


def test_a_clock_that_is_ahead_puts_no_job_off(engine: Engine, clock: Clock) -> None:
    """What was queued or claimed a year ahead is due once the clock is right again."""
    clock.wait(YEAR)
    waiting, held = queue(engine, "a", "b")
    claimed(engine, held)
    clock.wait(-YEAR)
    assert kinds(jobs.due(engine, ["a", "b"])) == ["a", "b"]
    mine = claimed(engine, waiting)
    with engine.write("u") as cursor:
        assert jobs.held(cursor, mine)
    assert mine.updated_at_us > waiting.updated_at_us


def test_a_job_as_plain_data(engine: Engine, clock: Clock) -> None:
    """Times are ISO text; the shared tenant is no user."""
    (job,) = queue(engine, "k", tenant="", payload={"n": 1})
    told = job.as_dict()
    assert told["user_id"] is None
    assert told["job"] == job.seq
    assert told["payload"] == {"n": 1}
    assert told["created_at"] == told["updated_at"] == told["due_at"] == iso(job.created_at_us)
    assert job.created_at == job.updated_at == job.due_at == to_datetime(job.created_at_us)


def test_a_job_is_sound_after_every_change(engine: Engine, clock: Clock) -> None:
    """Queued, claimed, given back, failed, tried again, left by a dead worker, told to forget."""
    job = jobs.claim(engine, queue(engine, "a", payload={"ids": ["ž"]})[0])
    assert job is not None
    assert damaged(engine) == []
    for change in (jobs.postpone, jobs.fail):
        job = jobs.claim(engine, change(engine, job, "It was in the way."))
        assert damaged(engine) == []
        assert job is not None
    jobs.fail(engine, job, "No.", final=True)
    assert damaged(engine) == []
    assert jobs.retry(engine, "u") == 1
    assert damaged(engine) == []
    jobs.claim(engine, jobs.jobs(engine)[0])
    with engine.write("u") as cursor:
        cursor.run("UPDATE jobs SET error = ?", (f"in {ended_process()}",))
        stamp(cursor, "jobs", [job.seq])
    jobs.release(engine)
    assert damaged(engine) == []
    with engine.write("u") as cursor:
        jobs.forget_errors(cursor, "u")
    assert damaged(engine) == []
    assert jobs.jobs(engine)[0].error is None
