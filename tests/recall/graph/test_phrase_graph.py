"""The phrase graph: who holds which phrase, what joins two of them, and that it forgets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from combray import Memory
from combray.core.items import Item
from combray.index.view import View
from combray.recall.graph.pagerank import Walk
from combray.recall.graph.phrase_graph import ALIKE, Graphs, GraphSnapshot, PhraseGraph
from tests.recall.contexts import derive
from tests.words import Words

Triple = tuple[str, str, str]


class Told:
    """A memory and the phrase graph of its users; a phrase is a name in lower case."""

    def __init__(self) -> None:
        self.memory = Memory(embedder=Words())
        self.graphs = Graphs(self.memory._store, lambda name: name.strip().lower())

    def say(self, text: str, *facts: Triple, title: str | None = None, **scope: str) -> Item:
        """Store words, with the facts that they state and what they are about."""
        about = None if title is None else {"title": title}
        given = list(facts) or None
        return self.memory.add(text, facts=given, metadata=about, **scope)[0]  # type: ignore[arg-type]

    def read(self, source: Item, *triple: str) -> Item:
        """Store a fact that a system read from words."""
        about = dict(zip(("subject", "relation", "object"), triple, strict=True))
        return derive(self.memory, "fact", " ".join(triple), source, metadata=about)

    def phrase(self, text: str, source: Item) -> Item:
        """Store a phrase with its vector."""
        return derive(self.memory, "entity", text, source)

    def view(self, user: str = "") -> View:
        """The user's view as it is now."""
        return self.memory._runtime.view(user)

    def snapshot(self, rows: Sequence[int] | None = None, user: str = "") -> Seen:
        """The graph over some rows, or over all live raw ones."""
        view = self.view(user)
        inside = view.rows.alive.values & view.rows.raw.values
        if rows is not None:
            inside = np.isin(np.arange(len(view)), rows)
        graph = self.graphs.of(view)
        return Seen(view, graph, graph.snapshot(view, inside))


class Seen:
    """A snapshot with its numbers told as names and texts."""

    def __init__(self, view: View, graph: PhraseGraph, snapshot: GraphSnapshot) -> None:
        self.view, self.graph, self.snapshot = view, graph, snapshot

    def held(self) -> set[tuple[int, str]]:
        """(row of the passage, phrase) of every mention."""
        rows = self.snapshot.passages[self.snapshot.holder].tolist()
        return set(zip(rows, map(self.phrase, self.snapshot.held), strict=True))

    def phrase(self, code: int) -> str:
        """The words of a phrase."""
        return self.graph.phrases.names[code]

    def spread(self) -> dict[str, int]:
        """How many passages hold each phrase that some passage holds."""
        return {self.phrase(c): int(n) for c, n in enumerate(self.snapshot.spread) if n}

    def edges(self, walk: Walk) -> dict[tuple[str, str], float]:
        """The share of a node's weight that leads to another; passages are called by row."""
        size = len(self.snapshot.spread)
        names = [*self.graph.phrases.names, *(f"#{row}" for row in self.snapshot.passages)]
        assert walk.size == size + (walk.size > size) * len(self.snapshot.passages)
        shares: dict[tuple[str, str], float] = {}
        for a, b, share in zip(walk.at, walk.to, walk.share, strict=True):
            shares[names[a], names[b]] = shares.get((names[a], names[b]), 0) + float(share)
        return shares


def between(told: Told) -> dict[tuple[str, str], float]:
    """Share of the weight of a phrase that leads to another, over all that is live."""
    seen = told.snapshot()
    return seen.edges(seen.snapshot.phrase_walk)


LIVES: Triple = ("Ann", "lives in", "Oslo")
WORKS: Triple = ("Ann", "works in", "Oslo")
BORN: Triple = ("Bob", "was born in", "Oslo")


def test_a_passage_holds_the_names_in_it() -> None:
    """Without given facts every name of the words, and what it is about."""
    told = Told()
    told.say("Ann Lee met Bob Ray.")
    told.say("A city on a fjord.", title="Oslo")
    assert told.snapshot().held() == {(0, "ann lee"), (0, "bob ray"), (1, "oslo")}
    assert told.snapshot().spread() == {"ann lee": 1, "bob ray": 1, "oslo": 1}


def test_a_passage_with_given_facts_holds_their_phrases_and_its_title() -> None:
    """Of the other names in it none: the user has said what it states."""
    told = Told()
    told.say("Cleo Fox says Ann lives there.", LIVES, title="Dora Kay")
    assert {phrase for _, phrase in told.snapshot().held()} == {"ann", "oslo", "dora kay"}


def test_a_fact_that_was_read_adds_to_the_names() -> None:
    """A system's own facts do not stand in the place of the names in the words."""
    told = Told()
    source = told.say("Cleo Fox says Ann lives there.")
    told.read(source, *LIVES)
    assert {"cleo fox", "ann", "oslo"} <= {phrase for _, phrase in told.snapshot().held()}


def test_a_phrase_is_held_once_by_a_passage() -> None:
    """Named, titled and stated twice, it is one mention; in two passages it has a spread of two."""
    told = Told()
    told.say("Oslo is where Ann is.", LIVES, WORKS, title="Oslo")
    told.say("In Oslo it rains.")
    seen = told.snapshot()
    assert len(seen.snapshot.held) == len(seen.held())
    assert seen.spread() == {"ann": 1, "oslo": 2}


def test_facts_join_their_phrases() -> None:
    """An edge of 1 for each fact of a passage: two relations weigh as two, one twice as one."""
    told = Told()
    told.say("Ann lives and works there.", LIVES, WORKS)
    told.say("So was Bob.", BORN)
    assert between(told) == pytest.approx(
        {("ann", "oslo"): 1, ("oslo", "ann"): 2 / 3, ("bob", "oslo"): 1, ("oslo", "bob"): 1 / 3}
    )


def test_the_same_fact_of_two_passages_weighs_twice() -> None:
    """Each passage that states it counts; stated twice by one it counts once."""
    told = Told()
    first = told.say("Ann lives there.", LIVES)
    told.say("Yes, she lives there.", LIVES)
    told.say("So was Bob.", BORN)
    assert between(told)["oslo", "bob"] == pytest.approx(1 / 3)
    told.read(first, *LIVES)
    assert between(told)["oslo", "bob"] == pytest.approx(1 / 3), "no third edge of the first"


def test_a_fact_about_itself_joins_nothing() -> None:
    """An edge from a phrase to itself would keep its mass for nothing."""
    told = Told()
    told.say("Oslo is Oslo.", ("Oslo", "is", "oslo"))
    assert between(told) == {}
    assert told.snapshot().spread() == {"oslo": 1}


def test_a_fact_without_a_phrase_is_left_out() -> None:
    """A subject or an object of no words is no node."""
    told = Told()
    source = told.say("somewhere")
    told.read(source, "Ann", "lives in", " ")
    seen = told.snapshot()
    assert (len(seen.snapshot.fact), len(seen.snapshot.held)) == (0, 0)


def test_the_facts_are_listed_with_their_ends() -> None:
    """Row by row, so that a question can be linked to the facts near to it."""
    told = Told()
    told.say("Ann lives there.", LIVES)
    seen = told.snapshot()
    [row], [ends] = seen.snapshot.fact.tolist(), seen.snapshot.ends.tolist()
    assert seen.view.rows.kind.names[seen.view.rows.kind.values[row]] == "fact"
    assert [seen.phrase(code) for code in ends] == ["ann", "oslo"]


def test_passages_join_the_walk_of_everything() -> None:
    """Phrases lead to phrases and to the passages that hold them, at 1 for each mention."""
    told = Told()
    told.say("Ann lives there.", LIVES)
    seen = told.snapshot()
    half = pytest.approx(0.5)
    assert seen.edges(seen.snapshot.full_walk) == {
        ("ann", "oslo"): half,
        ("oslo", "ann"): half,
        ("ann", "#0"): half,
        ("oslo", "#0"): half,
        ("#0", "ann"): half,
        ("#0", "oslo"): half,
    }


# ── likeness ─────────────────────────────────────────────────────────────────────────────────────

RED, REDDER = "red barn owl house door lamp", "red barn owl house door lamps"


def test_phrases_that_are_alike_are_joined_by_their_cosine() -> None:
    """From ALIKE on, by just the cosine; below it not at all."""
    told = Told()
    one = told.say("x", ("x-ray", "is", RED))
    other = told.say("y", ("y-ray", "is", REDDER))
    told.phrase(RED, one)
    told.phrase(REDDER, other)
    a, b = Words().embed([RED, REDDER])
    cosine = float(a @ b)
    assert ALIKE == 0.8 < cosine < 1
    assert between(told)[RED, REDDER] == pytest.approx(cosine / (cosine + 1), rel=1e-5)
    far = "red barn"
    third = told.say("z", ("z-ray", "is", far))
    told.phrase(far, third)
    assert (RED, far) not in between(told)


def test_likeness_to_what_nobody_holds_is_no_edge() -> None:
    """A phrase whose only passage is gone joins nothing, and the others as before it came."""
    told = Told()
    one = told.say("x", ("x-ray", "is", RED))
    told.phrase(RED, one)
    before = between(told)
    other = told.say("y", ("y-ray", "is", REDDER))
    told.phrase(REDDER, one)
    assert (RED, REDDER) in between(told)
    told.memory.delete(other.id)
    assert between(told) == before


def test_a_phrase_of_two_letters_is_alike_to_none() -> None:
    """Too short to say anything; it still has its vector."""
    told = Told()
    for said, phrase in (("x", "ab"), ("y", "ab.")):
        source = told.say(said, (f"{said}-ray", "is", phrase))
        told.phrase(phrase, source)
    assert float(Words().embed(["ab"])[0] @ Words().embed(["ab."])[0]) == pytest.approx(1)
    assert ("ab", "ab.") not in between(told)
    seen = told.snapshot()
    assert {"ab", "ab."} <= {seen.phrase(code) for code in seen.snapshot.voiced}


def test_phrases_with_vectors_are_voiced_by_their_rows() -> None:
    """A held phrase that is stored as an entity says where its vector is."""
    told = Told()
    source = told.say("Ann lives there.", LIVES)
    oslo = told.phrase("Oslo", source)
    told.phrase("Rome", source)
    seen = told.snapshot()
    voices = zip(map(seen.phrase, seen.snapshot.voiced), seen.snapshot.voices.tolist(), strict=True)
    assert dict(voices) == {"oslo": seen.view.row_of[oslo.id]}
    assert seen.graph.has_entity("oslo")
    assert seen.graph.has_entity("rome")
    assert not seen.graph.has_entity("ann")


# ── what is live ─────────────────────────────────────────────────────────────────────────────────


def state(told: Told, user: str = "") -> tuple[object, ...]:
    """All that a snapshot says, in names."""
    seen = told.snapshot(user=user)
    texts = {
        row: told.memory._store.one(id_).text
        for row, id_ in enumerate(seen.view.ids)
        if id_ in seen.view.row_of
    }
    return (
        {(texts[row], phrase) for row, phrase in seen.held()},
        seen.spread(),
        seen.edges(seen.snapshot.phrase_walk),
    )


def grown(told: Told, order: Sequence[int]) -> Told:
    """Four passages with their facts, told in an order, and asked about after each."""
    said = [("a", LIVES), ("b", WORKS), ("c", BORN), ("d", ("Cleo", "likes", "Ann"))]
    for i in order:
        told.say(said[i][0], said[i][1])
        told.snapshot()
    return told


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (1, 3, 0, 2)])
def test_one_at_a_time_builds_what_one_batch_builds(order: Sequence[int]) -> None:
    """The graph does not depend on the order in which passages came, or on who asked between."""
    whole, other = grown(Told(), range(4)), grown(Told(), order)
    for one, two in zip(state(whole), state(other), strict=True):
        assert one == pytest.approx(two) if isinstance(one, dict) else one == two


@pytest.mark.parametrize("how", ["delete", "erase"])
def test_what_came_and_went_leaves_no_trace(how: str) -> None:
    """A passage that was added and taken away has neither a node nor an edge."""
    told = grown(Told(), [0, 2])
    before = state(told)
    item = told.say("gone", ("Bob", "likes", "Ann"), WORKS)
    assert state(told) != before
    getattr(told.memory, how)(item.id)
    assert state(told) == before


def test_a_graph_over_some_rows_has_just_those() -> None:
    """Passages outside, and what only they state, are not in it."""
    told = grown(Told(), [0, 2])
    rows = [
        told.view().row_of[item.id] for item in told.memory.list(kinds=["text"]) if item.text == "a"
    ]
    seen = told.snapshot(rows)
    assert seen.spread() == {"ann": 1, "oslo": 1}
    assert seen.snapshot.passages.tolist() == rows
    assert told.snapshot([]).spread() == {}


def test_the_graph_of_all_is_made_once() -> None:
    """Asked again it is the same object; after a change it is another; a part is not kept."""
    told = grown(Told(), [0, 1])
    one = told.snapshot().snapshot
    assert told.snapshot().snapshot is one
    part = told.snapshot([0]).snapshot
    assert told.snapshot([0]).snapshot is not part
    assert told.snapshot().snapshot is one
    told.say("c", BORN)
    assert told.snapshot().snapshot is not one


def test_a_held_view_is_read_as_it_was() -> None:
    """Rows that came after it are not in the graph of an older frame."""
    told = grown(Told(), [0])
    view = told.view()
    told.say("later", BORN)
    graph = told.graphs.of(told.view())
    old = Seen(view, graph, graph.snapshot(view, view.rows.alive.values & view.rows.raw.values))
    assert old.spread() == {"ann": 1, "oslo": 1}
    assert told.snapshot().spread() == {"ann": 1, "oslo": 2, "bob": 1}


def test_graphs_never_cross_tenants() -> None:
    """Each user's graph is of that user's words alone."""
    told = Told()
    told.say("a", LIVES, user_id="one")
    told.say("b", BORN, user_id="two")
    assert told.snapshot(user="one").spread() == {"ann": 1, "oslo": 1}
    assert told.snapshot(user="two").spread() == {"bob": 1, "oslo": 1}
    assert told.snapshot(user="three").spread() == {}


def test_a_view_that_starts_anew_has_a_graph_anew() -> None:
    """Row numbers of an older view mean nothing in a new one."""
    told = grown(Told(), [0, 1, 2])
    before = state(told)
    graph = told.graphs.of(told.view())
    told.memory._runtime.forget()
    assert told.graphs.of(told.view()) is not graph
    assert state(told) == before
    assert told.graphs.of(told.view()) is told.graphs.of(told.view())


def test_an_empty_memory_has_an_empty_graph() -> None:
    """No rows, no phrases, and walks of no node."""
    seen = Told().snapshot()
    assert (seen.spread(), seen.held()) == ({}, set())
    assert seen.snapshot.phrase_walk.pagerank(np.zeros(0)).tolist() == []


def test_phrases_of_any_script_are_nodes() -> None:
    """The words of a phrase are compared as `phrase_of` writes them."""
    told = Told()
    told.say("x", ("Анна", "живёт в", "Осло"))
    told.say("y", ("анна", "любит", "猫"))
    assert told.snapshot().spread() == {"анна": 2, "осло": 1, "猫": 1}
