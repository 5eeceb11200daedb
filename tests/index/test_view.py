"""The view of a tenant: what it holds is what a fresh load would hold, for every reader."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import Any

import pytest

from combray import Memory
from combray.core.changes import ChangeSet, Patch
from combray.core.errors import InputError, RejectedChange
from combray.core.text import terms
from combray.index import view as view_module
from combray.index.groups import OPEN_END
from combray.index.view import View
from tests.recall.contexts import derive, filled, talked
from tests.words import Words


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads that change places as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("system", ["evidence", "hybrid"])
def test_threads_search_while_others_add(system: str) -> None:
    """Three threads search one memory while a fourth adds to it: no error, no half state."""
    done = Event()
    with Memory(embedder=Words(), system=system) as memory, ThreadPoolExecutor(4) as pool:
        memory.add("heron 0 by the river", user_id="u")

        def search() -> int:
            looks = 0
            while not done.is_set():
                assert memory.search("heron by the river", user_id="u", limit=3)
                looks += 1
            return looks

        looking = [pool.submit(search) for _ in range(3)]
        for number in range(1, 60):
            turns = [{"role": "user", "content": f"heron {number} {n}"} for n in range(3)]
            memory.add(turns, user_id="u", session_id="s")
        done.set()
        assert all(future.result() for future in looking)


def test_a_frame_does_not_change_while_it_is_held() -> None:
    """A reader keeps the rows it began with; the next one sees what came; then all is one again."""
    with Memory(embedder=Words()) as memory:
        kept = memory.add("The heron stands in Rome.", user_id="u")[0]
        view = memory._runtime.view
        old = view("u")
        memory.add("The heron stands in Paris.", user_id="u")
        memory.delete(kept.id)
        new = view("u")
        assert (len(old), old.rows.alive.values.tolist()) == (1, [True])
        assert (len(new), new.rows.alive.values.tolist()) == (2, [False, True])
        assert old.words.postings.find("heron")[0].tolist() == [0]
        assert new.words.postings.find("heron")[0].tolist() == [0, 1]
        assert len(old.names.mentions[old.names.named[0][0]]) == 1
        again = view("u")
        assert again.rows.seq is new.rows.seq


# ── following equals loading ─────────────────────────────────────────────────────────────────────

WORDS = "heron river mill pond boat ferry island winter bread Ann Ben Rome 🦊 猫".split()
WHO = ("speaker", "agent", "session", "creator")
COLUMNS = {
    "rows": ("seq", "alive", "raw", "strength"),
    "times": ("first_at", "known_from", "valid_from", "valid_to", "recalled"),
    "words": ("length", "traits"),
}


def fresh(memory: Memory, user: str = "u") -> View:
    """A view that is loaded now."""
    return View(memory._store, user).refresh()


def known(view: View) -> dict[str, dict[str, Any]]:
    """Everything that a view knows of each live item, in names and not in numbers."""

    def label(column: Any, row: int) -> str | None:
        code = int(column.values[row])
        return None if code < 0 else column.names[code]

    def at(row: int) -> str:
        return view.ids[row] if row >= 0 else ""

    vectors, codes = view.embeddings.vectors, view.names.codes.names
    assert vectors is not None
    cited: dict[int, set[str]] = {}
    for row, source in zip(view.graph.citing.values, view.graph.cited.values, strict=True):
        cited.setdefault(int(row), set()).add(view.ids[source])
    found: dict[str, dict[str, Any]] = {}
    for row in range(len(view)):
        if not view.rows.alive.values[row]:
            continue
        title = int(view.names.title.values[row])
        found[view.ids[row]] = {
            **{
                name: getattr(getattr(view, group), name).values[row].item()
                for group, names in COLUMNS.items()
                for name in names
            },
            "kind": label(view.rows.kind, row),
            "topic": label(view.rows.topic, row),
            "who": [label(getattr(view.who, each), row) for each in WHO],
            "names": sorted(codes[code] for code in view.names.named[row]),
            "mentioned": all(row in view.names.mentions[code] for code in view.names.named[row]),
            "title": None if title < 0 else codes[title],
            "vector": vectors.values[row].tobytes(),
            "before": at(view.conversations.before.values[row]),
            "after": at(view.conversations.after.values[row]),
            "head": at(view.conversations.head.values[row]),
            "turn": int(view.conversations.turn.values[row]),
            "norm": round(float(view.conversations.norm.values[row]), 4),
            "sources": cited.get(row, set()),
            "row": view.row_of[view.ids[row]] == row,
        }  # fmt: skip
    return found


def held(view: View) -> dict[str, dict[str, float]]:
    """How often each live item holds each word, by the postings."""
    found: dict[str, dict[str, float]] = {}
    for word in [*WORDS, "title", "new"]:
        for term in [*terms(word), word]:
            rows, counts = view.words.postings.find(term)
            found[term] = {
                view.ids[r]: float(c)
                for r, c in zip(rows, counts, strict=True)
                if view.rows.alive.values[r]
            }
    return found


class History:
    """A memory to which anything happens, by dice."""

    def __init__(self, seed: int) -> None:
        self.memory, self.dice = Memory(embedder=Words()), random.Random(seed)
        self.ids: list[str] = []

    def text(self) -> str:
        """Some words, never the same twice."""
        return " ".join(self.dice.choices(WORDS, k=4)) + f" {self.dice.random()}"

    def one(self) -> str:
        """Some item that is there."""
        return self.dice.choice(self.ids)

    def step(self) -> None:
        """Something happens."""
        acts = "turns note turns fact update title patch supersede delete erase undo".split()
        act = self.dice.choice(acts) if len(self.ids) > 4 else "turns"
        getattr(self, f"_{act}")()
        self.ids = [item.id for item in self.memory.list(user_id="u", limit=500)]

    def _turns(self) -> None:
        said = [
            {
                "role": "user",
                "name": name,
                "content": self.text(),
                "timestamp": self.dice.randrange(10**9),
            }
            for name in self.dice.choices(["Ann", "Ben"], k=2)
        ]
        self.memory.add(said, user_id="u", session_id=self.dice.choice(["s", "t", None]))

    def _note(self) -> None:
        about = self.dice.choice([None, {"title": "Title Rome"}, {"caption": "a mill"}])
        self.memory.add(
            self.text(), user_id="u", metadata=about, agent_id=self.dice.choice([None, "a"])
        )

    def _fact(self) -> None:
        facts = [("Ann", "lives in", self.dice.choice(WORDS))]
        self.memory.add(
            self.text(), user_id="u", facts=facts, valid_from=self.dice.randrange(10**9)
        )

    def _update(self) -> None:
        self.memory.update(self.one(), text=self.text())

    def _title(self) -> None:
        self.memory.update(self.one(), metadata={"title": f"New {self.dice.choice(WORDS)}"})

    def _patch(self) -> None:
        fields = {"strength": self.dice.random(), "last_recalled": self.dice.randrange(10**9)}
        patch = Patch(id=self.one(), fields=fields)
        self.memory._store.apply(ChangeSet(tenant="u", actor="tester", patches=[patch]))

    def _supersede(self) -> None:
        old, new = self.one(), self.one()
        with suppress(InputError, RejectedChange):
            self.memory.supersede(old, new)

    def _delete(self) -> None:
        self.memory.delete(self.one())

    def _erase(self) -> None:
        self.memory.erase(self.one())

    def _undo(self) -> None:
        item = self.memory.add(self.text(), user_id="u")[0]
        change = self.memory.history(item.id, user_id="u")[0].change_id
        self.memory.undo(change, user_id="u")


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_a_view_equals_a_fresh_load(seed: int) -> None:
    """Added, updated, renamed, superseded, deleted, erased, undone: it knows what a load knows."""
    history = History(seed)
    following = View(history.memory._store, "u")
    for number in range(30):
        history.step()
        if number % 3:
            following = following.refresh()
            loaded = fresh(history.memory)
            assert known(following) == known(loaded)
            assert held(following) == held(loaded)


@pytest.mark.parametrize("seed", range(3))
def test_no_history_changes_a_frame_that_is_held(seed: int) -> None:
    """Readers of every older state see to the end what they saw at first."""
    history = History(seed)
    frames: list[tuple[View, dict[str, Any], dict[str, Any]]] = []
    for number in range(24):
        history.step()
        if number % 4 == 3:
            view = history.memory._runtime.view("u")
            frames.append((view, known(view), held(view)))
    for view, before, words in frames:
        assert known(view) == before
        assert held(view) == words


def test_a_new_title_is_followed() -> None:
    """With the same text, another title gives a row other words, names and another vector."""
    memory = filled("It is old.", user_id="u")
    view = View(memory._store, "u").refresh()
    item = memory.list(user_id="u")[0]
    memory.update(item.id, metadata={"title": "Bob Ray"})
    view = view.refresh()
    assert known(view) == known(fresh(memory))
    assert known(view)[item.id]["names"] == ["bob ray"]
    assert held(view)["title"] == held(fresh(memory))["title"]
    assert [hit.text for hit in memory.search("Bob Ray", user_id="u")] == ["It is old."]


def test_an_erased_turn_leaves_other_windows_around_it() -> None:
    """Its neighbours become each other's, and their windows are measured without it."""
    memory = talked([("Ann", "one heron"), ("Bob", "two rivers"), ("Ann", "three mills")])
    view = View(memory._store, "").refresh()
    assert view.conversations.norm.values[0] > 1
    memory.erase(view.ids[1])
    view = view.refresh()
    assert known(view) == known(fresh(memory, ""))
    assert view.conversations.after.values[0] == 2
    memory.erase(view.ids[2])
    assert view.refresh().conversations.norm.values[0] == pytest.approx(1)


def test_a_view_without_news_is_itself() -> None:
    """Refreshing gives the same view until something is committed, and the same one grown then."""
    memory = filled("one", user_id="u")
    view = View(memory._store, "u")
    assert len(view) == 0
    assert view.refresh() is view
    assert view.refresh() is view
    memory.add("two", user_id="u")
    assert (view.refresh(), len(view)) == (view, 2)
    memory.add("three", user_id="u")
    fork = view.refresh(shared=True)
    assert fork is not view
    assert (len(view), len(fork)) == (2, 3)
    assert fork.refresh(shared=True) is fork


def test_a_view_holds_one_tenant() -> None:
    """Another user's rows, words and names are not in it."""
    memory = filled("Ann Lee sings.", user_id="u")
    memory.add("Bob Ray sings.", user_id="v")
    view = View(memory._store, "u").refresh()
    assert len(view) == 1
    assert view.names.codes.names == ["ann lee"]
    assert len(view.words.postings.find("sing")[0]) == 1
    assert len(View(memory._store, "w").refresh()) == 0


def test_a_view_of_mostly_dead_rows_is_loaded_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is long and fewer than half of its rows live, the dead ones are let go."""
    assert view_module.MANY == 1000
    monkeypatch.setattr(view_module, "MANY", 8)
    memory = filled(*(f"note {n}" for n in range(9)), user_id="u")
    view = View(memory._store, "u").refresh()
    ids = list(view.ids)
    for id_ in ids[:5]:
        memory.erase(id_)
    assert len(view.refresh()) == 9, "just half are alive"
    memory.erase(ids[5])
    short = view.refresh()
    assert short is not view
    assert len(short) == 3
    assert known(short) == known(fresh(memory))


def test_a_short_view_keeps_its_dead_rows() -> None:
    """Numbers of rows stay as they are as long as little is lost by it."""
    memory = filled("one", "two", "three", user_id="u")
    view = View(memory._store, "u").refresh()
    for id_ in view.ids[:2]:
        memory.erase(id_)
    assert view.refresh() is view
    assert view.rows.alive.values.tolist() == [False, False, True]
    assert list(view.row_of.values()) == [2]


def test_what_is_made_of_a_view_is_kept_until_it_changes() -> None:
    """Once for each key; the next state makes it anew, and an older frame keeps its own."""
    memory = filled("one", user_id="u")
    runtime = memory._runtime
    view, made = runtime.view("u"), list[str]()

    def make() -> str:
        made.append("x")
        return f"made {len(made)}"

    assert [
        view.compute_once("a", make),
        view.compute_once("a", make),
        view.compute_once("b", make),
    ] == [
        "made 1",
        "made 1",
        "made 2",
    ]
    memory.add("two", user_id="u")
    assert runtime.view("u").compute_once("a", make) == "made 3"
    assert view.compute_once("a", make) == "made 1"


def test_light_items_have_everything_but_their_text() -> None:
    """For filters; what changed is read again, and an erased row is told as gone."""
    memory = filled("one", "two", user_id="u", metadata={"tag": 1})
    view = View(memory._store, "u").refresh()
    one, two = view.ids
    assert [(item.id, item.text, item.metadata) for item in view.light()] == [
        (one, "", {"tag": 1}),
        (two, "", {"tag": 1}),
    ]
    memory.update(two, metadata={"tag": 2})
    memory.add("three", user_id="u")
    view = view.refresh()
    assert [item.metadata.get("tag") for item in view.light()] == [1, 2, None]
    memory.erase(one)
    view = view.refresh()
    assert [item.status for item in view.light()] == ["erased", "live", "live"]


def test_derived_rows_cite_their_sources() -> None:
    """Edge by edge, from the row of a fact to those of the words that it rests on."""
    memory = filled("one", "two", user_id="u")
    first, second = memory.list(user_id="u")
    fact = derive(memory, "fact", "both", first, second)
    view = View(memory._store, "u").refresh()
    edges = zip(view.graph.citing.values, view.graph.cited.values, strict=True)
    assert {(view.ids[a], view.ids[b]) for a, b in edges} == {
        (fact.id, first.id),
        (fact.id, second.id),
    }


class Other(Words):
    """Another embedder, whose vectors are those of words turned around."""

    name = "other"

    def embed(self, texts: Any) -> Any:
        """Rows of unit length, shape (n, 64), backwards."""
        return super().embed(texts)[:, ::-1].copy()


def test_a_change_of_embedder_gives_every_row_another_vector() -> None:
    """The next generation is loaded whole, and only the vectors of living rows."""
    memory = filled("one heron", "two", "three", user_id="u")
    view = View(memory._store, "u").refresh()
    memory.erase(view.ids[1])
    before = known(view.refresh())
    memory.reindex(Other())
    view = view.refresh()
    assert view.embeddings.embedder == "other"
    after = known(view)
    assert after == known(fresh(memory))
    assert all(after[id_]["vector"] != before[id_]["vector"] for id_ in after)
    assert all(after[id_]["names"] == before[id_]["names"] for id_ in after)


def test_the_bytes_of_a_view_grow_with_its_rows() -> None:
    """Columns, postings and vectors; nothing is held by an empty one but its starts."""
    memory = Memory(embedder=Words())
    empty = View(memory._store, "u").refresh().nbytes()
    memory.add([f"note {n}" for n in range(10)], user_id="u")
    ten = View(memory._store, "u").refresh().nbytes()
    assert empty < 100
    assert ten - empty > 10 * 64 * 4, "the vectors alone"


def test_rows_that_were_replaced_or_erased_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """When most rows are of no stored item the view is loaded afresh, and searches stay right."""
    monkeypatch.setattr(view_module, "MANY", 5)
    with Memory(embedder=Words()) as memory:
        items = memory.add([f"heron number {number}" for number in range(8)], user_id="u")
        view = View(memory._store, "u").refresh()
        memory.erase([item.id for item in items[:4]])
        assert view.refresh() is view
        for item in items[4:6]:
            memory.update(item.id, text=f"heron at the mill of {item.text}")
        fresh = view.refresh()
        assert fresh is not view
        assert fresh.ids == [item.id for item in items[4:]]
        assert fresh.embeddings.missing == set()
        assert fresh.refresh() is fresh
        assert len(memory.search("heron number", user_id="u")) == 4


def test_a_view_of_deleted_items_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is deleted stays in the store as history: loading it again would free nothing."""
    monkeypatch.setattr(view_module, "MANY", 2)
    with Memory(embedder=Words()) as memory:
        items = memory.add([f"heron number {number}" for number in range(6)], user_id="u")
        for item in items[:5]:
            memory.delete(item.id)
        view = View(memory._store, "u").refresh()
        assert (len(view), int(view.rows.alive.values.sum())) == (6, 1)
        memory.delete(items[5].id)
        assert view.refresh() is view


def test_a_fork_leaves_every_group_of_the_original_as_it_was() -> None:
    """What a change writes into a row or appends is seen by the fork alone."""
    with Memory(embedder=Words()) as memory:
        said = memory.add("I live in Rome.", user_id="u", timestamp="2024-01-01")[0]
        view = View(memory._store, "u").refresh()
        rome = next(
            row
            for row in range(len(view))
            if view.rows.kind.names[view.rows.kind.values[row]] == "fact"
        )
        before = view.nbytes()
        memory.add("I live in Oslo.", user_id="u", timestamp="2024-02-01")
        memory.delete(said.id)
        fork = view.refresh(shared=True)
        assert view.times.valid_to.values[rome] == OPEN_END
        assert fork.times.valid_to.values[rome] != OPEN_END
        assert view.rows.alive.values.all()
        assert not fork.rows.alive.values[rome]
        assert (len(view), view.nbytes()) == (2, before)
        assert fork.nbytes() > before
        assert fork.who.creator.find("user") == view.who.creator.find("user") >= 0
