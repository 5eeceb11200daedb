"""One task as a user has it: told, asked, shared, taken back, and erased without a trace."""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import threading
from pathlib import Path

import pytest

from combray import AsyncMemory, InputError, Memory, RejectedChange, StaleChange, UnknownName
from combray.core.errors import ModelError, Unsupported
from combray.testing import FakeModelServer
from tests.words import Words

SECRET = "sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz3"


@pytest.fixture
def place(location: str) -> str:
    """An empty place, on each store."""
    return location


def opened(place: str | Path = ":memory:", **options: object) -> Memory:
    """A memory there."""
    return Memory(place, embedder=Words(), **options)  # type: ignore[arg-type]


def test_what_a_user_does_works(place: str) -> None:
    """The example: slots, staleness, what is ready, a claim, going back, a prompt."""
    with opened(place) as memory:
        tasks = memory.user("u1").tasks("trip")
        hotel = tasks.add("book hotel", value="Hotel Roma", after=["destination"])
        assert hotel.value == "Hotel Roma"
        assert tasks.ready() == ["destination"]
        tasks.set("destination", "Rome")
        tasks.set("book hotel", "Hotel Roma")
        assert tasks.stale() == []
        tasks.set("destination", "Lisbon")
        assert tasks.stale() == ["book hotel"]
        assert tasks.ready() == ["book hotel"]
        assert tasks.claim("book hotel", by="agent-2").claim is not None
        tasks.rollback("destination", to=1)
        assert tasks.stale() == []
        assert tasks.prompt("book hotel", tokens=300) == (
            "Task trip, now: book hotel: Hotel Roma\n- destination: Rome"
        )
    with opened(place) as memory:
        assert memory.user("u1").task_names() == ["trip"]
        assert memory.user("u2").task_names() == []
        assert memory.user("u2").tasks("trip").slots() == []
        assert [v.value for v in memory.tasks("trip", user_id="u1").history("destination")] == [
            "Rome",
            "Lisbon",
        ]


def test_a_user_with_only_tasks_is_counted() -> None:
    """In users, stats, export and copies."""
    with opened() as memory:
        memory.user("u1").tasks("trip").set("city", "Rome")
        assert memory.users() == {"u1": 0}
        figures = memory.stats(user_id="u1")
        assert (figures["tasks"], figures["steps"], figures["items"]) == (1, 2, 0)
        assert figures["bytes"] > 0


def test_everything_of_a_task_moves(tmp_path: Path) -> None:
    """A copy and a backup have the same log."""
    with opened(tmp_path / "one.db") as memory:
        tasks = memory.user("u1").tasks("trip")
        tasks.set("city", "Rome")
        log = list(tasks.log())
        memory.copy_to(tmp_path / "two.db")
        memory.backup(tmp_path / "three.db")
    for name in ("two.db", "three.db"):
        with opened(tmp_path / name) as memory:
            assert list(memory.user("u1").tasks("trip").log()) == log


# ── erased ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_erased_is_gone(tmp_path: Path, whole: bool) -> None:
    """A task, or its user: no byte of it is left in the file or a backup, and all else stays."""
    path, word = tmp_path / "memory.db", "Quibberzonk"
    with opened(path) as memory:
        tasks = memory.user("u1").tasks("trip")
        tasks.set("city", word)
        tasks.set("city", f"{word} again")
        memory.user("u2").tasks("trip").set("city", "Rome")
        memory.export(tmp_path / "all.jsonl")
        memory.backup(tmp_path / "copy.db")
        receipt = memory.erase(user_id="u1") if whole else tasks.erase()
        assert receipt.counts["steps"] == 3
        assert receipt.left == ()
        assert word not in str(vars(tasks._journal._known))
        assert tasks.slots() == []
        memory.import_(tmp_path / "all.jsonl")
        assert tasks.slots() == []
        assert memory.user("u1").task_names() == []
        assert memory.user("u2").tasks("trip").get("city").value == "Rome"
        assert memory.verify().ok
    for file in (path, tmp_path / "copy.db"):
        assert word.encode() not in file.read_bytes()
    with opened(path) as memory:
        again = memory.user("u1").tasks("trip")
        again.set("city", "Oslo")
        assert again.get("city").value == "Oslo"


def test_an_erased_task_is_gone_from_a_server(place: str) -> None:
    """The rows of that task alone."""
    with opened(place) as memory:
        memory.user("u1").tasks("trip").set("city", "Rome")
        memory.user("u1").tasks("book").set("title", "Dune")
        receipt = memory.user("u1").tasks("trip").erase()
        assert receipt.counts["steps"] == 2
        assert memory.user("u1").task_names() == ["book"]
        assert memory.erase(user_id="u1").counts["steps"] == 2
        assert memory.users() == {}


# ── together ─────────────────────────────────────────────────────────────────────────────────────


def grab(place: str, name: str, taken: list[str]) -> None:
    """Claim everything that is ready until nothing is, and finish it."""
    with opened(place) as memory:
        tasks = memory.user("u1").tasks("work", by=name)
        while any(not slot.settled for slot in tasks.slots()):
            for title in tasks.ready():
                try:
                    tasks.claim(title)
                except RejectedChange:
                    continue
                taken.append(title)
                tasks.done(title, name)


def jobs(place: str, count: int) -> None:
    """Parts of a task, some after others."""
    with opened(place) as memory:
        tasks = memory.user("u1").tasks("work")
        for number in range(count):
            tasks.add(f"part {number}", after=[f"part {number - 3}"] if number > 2 else [])


def test_two_agents_never_hold_one_task(place: str) -> None:
    """Threads with memories of their own take each part once, and all are done."""
    jobs(place, 12)
    taken: list[list[str]] = [[], []]
    threads = [
        threading.Thread(target=grab, args=(place, f"agent {n}", taken[n])) for n in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    both = taken[0] + taken[1]
    assert sorted(both) == sorted(f"part {n}" for n in range(12))


def grab_elsewhere(place: str, name: str, out: str) -> None:
    """The same in a process of its own, which writes down what it took."""
    taken: list[str] = []
    grab(place, name, taken)
    Path(out).write_text(json.dumps(taken))


def test_two_processes_never_hold_one_task(tmp_path: Path) -> None:
    """So do processes."""
    place = str(tmp_path / "memory.db")
    jobs(place, 10)
    spawn = multiprocessing.get_context("spawn")
    outs = [str(tmp_path / f"{n}.json") for n in range(2)]
    workers = [
        spawn.Process(target=grab_elsewhere, args=(place, f"agent {n}", outs[n])) for n in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    both = [title for out in outs for title in json.loads(Path(out).read_text())]
    assert sorted(both) == sorted(f"part {n}" for n in range(10))


def test_a_handle_narrowed_to_an_agent_acts_as_that_agent() -> None:
    """A claim is the agent's, and so is each step."""
    with opened() as memory:
        tasks = memory.user("u1", agent_id="agent-2").tasks("trip")
        tasks.set("city", "Rome")
        assert {step.actor for step in tasks.log()} == {"agent-2"}


def test_an_undo_leaves_what_others_hold() -> None:
    """Taking back somebody else's claim would let two hold one slot."""
    with opened() as memory:
        tasks = memory.user("u1").tasks("trip")
        tasks.add("city")
        tasks.claim("city", by="ann")
        with pytest.raises(StaleChange, match="held by 'ann'"):
            tasks.undo(by="bob")
        tasks.undo(by="ann")
        assert tasks.claim("city", by="bob").claim is not None


# ── told in words ────────────────────────────────────────────────────────────────────────────────


def test_a_task_is_told_in_words() -> None:
    """By rule: new, update, going back, and a check that changes nothing."""
    with opened() as memory:
        tasks = memory.user("u1").tasks("party")
        assert tasks.tell("venue: the town hall").intent == "new"
        assert tasks.tell("Actually, make the venue the old barn.").intent == "update"
        assert tasks.get("venue").value == "the old barn"
        told = tasks.tell("What was the venue?")
        assert (told.intent, told.title) == ("check", "venue")
        assert told.text.endswith("venue: the old barn (before: the town hall)")
        assert tasks.tell("Please go back to the town hall.").intent == "rollback"
        assert tasks.get("venue").current == 1
        assert len(tasks.get("venue").versions) == 2


def test_a_model_reads_what_is_told_when_there_is_one() -> None:
    """Its answer is checked: what it makes up changes nothing."""
    answers = [
        {"intent": "new", "slot": "hotel", "value": "Roma", "after": ["city"]},
        {"intent": "rollback", "slot": "hotel", "value": "Ritz", "after": []},
        {"intent": "juggle", "slot": None, "value": None, "after": []},
        {"intent": "juggle", "slot": None, "value": None, "after": []},
    ]
    with FakeModelServer([json.dumps(each) for each in answers]) as server:
        with opened(llm=server.chat()) as memory:
            tasks = memory.user("u1").tasks("trip")
            assert tasks.tell("Book the Roma.").intent == "new"
            assert tasks.get("hotel").after == (tasks.get("city").id,)
            with pytest.raises(RejectedChange, match="no such earlier value"):
                tasks.tell("Back to the Ritz.")
            with pytest.raises(ModelError):
                tasks.tell("?")
            assert tasks.get("hotel").value == "Roma"
            assert {call.step for call in memory.ledger()} == {"intent"}


# ── bad input ────────────────────────────────────────────────────────────────────────────────────


def test_bad_input_says_what_and_changes_nothing() -> None:
    """A circle, an unknown slot or system, a tiny budget, a stale claim."""
    with opened() as memory:
        tasks = memory.user("u1").tasks("trip")
        tasks.add("hotel", "Roma", after=["destination"])
        tasks.add("flight", after=["destination"])
        before = tasks.log()
        with pytest.raises(RejectedChange, match="destination → hotel → destination"):
            tasks.depend("destination", ["hotel"])
        with pytest.raises(UnknownName, match="'destination'"):
            tasks.prompt("destinaton")
        with pytest.raises(InputError, match="2 tokens do not hold 'hotel' alone"):
            tasks.prompt("hotel", tokens=2)
        with pytest.raises(InputError, match="tokens"):
            tasks.prompt("hotel", tokens=0)
        with pytest.raises(RejectedChange, match="waits for destination"):
            tasks.claim("flight")
        with pytest.raises(RejectedChange, match="Nothing is left to do"):
            tasks.claim("hotel")
        with pytest.raises(InputError, match="nothing in that sentence"):
            tasks.tell("  ")
        with pytest.raises(RejectedChange, match="no such earlier value"):
            tasks.tell("hotel: go back to the first one")
        with pytest.raises(InputError, match="list of titles"):
            tasks.add("car", after="destination")
        with pytest.raises(UnknownName, match="tme_spatial"):
            memory.user("u1").tasks("trip", system="tme_spacial")
        with pytest.raises(InputError, match="requires"):
            memory.user("u1").tasks("trip", requires=["hotel"])  # type: ignore[arg-type]
        assert tasks.log() == before


def test_a_tree_has_no_other_links() -> None:
    """It says so before anything is written."""
    with opened() as memory:
        tasks = memory.user("u1").tasks("book", system="tme")
        with pytest.raises(Unsupported, match="tme_spatial"):
            tasks.add("chapter", after=["outline"])
        assert tasks.log() == ()


def test_a_policy_holds_for_tasks(caplog: pytest.LogCaptureFixture) -> None:
    """A secret is stored nowhere, or refused; identifiers are shown masked by every verb."""
    with opened(policy={"secrets": "mask", "pii": "mask"}) as memory:
        tasks = memory.user("u1").tasks("keys")
        assert SECRET not in str(tasks.set("key", SECRET).value)
        assert SECRET not in str(memory._store.engine.read("SELECT value FROM steps"))
        tasks.set(f"of {SECRET}", 1)
        tasks.set(f"of {SECRET}", 2)
        assert [slot.value for slot in tasks.slots()][1:] == [2]
        mail = "ann@example.com"
        shown = tasks.set("mail", {"to": [mail]})
        tasks.done("mail", {"to": [mail]})
        assert mail in str(memory._store.engine.read("SELECT value FROM steps"))
        seen = [shown, tasks.get("mail"), tasks.slots(), tasks.history("mail"), tasks.log()]
        assert not any(mail in repr(each) for each in (*seen, tasks.prompt("mail"), tasks.state()))
    with opened(policy={"secrets": "refuse"}) as memory:
        tasks = memory.user("u1").tasks("keys")
        with caplog.at_level(logging.INFO), pytest.raises(InputError, match="refuses"):
            tasks.set("key", SECRET)
        assert tasks.log() == ()


def test_tasks_are_awaited(tmp_path: Path) -> None:
    """The task is opened at once, and each of its verbs is awaited."""

    async def story() -> None:
        async with AsyncMemory(tmp_path / "memory.db", embedder=Words()) as memory:
            tasks = memory.user("u1").tasks("trip")
            await tasks.set("city", "Rome")
            assert (await memory.tasks("trip", user_id="u1").get("city")).value == "Rome"
            assert await memory.user("u1").task_names() == ["trip"]
            assert tasks.name == "trip"
            assert repr(tasks) == "AsyncTaskMemory('trip')"

    asyncio.run(story())
