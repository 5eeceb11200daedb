"""The promises of docs/promises.md, (a) to (j), each held on both stores."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from combray import Memory
from combray.core.errors import EmbedderMismatch, InputError, ModelError, RejectedChange
from combray.core.ports import ChatRequest
from combray.memory import reindex
from combray.store.connect import connect
from combray.store.tables.schema import MIGRATIONS, migrate, table_names
from tests.crash import killed, say
from tests.words import Words


@contextmanager
def opened(location: str, **options: Any) -> Iterator[Memory]:
    """A memory with the tiny embedder."""
    with Memory(location, **{"embedder": Words(), **options}) as memory:
        yield memory


def texts(memory: Memory, user: str = "u", **more: Any) -> list[tuple[str, int]]:
    """What is remembered, with counts, oldest first."""
    return [(i.text, i.count) for i in reversed(memory.list(user_id=user, **more))]


def facts(memory: Memory, user: str = "u") -> set[tuple[str, Any, Any]]:
    """The facts with their intervals."""
    return {(f.text, *f.valid) for f in memory.list(user_id=user, kinds=["fact"])}


# ── (a) what is recalled does not come back as new ───────────────────────────────────────────────


def test_a_recalled_text_fed_back_creates_nothing(location: str) -> None:
    """Fifty rounds of search and context added back as plain text: the same items, counted."""
    with opened(location) as memory:
        memory.add("We use Postgres for billing.", user_id="u")
        memory.add("Billing runs at night.", user_id="u")
        first = memory.add("I live in Rome.", user_id="u", timestamp="2024-03-01")[0]
        for _ in range(50):
            for hit in memory.search("billing Rome", user_id="u", limit=3):
                same = memory.add(hit.text, user_id="u")
                assert same[0].id == hit.id
            memory.add(memory.context("billing", user_id="u", tokens=200).text, user_id="u")
        assert [text for text, _ in texts(memory)] == [
            "We use Postgres for billing.",
            "Billing runs at night.",
            "I live in Rome.",
            "u lives in Rome",
        ]
        assert memory.get(first.id).count == 101
        assert memory.history(first.id)[-1].op == "repeat"


def test_a_turns_are_evidence_and_do_not_crowd(location: str) -> None:
    """A turn said ten times is kept ten times with what it states, and takes one place."""
    with opened(location) as memory:
        turn = {"role": "user", "name": "Ann", "content": "My favourite colour is blue!"}
        memory.add([turn], user_id="u", timestamp="2024-01-01")
        for day in range(2, 11):
            memory.search("favourite colour", user_id="u")
            memory.add([turn], user_id="u", timestamp=f"2024-01-{day:02}")
        for number in range(4):
            memory.add([{**turn, "content": f"Colour of wall {number}"}], user_id="u")
        assert len(memory.list(user_id="u", kinds=["turn"])) == 14
        assert len(memory.list(user_id="u", kinds=["fact"])) == 10
        hits = memory.search("What is my favourite colour?", user_id="u", limit=5)
        assert len({hit.text for hit in hits}) == len(hits) == 5
        best = next(hit for hit in hits if "blue" in hit.text)
        assert len(best.evidence) == len(best.timestamps) == 10


def test_a_duplicates_are_one_record_with_a_count(location: str) -> None:
    """The same words again are counted; words that differ a little are kept and linked."""
    with opened(location) as memory:
        one = memory.add("The heron is grey.", user_id="u")[0]
        again = memory.add("The heron is grey.", user_id="u")[0]
        near = memory.add("the heron is GREY", user_id="u")[0]
        asked = memory.add("The heron is grey?", user_id="u")[0]
        other = memory.add("The heron is grey.", user_id="v")[0]
        assert (again.id, again.count) == (one.id, 2)
        assert len({one.id, near.id, asked.id, other.id}) == 4
        assert memory.get(near.id).count == 1
        memory.undo(memory.history(one.id)[1].change_id)
        assert memory.get(one.id).count == 1


# ── (b) two times ────────────────────────────────────────────────────────────────────────────────


def test_b_what_was_superseded_is_past_and_auditable(location: str) -> None:
    """Paris now, Rome as of April, both with their history; undoing brings Rome back."""
    with opened(location) as memory:
        memory.add("I live in Rome.", user_id="u", timestamp="2024-03-01")
        between = time.time()
        moved = memory.add("I moved to Paris.", user_id="u", timestamp="2024-06-01")[0]

        def asked(**when: Any) -> tuple[str, bool]:
            hit = memory.search("Where do I live?", user_id="u", **when)[0]
            return hit.text, hit.superseded

        assert asked() == ("I moved to Paris.", False)
        assert asked(as_of="2024-04-01") == ("I live in Rome.", False)
        assert asked(known_at=between) == ("I live in Rome.", False)
        past = [h for h in memory.search("Where do I live?", user_id="u") if h.superseded]
        assert [hit.text for hit in past] == ["I live in Rome."]
        rome = next(f for f in memory.list(user_id="u", kinds=["fact"]) if "Rome" in f.text)
        assert [e.op for e in memory.history(rome.id)] == ["add", "supersede"]
        memory.undo(memory.history(moved.id)[0].change_id)
        assert asked() == ("I live in Rome.", False)
        assert memory.verify().ok


def test_b_a_late_correction_lands_in_its_place(location: str) -> None:
    """What arrives last but happened between takes its place between."""
    with opened(location) as memory:
        memory.add("I live in Rome.", user_id="u", timestamp="2024-03-01")
        memory.add("I moved to Paris.", user_id="u", timestamp="2024-06-01")
        memory.add("I moved to Berlin.", user_id="u", timestamp="2024-04-15")
        for when, where in (("2024-04-01", "Rome"), ("2024-05-01", "Berlin"), (None, "Paris")):
            hit = memory.search("Where do I live?", user_id="u", as_of=when)[0]
            assert where in hit.text


def test_b_given_intervals_and_supersession_by_hand(location: str) -> None:
    """add takes an interval and supersede ends one memory by another; nonsense is refused."""
    with opened(location) as memory:
        old = memory.add("Deploys are on Friday.", user_id="u", valid_from="2024-01-01")[0]
        new = memory.add("Deploys are on Monday.", user_id="u", valid_from="2024-05-01")[0]
        other = memory.add("Deploys are never.", user_id="v")[0]
        ended, _ = memory.supersede(old.id, new)
        assert ended.valid[1] == new.valid[0]
        as_of = memory.search("deploys", user_id="u", as_of="2024-02-01")
        assert [hit.text for hit in as_of] == ["Deploys are on Friday."]
        before = memory.history(old.id)
        for wrong in (old.id, other.id, "nobody"):
            with pytest.raises(InputError):
                memory.supersede(new.id, wrong)
        with pytest.raises(InputError, match="not after"):
            memory.add("x", user_id="u", valid_from="2024-02-01", valid_to="2024-01-01")
        assert memory.history(old.id) == before
        plans = memory.add("I live in Oslo.", user_id="u", timestamp="2199-01-01")[0]
        assert memory.get(plans.id).timestamp.year == 2199
        assert memory.add("No zone.", user_id="u", timestamp="2024-01-01T10:00")[
            0
        ].timestamp.isoformat() == ("2024-01-01T10:00:00+00:00")


# ── (c) a model cannot destroy what is known ─────────────────────────────────────────────────────


class Says:
    """A model that always gives the same answer."""

    name = "says"

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def complete(self, request: ChatRequest, /) -> str:
        """The answer, whatever was asked."""
        return self.answer


@pytest.mark.parametrize(
    "answer",
    [
        '{"facts": [',
        "",
        "{}",
        "I am sorry.",
        '{"facts": {}}',
        "[" * 100_000,
        '{"deletions": [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}]}',
        '{"deletions": [{"id": 3, "why": "old"}, {"id": 4, "why": "old"}]}',
        '{"deletions": [{"id": 1, "why": "old"}]}',
        '{"facts": [{"subject": "A", "relation": "r", "object": "x", "sources": ["OTHER"]}]}',
        '{"supersessions": [{"old": 3, "new": 4}, {"old": 4, "new": 3}]}',
        '{"facts": [{"subject": "A", "relation": "r", "object": "x", "sources": []}]}',
    ],
)
def test_c_a_bad_answer_changes_nothing(location: str, answer: str) -> None:
    """Broken, empty, all-deleting, cyclic or reaching for another user: an error, and no change."""
    with opened(location) as memory:
        other = memory.add("My secret.", user_id="v")[0]
        said = memory.add(["I live in Rome.", "I work at Acme."], user_id="u")
        known = [f.id for f in reversed(memory.list(user_id="u", kinds=["fact"]))]
        shown = [*(item.id for item in said), *known]
        before = memory.list(user_id="u")
        with pytest.raises((ModelError, RejectedChange)):
            memory.propose(answer.replace("OTHER", other.id), shown, user_id="u")
        assert memory.list(user_id="u") == before
        assert memory.get(other.id).status == "live"
        assert memory.verify().ok


def test_c_a_good_answer_is_previewed_applied_and_undone_as_one(location: str) -> None:
    """A dry run changes nothing and says what would; applied, one undo takes all of it back."""
    with opened(location) as memory:
        said = memory.add(["I live in Rome.", "We like jazz."], user_id="u", timestamp="2024-03-01")
        answer = json.dumps(
            {
                "facts": [
                    {
                        "subject": "u",
                        "relation": "lives in",
                        "object": "Paris",
                        "sources": [2],
                        "valid_from": "2024-06-01",
                    }
                ],
                "summaries": [{"text": "Rome, jazz", "sources": [1, 2]}],
            }
        )
        shown, before = [item.id for item in said], (texts(memory), facts(memory))
        tried = memory.propose(answer, shown, user_id="u", dry_run=True)
        assert (texts(memory), facts(memory)) == before
        assert tried.problems == ()
        assert len(tried.as_dict()["adds"]) == 2
        done = memory.propose(answer, shown, user_id="u")
        rome = next(f for f in memory.list(user_id="u", kinds=["fact"]) if "Rome" in f.text)
        assert rome.as_dict()["valid_to"] == "2024-06-01T00:00:00Z"
        assert done.change_id is not None
        memory.undo(done.change_id)
        assert (texts(memory), facts(memory)) == before
        assert memory.verify().ok


def test_c_a_job_that_fails_is_visible_and_loses_nothing(location: str) -> None:
    """With a model that answers nonsense the words are there, and the job keeps the error."""
    options = {"system": "mem0", "options": {"extractor": "llm"}}
    with opened(location, llm=Says("nonsense {"), **options) as memory:
        memory.add("I adopted a cat.", user_id="u")
        outcomes = memory.consolidate(user_id="u")
        assert [bool(outcome.error) for outcome in outcomes] == [True]
        (job,) = memory.jobs(user_id="u")
        assert job.state == "waiting"
        assert "nonsense" in str(job.error)
        assert texts(memory) == [("I adopted a cat.", 1)]
        assert memory.jobs(user_id="v") == []


# ── (d) add is fast and waits for no model ───────────────────────────────────────────────────────


def test_d_add_takes_less_than_ten_milliseconds(location: str) -> None:
    """Half of single adds, with gate, rules and history, are under 10 ms of processor time."""
    with opened(location) as memory:
        memory.add("Warm.", user_id="u")
        took = []
        for number in range(40):
            began = time.process_time()
            memory.add(f"I moved to Town{number}.", user_id="u")
            took.append(time.process_time() - began)
    assert statistics.median(took) < 0.010


# ── (e) many processes ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seconds", [1.0, pytest.param(60.0, marks=pytest.mark.slow)])
def test_e_four_writers_and_four_readers(location: str, seconds: float) -> None:
    """Nothing acknowledged is lost, nobody is refused, and readers see whole changes only."""
    with opened(location):
        pass
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["combray.memory", "tests.words"])
    until = time.time() + seconds + 1.0
    with ProcessPoolExecutor(8, mp_context=context) as pool:
        writing = [pool.submit(_write, location, number, until) for number in range(4)]
        reading = [pool.submit(_read, location, until) for _ in range(4)]
        written = {id_ for future in writing for id_ in future.result()}
        assert all(future.result() for future in reading)
    with opened(location) as memory:
        assert _every_turn(memory) == written
        assert memory.verify().ok


def _every_turn(memory: Memory) -> set[str]:
    seen: list[str] = []
    kinds = ["turn"]
    while page := memory.list(
        user_id="u", kinds=kinds, limit=1000, before=seen[-1] if seen else None
    ):
        seen += [item.id for item in page]
    assert len(seen) == len(set(seen))
    return set(seen)


def _write(location: str, number: int, until: float) -> list[str]:
    ids: list[str] = []
    with opened(location) as memory:
        while not ids or time.time() < until:
            pair = [f"{number} {len(ids)} left heron", f"{number} {len(ids)} right heron"]
            turns = [{"role": "user", "content": text} for text in pair]
            ids += [item.id for item in memory.add(turns, user_id="u", session_id=f"s{number}")]
    return ids


def _read(location: str, until: float) -> int:
    looks = 0
    with opened(location) as memory:
        while not looks or time.time() < until:
            hits = memory.search("left right heron", user_id="u", limit=10_000)
            # A pair is one change; a search that sees one half of it saw half a change.
            assert len([h for h in hits if h.item.kind == "turn"]) % 2 == 0
            looks += 1
    return looks


# ── (f) tenants ──────────────────────────────────────────────────────────────────────────────────


def test_f_a_small_tenant_in_a_big_store_gets_its_full_list(location: str) -> None:
    """Three memories of one user are all found among a thousand of others with the same words."""
    with opened(location) as memory:
        for other in ("a", "b"):
            memory.add([f"heron number {n}" for n in range(500)], user_id=other)
        memory.add(["heron one", "heron two", "heron three"], user_id="small")
        hits = memory.search("heron", user_id="small", limit=3)
        assert sorted(hit.text for hit in hits) == ["heron one", "heron three", "heron two"]
        filtered = memory.search("heron", user_id="small", limit=3, filters={"x": 1})
        assert filtered == []


def test_f_no_verb_reaches_over_the_wall(location: str) -> None:
    """Every verb that takes an id answers another user's id as if it did not exist."""
    with opened(location) as memory:
        mine = memory.add("Mine.", user_id="u")[0]
        theirs = memory.add("My password is hunter22.", user_id="v")[0]
        change = memory.history(theirs.id)[0].change_id
        calls = {
            "get": lambda id_: memory.get(id_, user_id="u"),
            "history": lambda id_: memory.history(id_, user_id="u"),
            "update": lambda id_: memory.update(id_, text="x", user_id="u"),
            "delete": lambda id_: memory.delete(id_, user_id="u"),
            "supersede": lambda id_: memory.supersede(mine.id, id_, user_id="u"),
            "erase": lambda id_: memory.erase(id_, user_id="u"),
            "propose": lambda id_: memory.propose("{}", [id_], user_id="u"),
            "approve": lambda id_: memory.approve(id_, user_id="u"),
            "reject": lambda id_: memory.reject(id_, user_id="u"),
        }
        for name, call in calls.items():
            said = []
            for id_ in (theirs.id, "0" * 8):
                with pytest.raises(InputError) as error:
                    call(id_)
                said.append(str(error.value).replace(id_, "ID"))
            assert said[0] == said[1], name
            assert "hunter22" not in said[0]
        with pytest.raises(InputError):
            memory.undo(change, user_id="u")
        assert memory.get(theirs.id).status == "live"
        assert memory.stats(user_id="u")["items"] == 1


# ── (g) erase ────────────────────────────────────────────────────────────────────────────────────

SECRET = "Xanthippe"


def leftovers(location: str, folder: Path) -> list[str]:
    """Where the secret still stands: files of ours, or tables of a server."""
    if "://" not in location:
        return [p.name for p in folder.rglob("*") if p.is_file() and SECRET in _bytes(p)]
    store = connect(location)
    try:
        names = table_names(store.engine)
        with store.engine.snapshot() as rows_of:
            return [t for t in names if SECRET in repr(list(rows_of(f"SELECT * FROM {t}")))]
    finally:
        store.close()


def _bytes(path: Path) -> str:
    return path.read_bytes().decode("latin-1")


def test_g_what_is_erased_is_in_no_file(location: str, tmp_path: Path) -> None:
    """Words, facts, history, summaries, jobs and backups: the bytes are gone, with a receipt."""
    backup = tmp_path / "copy.db"
    with opened(location) as memory:
        rest = memory.add("The band plays jazz.", user_id="u")[0]
        gone = memory.add(f"My wife's name is {SECRET}.", user_id="u", metadata={"w": SECRET})[0]
        memory.update(gone.id, text=f"I am married to {SECRET}.")
        memory.propose(
            json.dumps({"summaries": [{"text": f"{SECRET}, jazz", "sources": [1, 2]}]}),
            [rest.id, gone.id],
            user_id="u",
        )
        memory.search(SECRET, user_id="u")
        memory.backup(backup)
        assert leftovers(location, tmp_path)
        receipt = memory.erase(gone.id)
        assert (receipt.items, receipt.dropped, receipt.rebuild) == (1, 1, 1)
        assert receipt.derived >= 1
        assert receipt.backups == (str(backup),)
        assert len(receipt.hashes) == receipt.items + receipt.derived + receipt.dropped
        assert leftovers(location, tmp_path) == []
        assert memory.search(SECRET, user_id="u")[0].id == rest.id
        assert memory.verify().ok
    with opened(str(backup)) as copy:
        assert [text for text, _ in texts(copy)] == ["The band plays jazz."]
        assert copy.verify().ok


def test_g_erase_by_user_session_and_filter(location: str) -> None:
    """Each selection takes just what it names; of nothing it takes nothing."""
    with opened(location) as memory:
        for session in ("s1", "s2"):
            for topic in ("x", "y"):
                memory.add(
                    f"{session} {topic}",
                    user_id="u",
                    session_id=session,
                    metadata={"topic": topic},
                )
        memory.add("other", user_id="v")
        assert memory.erase(user_id="u", session_id="s1", filters={"topic": "x"}).items == 1
        assert [text for text, _ in texts(memory)] == ["s1 y", "s2 x", "s2 y"]
        assert memory.erase(user_id="u", session_id="s2").items == 2
        assert memory.erase(user_id="nobody").items == 0
        assert memory.erase(user_id="u").items == 1
        assert texts(memory) == []
        assert texts(memory, "v") == [("other", 1)]
        for nothing in ([], None):
            with pytest.raises(InputError):
                memory.erase(nothing)


def test_g_delete_keeps_history_and_says_so(location: str) -> None:
    """A deleted memory is in no answer, its history has the words, and undo brings it back."""
    with opened(location) as memory:
        item = memory.add("I live in Rome.", user_id="u")[0]
        memory.delete(item.id)
        assert texts(memory) == []
        assert memory.search("Rome", user_id="u") == []
        events = memory.history(item.id)
        assert [event.op for event in events] == ["add", "delete"]
        memory.undo(events[-1].change_id)
        assert len(texts(memory)) == 2


def test_g_an_erased_memory_is_not_imported_again(location: str, tmp_path: Path) -> None:
    """An export from before an erasure does not bring back what was erased here."""
    with opened(location) as memory:
        gone, kept = memory.add([f"I am {SECRET}.", "The band plays jazz."], user_id="u")
        memory.export(tmp_path / "old.jsonl")
        memory.erase(gone.id)
        assert memory.import_(tmp_path / "old.jsonl") == 0
        assert [item.id for item in memory.list(user_id="u")] == [kept.id]
        assert memory.verify().ok


# ── (h) killed without warning ───────────────────────────────────────────────────────────────────

ROUNDS = [pytest.param(3), pytest.param(50, marks=pytest.mark.slow)]


def _adding(log: Path, location: str) -> None:
    with opened(location) as memory:
        number = 0
        while True:
            turns = [f"I moved to Town{number}.", f"{number} second", f"{number} third"]
            content = [{"role": "user", "content": text} for text in turns]
            for item in memory.add(content, user_id="u", metadata={"call": number}):
                say(log, item.id)
            number += 1


@pytest.mark.parametrize("rounds", ROUNDS)
def test_h_killed_in_mid_write(location: str, tmp_path: Path, rounds: int) -> None:
    """All that was acknowledged is there, and of every call all of it or nothing."""
    acknowledged: set[str] = set()
    for seed in range(rounds):
        acknowledged.update(killed(_adding, tmp_path / "log", location, within=0.05, seed=seed))
        with opened(location) as memory:
            turns = memory.list(user_id="u", kinds=["turn"], limit=10_000)
            assert acknowledged <= {item.id for item in turns}
            assert len(turns) % 3 == 0
            assert memory.verify().problems == ()
            assert memory.search("moved to", user_id="u", limit=1)
    assert acknowledged


class Slow(Words):
    """Another embedder, which takes its time."""

    name = "slow"

    def embed(self, texts: Sequence[str]) -> Any:
        """The same rows, some milliseconds later."""
        time.sleep(0.01)
        return -super().embed(texts)


def _reindexing(log: Path, location: str) -> None:
    say(log, "begin")
    reindex(location, Slow())


@pytest.mark.parametrize("rounds", ROUNDS)
def test_h_killed_in_mid_reindex(location: str, tmp_path: Path, rounds: int) -> None:
    """The old vectors answer until the new are whole; the next call goes on, and ids stay."""
    with opened(location, system="hybrid") as memory:
        ids = {item.id for item in memory.add([f"heron {n}" for n in range(1200)], user_id="u")}
    for seed in range(rounds):
        killed(_reindexing, tmp_path / "log", location, within=0.15, seed=seed)
        try:
            with opened(location, system="hybrid") as memory:
                assert memory.verify().problems == ()
                assert memory.search("heron 7", user_id="u")[0].text == "heron 7"
        except EmbedderMismatch:
            assert seed == rounds - 1 or reindex(location, Words())["replaced"] == "slow"
    reindex(location, Slow())
    with opened(location, system="hybrid", embedder=Slow()) as memory:
        assert memory.verify().problems == ()
        assert {item.id for item in memory.list(user_id="u", limit=2000)} == ids
        assert memory.search("heron 7", user_id="u")[0].text == "heron 7"


def _erasing(log: Path, location: str) -> None:
    with opened(location) as memory:
        say(log, "begin")
        memory.erase(user_id="gone")
        say(log, "done")


@pytest.mark.parametrize("rounds", ROUNDS)
def test_h_killed_in_mid_erase(location: str, tmp_path: Path, rounds: int) -> None:
    """All is erased or nothing; what the killed one left of bytes goes with the next opening."""
    with opened(location) as memory:
        memory.add("heron", user_id="kept")
    for seed in range(rounds):
        with opened(location) as memory:
            memory.add([f"I am {SECRET} {n}." for n in range(150)], user_id="gone")
        said = killed(_erasing, tmp_path / "log", location, within=0.12, seed=seed)
        (tmp_path / "log").unlink(missing_ok=True)
        with opened(location) as memory:
            left = memory.list(user_id="gone", limit=1000)
            assert not (left and "done" in said)
            assert len(left) in (0, 150)
            if not left:
                assert leftovers(location, tmp_path) == []
            assert texts(memory, "kept") == [("heron", 1)]
            assert memory.verify().problems == ()
            memory.erase(user_id="gone")
            assert leftovers(location, tmp_path) == []


def _old_file(path: Path) -> None:
    """A file as the first version wrote it, with two thousand items."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
    from combray.store.engines.sqlite import SQLiteEngine
    from combray.store.tables import schema

    engine = SQLiteEngine(str(path))
    with engine.write() as cursor:
        cursor.run("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        schema.m001_initial(cursor, engine.dialect)
        cursor.run("INSERT INTO meta VALUES ('version', '1'), ('application', 'combray')")
        cursor.run_many(
            "INSERT INTO items (id, tenant, kind, text, first_at, last_at, known_from, strength, "
            "count, status, digest, metadata, sources, created_by) "
            "VALUES (?, 'u', 'text', ?, 1, 1, 1, 1, 1, 'live', ?, '{}', '[]', 'user')",
            ((f"id{n}", f"heron {n}", f"d{n}") for n in range(2000)),
        )
    engine.close()


def _migrating(log: Path, location: str) -> None:
    say(log, "begin")
    connect(location).close()


@pytest.mark.parametrize("rounds", ROUNDS)
def test_h_killed_in_mid_migration(tmp_path: Path, rounds: int) -> None:
    """A file of the first version is of the first or of the last version, never between."""
    for seed in range(rounds):
        path = tmp_path / f"{seed}.db"
        _old_file(path)
        killed(_migrating, tmp_path / "log", str(path), within=0.03, seed=seed)
        with closing(sqlite3.connect(path)) as db:
            version = db.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()[0]
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert int(version) in (1, len(MIGRATIONS))
        assert ("topics" in tables) == (int(version) > 1)
        store = connect(str(path))
        migrate(store.engine)
        assert store.engine.read("SELECT count(*) FROM items") == [(2000,)]
        store.close()


# ── (i) another embedder ─────────────────────────────────────────────────────────────────────────


def test_i_reindex_keeps_ids_and_answers_throughout(location: str) -> None:
    """Searches answer at every step of the change; then the old vectors are gone."""
    seen: list[str] = []

    def look(done: int, total: int) -> None:
        if "memory" in box:
            seen.append(box["memory"].search("heron 7", user_id="u")[0].text)

    box: dict[str, Memory] = {}
    with opened(location, system="hybrid", progress=look) as memory:
        memory.add([f"heron {n}" for n in range(1100)], user_id="u")
        ids = [item.id for item in memory.list(user_id="u", limit=2000)]
        box["memory"] = memory
        assert memory.reindex(Slow())["embedded"] == 1100
        assert len(seen) >= 3
        assert set(seen) == {"heron 7"}
        assert [item.id for item in memory.list(user_id="u", limit=2000)] == ids
        assert memory.search("heron 7", user_id="u")[0].text == "heron 7"
        memory.add("heron late", user_id="u")
        assert memory.verify().counts["vectors"] == 1101
    with pytest.raises(EmbedderMismatch, match="reindex"), opened(location, system="hybrid"):
        pass


def test_i_whoever_still_has_the_old_embedder_is_told(location: str) -> None:
    """A memory that another process changed over refuses to compare what cannot be compared."""
    with opened(location, system="hybrid") as memory:
        memory.add("heron", user_id="u")
        memory.search("heron", user_id="u")
        reindex(location, Slow())
        with pytest.raises(EmbedderMismatch):
            memory.search("heron", user_id="u")
        memory.add("safe all the same", user_id="u")
    with opened(location, system="hybrid", embedder=Slow()) as memory:
        assert memory.search("safe same", user_id="u")[0].text == "safe all the same"


# ── (j) export and import ────────────────────────────────────────────────────────────────────────


def test_j_export_import_export_is_the_same(location: str, tmp_path: Path) -> None:
    """Two users, facts, updates, deletions, links, erasures: the same bytes after the round."""
    with opened(location) as memory:
        for user in ("u", "v"):
            memory.add("I live in Rome.", user_id=user, timestamp="2024-03-01")
            memory.add("I moved to Paris.", user_id=user, timestamp="2024-06-01")
            one, two = memory.add(["It is ünï ‘coded’\u2028.", "Two"], user_id=user)
            memory.update(one.id, metadata={"a": [1, {"b": None}]})
            memory.supersede(two.id, memory.add("Three", user_id=user)[0])
            memory.delete(memory.add("Four", user_id=user)[0].id)
            memory.erase(memory.add(f"{SECRET}", user_id=user)[0].id)
        memory.export(tmp_path / "one.jsonl")
        found = [(h.text, h.superseded) for h in memory.search("Where do I live?", user_id="u")]
    with opened(str(tmp_path / "other.db")) as other:
        assert other.import_(tmp_path / "one.jsonl") == 16
        assert other.import_(tmp_path / "one.jsonl") == 0
        other.export(tmp_path / "two.jsonl")
        assert other.verify().problems == ()
        assert [
            (h.text, h.superseded) for h in other.search("Where do I live?", user_id="u")
        ] == found
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_j_markdown_is_for_reading(location: str, tmp_path: Path) -> None:
    """Facts that hold, facts that are past, what was noted and said, each under its heading."""
    with opened(location) as memory:
        memory.add("I live in Rome.", user_id="u", timestamp="2024-03-01")
        memory.add("I moved to Paris.", user_id="u", timestamp="2024-06-01")
        memory.add({"role": "user", "name": "Eve\n# Said", "content": "Hello."})
        memory.export(tmp_path / "all.md")
    text = (tmp_path / "all.md").read_text()
    assert text.index("## What holds") < text.index("- u lives in Paris (2024-06-01 – now)")
    assert text.index("## What is past") < text.index("- u lives in Rome (2024-03-01 – 2024-06-01)")
    assert "- 2024-03-01 I live in Rome." in text
    assert "# Memory of no user" in text
    assert "**Eve # Said**: Hello." in text


# ── all together, at size ────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_bench_of_trust_reaches_what_it_must(tmp_path: Path) -> None:
    """Of thousands of as-of questions all are right, history costs under 1.5 of a bare add."""
    script, out = Path(__file__).parents[1] / "benchmarks" / "trust.py", tmp_path / "trust.json"
    code = [sys.executable, str(script), "--n", "2000", "--sample", "50", "--out", str(out)]
    subprocess.run(code, check=True, capture_output=True, timeout=280)
    found = json.loads(out.read_text())
    assert found["as_of"]["right"] == 1.0
    assert found["history"]["ratio"] <= 1.5
    assert found["adding"]["normal"]["batch_cpu_ms_each"] <= 0.3
    assert found["erasing"]["bytes_gone"]
    assert found["erasing"]["verified"]
