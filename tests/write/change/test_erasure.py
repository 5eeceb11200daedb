"""Erasing: nothing of the erased is kept by the process either, and what is left is settled."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from combray import Memory
from combray.core.changes import ChangeSet, NewJob
from combray.core.errors import InputError, NotFound, StoreError
from combray.core.items import Item, Link, Scope
from combray.core.ports import Call
from combray.core.time import now
from combray.store.connect import connect
from combray.store.files import backup
from combray.store.process import here
from combray.store.store import Store
from combray.store.tables import jobs, ledger, steps
from combray.store.tables.checksums import with_checksum
from combray.write.change import erasure
from combray.write.change.erasure import Selection, erase, resume, select
from combray.write.task.slot_memory import SlotMemory
from tests.store.processes import ended_process
from tests.words import Words
from tests.write.stored import USER, add, fact, raw, store_of

SECRET = "Xanthippe"


HELD = """
import gc, sys
from combray import Memory

def name():
    return "eppihtnaX ellavatniuQ"[::-1]

def holders():
    gc.collect()
    found = []
    for thing in gc.get_objects():
        for part in gc.get_referents(thing):
            if isinstance(part, str):
                if "eppihtnax" in part[::-1].lower() or "ellavatniuq" in part[::-1].lower():
                    found.append(type(thing).__name__)
    return found

def use(memory):
    memory.search("wife", user_id="u")
    memory.context(f"Where does {name()} live?", user_id="u", tokens=90)
    memory.profile(user_id="u")

path, system = sys.argv[1:]
with Memory(path, embedder="hashed", system=system) as memory:
    with Memory(path, embedder="hashed") as beside:
        memory.add(f'My wife is {name()}. "{name()}" sings.', user_id="u")
        memory.add(f"{name()} moved.", user_id="u", metadata={"title": name()})
        use(memory), use(beside)
        assert holders()
        memory.erase(user_id="u")
        memory.search("wife", user_id="u")
        sys.exit(" ".join(["held by:", *holders()]))
"""


@pytest.mark.parametrize("system", ["evidence", "hipporag", "zep", "memorag"])
def test_the_process_forgets_too(tmp_path: Path, system: str) -> None:
    """After an erasure nothing that is alive in the process holds the words, in any spelling."""
    code = [sys.executable, "-c", HELD, str(tmp_path / "memory.db"), system]
    done = subprocess.run(code, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr.strip() == "held by:"


def test_what_stood_between_goes_and_the_timeline_closes(tmp_path: Path) -> None:
    """Without the middle one of three homes the first lasts until the third begins."""
    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        said = [
            memory.add(text, user_id="u", timestamp=when)[0]
            for when, text in (
                ("2024-01-01", "I live in Rome."),
                ("2024-03-01", "I moved to Paris."),
                ("2024-06-01", "I moved to Berlin."),
            )
        ]
        memory.erase(said[1].id)
        facts = {f.text: f.as_dict() for f in memory.list(user_id="u", kinds=["fact"])}
        assert facts["u lives in Rome"]["valid_to"] == "2024-06-01T00:00:00Z"
        assert set(facts) == {"u lives in Rome", "u lives in Berlin"}
        assert memory.verify().problems == ()


def test_a_backup_that_is_away_is_named(tmp_path: Path) -> None:
    """A backup that was moved is left, and the receipt says so; the file itself is clean."""
    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        gone = memory.add(SECRET, user_id="u")[0]
        copy = memory.backup(tmp_path / "copy.db")
        copy.rename(tmp_path / "moved.db")
        receipt = memory.erase(gone.id)
        assert receipt.backups == ()
        assert str(copy) in receipt.left[0]
        assert not any(SECRET.encode() in p.read_bytes() for p in tmp_path.glob("memory.db*"))


def test_a_reader_that_holds_the_log_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process reads, the log cannot be emptied; the next opening does it."""
    monkeypatch.setattr("combray.store.engines.sqlite.BUSY_SECONDS", 0.2)
    path = tmp_path / "memory.db"
    with Memory(path, embedder=Words()) as memory:
        gone = memory.add(SECRET, user_id="u")[0]
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM items").fetchone()
            receipt = memory.erase(gone.id)
            assert receipt.left
            assert memory.list(user_id="u") == []
    with Memory(path, embedder=Words()):
        assert not any(SECRET.encode() in p.read_bytes() for p in tmp_path.glob("memory.db*"))


# ── what is selected ─────────────────────────────────────────────────────────────────────────────


def shared(text: str, **scope: str) -> Item:
    """An item of user "u" in some session."""
    return replace(raw(text), scope=Scope(USER, **scope))


def test_an_erasure_names_what_it_is_about() -> None:
    """Ids, or a scope, or filters: neither nothing nor both."""
    store = store_of(raw("x"))
    for ids, scope in ((None, Scope()), ([], Scope(USER)), (["x"], Scope(USER, None, "s"))):
        with pytest.raises(InputError):
            select(store, ids, scope, None)
    with pytest.raises(InputError, match="not both or neither"):
        select(store, ["x"], Scope(USER), lambda item: True)


def test_ids_are_looked_up_inside_the_wall() -> None:
    """Another user's id is unknown, ids of two users are refused, one id may stand alone."""
    mine, theirs = raw("mine"), raw("theirs", user="v")
    store = store_of(mine)
    add(store, theirs)
    assert select(store, mine.id, Scope(), None).ids == (mine.id,)
    assert select(store, [theirs.id], Scope(), None).tenant == "v"
    with pytest.raises(NotFound):
        select(store, theirs.id, Scope(USER), None)
    with pytest.raises(NotFound, match="several users"):
        select(store, [mine.id, theirs.id], Scope(), None)


def test_a_selection_picks_by_session_and_by_filter() -> None:
    """Both must agree; without either every item of the tenant is meant."""
    here, there = shared("here", session_id="s"), shared("there", session_id="t")
    whole = Selection(tenant=USER, scope=Scope(USER))
    session = Selection(tenant=USER, scope=Scope(USER, None, "s"))
    both = replace(session, matches=lambda item: "e" not in item.text)
    assert whole.everything
    assert not session.everything
    assert not replace(whole, matches=lambda item: True).everything
    assert not replace(whole, ids=(here.id,)).everything
    assert [whole.picks(item) for item in (here, there)] == [True, True]
    assert [session.picks(item) for item in (here, there)] == [True, False]
    assert [both.picks(item) for item in (here, there)] == [False, False]


# ── what is erased ───────────────────────────────────────────────────────────────────────────────


def test_what_rests_on_the_erased_goes_and_caches_are_told() -> None:
    """Items, what was derived from them, and its links; the rest stays."""
    said, other = raw("I live in Rome.", at=10), raw("other", at=10)
    rome = fact("Rome", [said])
    link = Link(src=rome.id, dst=other.id, kind="about")
    store = store_of(said, other, rome, links=[link])
    heard: list[str] = []
    selection = select(store, said.id, Scope(), None)
    receipt = erase(store, selection, lambda items: heard.extend(item.id for item in items))
    assert (receipt.items, receipt.derived) == (1, 1)
    assert set(heard) == {said.id, rome.id}
    assert [item.id for item in store.items(USER)] == [other.id]
    assert store.links(USER) == []
    assert receipt.seconds > 0


def test_a_whole_tenant_goes_with_its_jobs_and_its_ledger() -> None:
    """Another tenant's stay."""
    store = store_of(raw("mine"))
    add(store, raw("theirs", user="v"))
    for tenant in (USER, "v"):
        store.apply(ChangeSet(tenant=tenant, actor="s", jobs=[NewJob(kind="s", payload={})]))
        cost = {"tokens_in": 1, "tokens_out": 1, "ms": 1.0}
        asked = Call(at_us=now(), tenant=tenant, system="s", step="x", model="m", **cost)
        ledger.record(store.engine, asked)
    erase(store, select(store, None, Scope(USER), None), lambda items: None)
    assert (store.items(USER), len(store.items("v"))) == ([], 1)
    assert [each.tenant for each in ledger.calls(store.engine)] == ["v"]
    assert [job.tenant for job in jobs.jobs(store.engine)] == ["v"]


def test_a_session_is_erased_without_the_others() -> None:
    """What the selection does not pick stays."""
    here, there = shared("here", session_id="s"), shared("there", session_id="t")
    store = store_of(here, there)
    erase(store, select(store, None, Scope(USER, None, "s"), None), lambda items: None)
    assert [item.text for item in store.items(USER)] == ["there"]


def test_the_jobs_of_what_stays_are_kept() -> None:
    """Erasing one item is not erasing the tenant's work."""
    said, other = raw("x"), raw("y")
    store = store_of(said, other)
    payload = {"ids": [other.id]}
    store.apply(ChangeSet(tenant=USER, actor="s", jobs=[NewJob(kind="s", payload=payload)]))
    erase(store, select(store, said.id, Scope(), None), lambda items: None)
    assert payload in [dict(job.payload) for job in jobs.jobs(store.engine)]


# ── what was not finished ────────────────────────────────────────────────────────────────────────


def notes(store: Store) -> int:
    """How many erasures are noted as not finished."""
    return len(store.engine.read("SELECT 1 FROM meta WHERE name LIKE 'unfinished erasure %'"))


def note(store: Store, **fields: object) -> None:
    """Leave a note as a process does that was killed while it erased."""
    told = {"tenant": USER, "ids": None, "by": ended_process(), "at": now()}
    with store.engine.write() as cursor:
        cursor.run(
            "INSERT INTO meta (name, value) VALUES (?, ?)",
            ("unfinished erasure x", json.dumps({**told, **fields})),
        )


def test_a_finished_erasure_leaves_no_note() -> None:
    """The note is written with the rows that go, and taken away when the bytes are gone."""
    said = raw("x")
    store = store_of(said)
    seen: list[int] = []
    compact = store.engine.compact
    store.engine.compact = lambda: seen.append(notes(store)) or compact()  # type: ignore[method-assign]
    erase(store, select(store, said.id, Scope(), None), lambda items: None)
    assert (seen, notes(store)) == ([1], 0)


@pytest.mark.parametrize(
    ("fields", "ends"),
    [
        ({}, True),
        ({"process": 1, "waits": True}, True),
        ({"ids": ["a"]}, True),
        ({"by": here()}, True),
        ({"by": f"{here()}, elsewhere"}, False),
        ({"by": f"{here()}, elsewhere", "at": 0}, True),
        ({"by": f"{here()}, elsewhere", "at": 2 * now()}, True),
        ({"by": None, "process": 1, "host": "an older version's"}, False),
    ],
)
def test_an_erasure_whose_process_died_is_ended(fields: dict[str, object], ends: bool) -> None:
    """Not one that may still run: here while its process lives, elsewhere for ten minutes."""
    store = store_of(raw("x"))
    note(store, **fields)
    resume(store)
    assert notes(store) == (0 if ends else 1)


def test_the_erasure_of_a_task_is_ended_in_the_backups(tmp_path: Path) -> None:
    """By the note of who died, which names the task; another task stays."""
    path = tmp_path / "memory.db"
    store = connect(path)
    for name in ("trip", "book"):
        SlotMemory(store, USER, name).set("city", f"{name} Quibberzonk")
    copy = tmp_path / "copy.db"
    backup.backup(store, copy)
    with store.engine.write() as cursor:
        steps.remove(cursor, USER, "trip")
    note(store, ids=[], log="trip")
    resume(store)
    assert notes(store) == 0
    store.close()
    for file in (path, copy):
        words = file.read_bytes()
        assert b"trip Quibberzonk" not in words
        assert b"book Quibberzonk" in words


def test_a_task_is_erased_in_a_backup_that_comes_back(tmp_path: Path) -> None:
    """By what its log left; one of another user that begins alike stays."""
    path, copy, away = tmp_path / "memory.db", tmp_path / "copy.db", tmp_path / "away.db"
    store = connect(path)
    SlotMemory(store, USER, "trip").set("city", "mine Quibberzonk")
    fields = ", ".join(("log", "number", "first", "op", "actor", "at", "value"))
    with store.engine.write() as cursor:
        rows = cursor.run(f"SELECT {fields} FROM steps WHERE tenant = ? ORDER BY number", (USER,))
        cursor.run_many(steps.PUT_STEP, (with_checksum(("other", *row)) for row in rows))
    backup.backup(store, copy)
    copy.rename(away)
    receipt = erase(store, Selection(tenant=USER, ids=(), log="trip"), lambda _: None)
    assert receipt.left
    away.rename(copy)
    resume(store)
    store.close()
    for file in (path, copy):
        kept = connect(file)
        assert kept.engine.read("SELECT DISTINCT tenant FROM steps") == [("other",)], file
        kept.close()


def test_a_user_is_erased_from_a_backup_too(tmp_path: Path) -> None:
    """With what the store does not have any more; a file that is no database is named."""
    store = connect(tmp_path / "memory.db")
    said, gone = raw("mine"), raw("gone before")
    add(store, said, gone)
    backup.backup(store, tmp_path / "copy.db")
    receipt = erase(store, select(store, gone.id, Scope(), None), lambda items: None)
    assert receipt.backups == (str(tmp_path / "copy.db"),)
    assert receipt.left == ()
    with closing(sqlite3.connect(tmp_path / "copy.db")) as db:
        assert db.execute("SELECT text FROM items").fetchall() == [("mine",)]
    (tmp_path / "copy.db").write_bytes(b"no database" * 100)
    receipt = erase(store, select(store, None, Scope(USER), None), lambda items: None)
    assert receipt.backups == ()
    assert len(receipt.left) == 1
    assert "copy.db" in receipt.left[0]
    store.close()


@pytest.mark.parametrize("linked", [True, False])
def test_another_memory_at_the_path_of_a_backup_keeps_its_words(
    tmp_path: Path, linked: bool
) -> None:
    """Be it there itself or by a link: the same user of another memory is another's user."""
    other = tmp_path / ("other.db" if linked else "copy.db")
    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        memory.add(SECRET, user_id="u")
        copy = memory.backup(tmp_path / "copy.db")
        copy.unlink()
        with Memory(other, embedder=Words()) as another:
            another.add("told to another only", user_id="u")
        if linked:
            copy.symlink_to(other)
        receipt = memory.erase(user_id="u")
        assert receipt.backups == ()
        assert "not a backup of this memory any more" in receipt.left[0]
    with Memory(other, embedder=Words()) as another:
        assert [one.text for one in another.list(user_id="u")] == ["told to another only"]


def holders(folder: Path) -> set[str]:
    """The files in which the secret stands."""
    return {one.name for one in folder.iterdir() if SECRET.encode() in one.read_bytes()}


def test_a_backup_of_a_backup_is_reached(tmp_path: Path) -> None:
    """Over any number of them, each once, and from now on it is looked for from here."""
    path = tmp_path / "memory.db"
    with Memory(path, embedder=Words()) as memory:
        memory.add(SECRET, user_id="u")
        memory.add("something", user_id="v")
        made = memory.backup(tmp_path / "copy1.db")
        for number in (2, 3):
            with Memory(made, embedder=Words()) as copy:
                made = copy.backup(tmp_path / f"copy{number}.db")
        receipt = memory.erase(user_id="u")
        assert receipt.backups == tuple(str(tmp_path / f"copy{n}.db") for n in (1, 2, 3))
        assert receipt.left == ()
        assert holders(tmp_path) == set()
        (tmp_path / "copy1.db").unlink()
        made.unlink()
        receipt = memory.erase(user_id="v")
        assert receipt.backups == (str(tmp_path / "copy2.db"),)
        assert len(receipt.left) == 2


def test_backups_that_name_each_other_end(tmp_path: Path) -> None:
    """A backup knows of itself and may know of its own: nothing is looked at twice."""
    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        memory.add(SECRET, user_id="u")
        one, two = (memory.backup(tmp_path / f"copy{n}.db") for n in (1, 2))
    store = connect(one)
    backup.settle(store, [str(two), str(tmp_path / "memory.db")], {}, {})
    receipt = erase(store, select(store, None, Scope(USER), None), lambda items: None)
    assert receipt.backups == (str(tmp_path / "copy2.db"), str(tmp_path / "memory.db"))
    assert receipt.left == ()
    store.close()


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("anew", [True, False])
def test_a_backup_that_was_away_is_cleaned_when_it_is_back(
    tmp_path: Path, whole: bool, anew: bool
) -> None:
    """By the next opening or the next erasure of anything; it is named for as long as it waits."""
    path, away = tmp_path / "memory.db", tmp_path / "away.db"
    with Memory(path, embedder=Words()) as memory:
        gone = memory.add(SECRET, user_id="u")[0]
        others = memory.add(["one", "two", "three"], user_id="v")
        copy = memory.backup(tmp_path / "copy.db")
        copy.rename(away)
        memory.erase(user_id="u") if whole else memory.erase(gone.id)
        waiting = memory.erase(others[0].id)
        assert (waiting.backups, len(waiting.left)) == ((), 1)
        away.rename(copy)
        if not anew:
            receipt = memory.erase(others[1].id)
            assert (receipt.backups, receipt.left) == ((str(copy),), ())
            assert holders(tmp_path) == set()
    with Memory(path, embedder=Words()) as memory:
        assert holders(tmp_path) == set()
        assert backup.owed(memory._store) == {}
        with Memory(copy, embedder=Words()) as kept:
            texts = {one.text for one in kept.list(user_id="v")}
            assert texts == ({"two", "three"} if anew else {"three"})


def test_what_a_backup_alone_holds_of_a_user_goes_when_it_is_back(tmp_path: Path) -> None:
    """And what was made of it meanwhile, though it was never seen here."""
    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        memory.add("one", user_id="u")
        copy = memory.backup(tmp_path / "copy.db")
        away = copy.rename(tmp_path / "away.db")
        with Memory(away, embedder=Words()) as other:
            other.add(SECRET, user_id="u")
            other.backup(tmp_path / "second.db")
        memory.erase(user_id="u")
        away.rename(copy)
    assert holders(tmp_path) == {"copy.db", "second.db"}
    with Memory(tmp_path / "memory.db", embedder=Words()):
        assert holders(tmp_path) == set()


def test_a_backup_that_is_read_is_rewritten_later(tmp_path: Path) -> None:
    """Its rows go at once, its bytes when the reader has ended."""
    store = connect(tmp_path / "memory.db")
    add(store, raw(SECRET), other := raw("other"))
    copy = backup.backup(store, tmp_path / "copy.db")
    with closing(sqlite3.connect(copy)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM items").fetchone()
        picked = select(store, None, Scope(USER), lambda item: item.text == SECRET)
        receipt = erase(store, picked, lambda items: None)
        assert "reader" in receipt.left[0]
    assert backup.owed(store) == {str(copy): []}
    resume(store)
    assert backup.owed(store) == {}
    assert holders(tmp_path) == set()
    assert [one.id for one in store.items(USER)] == [other.id]
    store.close()


def test_a_new_backup_owes_nothing(tmp_path: Path) -> None:
    """What was told after an erasure stays in it, whatever lay at its path before."""
    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        memory.add("before", user_id="u")
        memory.add("other", user_id="v")
        memory.backup(tmp_path / "copy.db").unlink()
        memory.erase(user_id="u")
        memory.add("after", user_id="u")
        copy = memory.backup(tmp_path / "copy.db")
        memory.erase(user_id="v")
    with Memory(copy, embedder=Words()) as kept:
        assert [one.text for one in kept.list(user_id="u")] == ["after"]


def test_what_only_a_file_says_was_erased_stays_in_a_backup(tmp_path: Path) -> None:
    """Else whoever makes an export could take words out of backups."""
    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        said = memory.add("kept", user_id="u")[0]
        memory.add("other", user_id="v")
        copy = memory.backup(tmp_path / "copy.db")
        with memory._store.engine.write() as cursor:
            cursor.run(
                "UPDATE events SET change_id = 'imported x', op = 'erase' WHERE tenant = 'u'"
            )
        memory.erase(user_id="v")
    with Memory(copy, embedder=Words()) as kept:
        assert [one.id for one in kept.list(user_id="u")] == [said.id]


def test_an_erasure_that_cannot_note_what_is_owed_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is done all the same."""

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    with Memory(tmp_path / "memory.db", embedder=Words()) as memory:
        memory.add(SECRET, user_id="u")
        memory.backup(tmp_path / "copy.db").unlink()
        monkeypatch.setattr(backup, "settle", full)
        assert memory.erase(user_id="u").left[-1] == "the disk is full"
        assert memory.list(user_id="u") == []


# ── in steps ─────────────────────────────────────────────────────────────────────────────────────


def homes(count: int) -> Store:
    """A store in which a user lived at so many places, and another said something."""
    said = [raw(f"I live in Town{n}.", at=10 + n) for n in range(count)]
    facts = [fact(f"Town{n}", [item]) for n, item in enumerate(said)]
    both = fact("both", [said[0], said[-1]], functional=False)
    return store_of(*said, *facts, both)


def test_many_are_erased_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others write between them, and the receipt is that of a single step."""
    whole = homes(10)
    said = [item.id for item in whole.items(USER) if item.is_raw]
    once = erase(whole, select(whole, said[:7], Scope(), None), lambda items: None)
    store = homes(10)
    said = [item.id for item in store.items(USER) if item.is_raw]
    pauses: list[int] = []

    def pause(_: float) -> None:
        pauses.append(len(store.items(USER)))
        add(store, raw(f"between {len(pauses)}"))

    monkeypatch.setattr(erasure, "STEP", 4)
    monkeypatch.setattr(erasure.time, "sleep", pause)
    receipt = erase(store, select(store, said[:7], Scope(), None), lambda items: None)
    assert len(pauses) == 4
    names = ("items", "derived", "dropped", "rebuild")
    assert [getattr(receipt, n) for n in names] == [getattr(once, n) for n in names]
    assert {i.text for i in store.items(USER)} == {i.text for i in whole.items(USER)} | {
        f"between {n + 1}" for n in range(4)
    }
    assert len({event.change_id for event in store.events(USER) if event.op == "erase"}) == 1
    assert notes(store) == 0


def test_a_whole_user_is_erased_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said meanwhile is said after the erasure, and stays."""
    store = homes(10)
    monkeypatch.setattr(erasure, "STEP", 4)
    monkeypatch.setattr(erasure.time, "sleep", lambda _: add(store, raw("after")))
    receipt = erase(store, select(store, None, Scope(USER), None), lambda items: None)
    assert (receipt.items, receipt.derived, receipt.dropped) == (21, 0, 0)
    assert {item.text for item in store.items(USER)} == {"after"}


def test_steps_that_were_killed_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next opening erases the rest of what was to go, and reads again what it must."""
    store = homes(10)
    said = [item.id for item in store.items(USER) if item.is_raw]

    def killed(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(erasure, "STEP", 4)
    monkeypatch.setattr(erasure.time, "sleep", killed)
    with pytest.raises(KeyboardInterrupt):
        erase(store, select(store, said[:7], Scope(), None), lambda items: None)
    assert notes(store) == 1
    assert set(said) <= {item.id for item in store.items(USER)}
    monkeypatch.setattr(erasure.time, "sleep", lambda _: None)
    resume(store)
    left = store.items(USER)
    assert {item.id for item in left if item.is_raw} == set(said[7:])
    assert len(left) == 6
    assert [job.payload for job in jobs.jobs(store.engine)] == [{"sources": [said[-1]]}]
    assert notes(store) == 0


def test_what_a_reader_kept_back_goes_with_the_next_erasure(tmp_path: Path) -> None:
    """The note of an erasure that waits is removed by whoever rewrites the file."""
    store = connect(tmp_path / "memory.db")
    add(store, one := raw("Xanthippe"), two := raw("two"))
    with closing(sqlite3.connect(tmp_path / "memory.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM items").fetchone()
        receipt = erase(store, select(store, one.id, Scope(), None), lambda items: None)
        assert "reader" in receipt.left[0]
    assert notes(store) == 1
    receipt = erase(store, select(store, two.id, Scope(), None), lambda items: None)
    assert (receipt.left, notes(store)) == ((), 0)
    store.close()
