"""Zep: the axioms of two times, names, recipes, communities."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray import Memory
from combray.core.errors import InputError
from combray.models.stub_model import stub_answer
from combray.recall.entities.resolution import EntityResolver, tellable
from combray.recall.graph.communities import communities
from combray.testing import Asked, FakeModelServer
from tests.words import Words

TOWNS = ("Paris", "Rome", "Oslo", "Lima")
LIFE = tuple(
    (f"2024-{month:02}-01", who, f"I live in {town}.")
    for month, (who, town) in enumerate(itertools.product(("Ann", "Bob"), TOWNS), start=1)
)


def opened(**options: Any) -> Memory:
    """A memory under zep."""
    return Memory(system="zep", embedder=Words(), options=options)


def tell(memory: Memory, said: Any = LIFE) -> None:
    """Say things, each at its time."""
    for day, who, text in said:
        memory.add({"role": "user", "name": who, "content": text}, user_id="u1", timestamp=day)


def line(memory: Memory) -> list[tuple[str | None, str, Any]]:
    """Every live edge with its speaker and when it held."""
    edges = memory.list(user_id="u1", kinds=["edge"], limit=1000)
    return sorted((e.name, e.text, *e.valid) for e in edges)


def homes(memory: Memory, who: str, **when: Any) -> list[str]:
    """Where somebody lives, of all that is found."""
    hits = memory.search(f"Where does {who} live?", user_id="u1", limit=100, **when)
    return sorted({hit.text for hit in hits if hit.item.name == who})


@pytest.mark.parametrize("seed", range(3))
def test_the_timeline_does_not_depend_on_the_order_of_arrival(seed: int) -> None:
    """Told in any order, the same edges hold at the same times."""
    shuffled = list(LIFE)
    random.Random(seed).shuffle(shuffled)
    with opened() as straight, opened() as mixed:
        tell(straight)
        tell(mixed, shuffled)
        assert line(mixed) == line(straight)


def test_one_value_holds_at_any_instant_and_the_past_answers() -> None:
    """In each month there is exactly one home for each person who has one, the one said last."""
    with opened() as memory:
        tell(memory)
        for month, (_, who, text) in enumerate(LIFE, start=1):
            assert homes(memory, who, as_of=f"2024-{month:02}-15") == [text]
        assert homes(memory, "Ann") == ["I live in Lima."]
        assert homes(memory, "Ann", as_of="2023-01-01") == []


def test_what_was_known_then_is_told_as_it_was_known() -> None:
    """Before the second message was known, the first value held without an end."""
    with opened() as memory:
        tell(memory, LIFE[:1])
        then = memory.list(user_id="u1", kinds=["edge"])[0].known[0]
        tell(memory, LIFE[1:2])
        assert homes(memory, "Ann") == ["I live in Rome."]
        assert homes(memory, "Ann", known_at=then) == ["I live in Paris."]


def test_nothing_is_destroyed() -> None:
    """Every edge that was ever stored is there, with its history."""
    with opened() as memory:
        tell(memory)
        edges = [item for item in memory._store.items("u1") if item.kind == "edge"]
        assert len(edges) == len(LIFE)
        assert all(memory.history(edge.id)[0].op == "add" for edge in edges)
        assert memory.verify().ok


def test_an_edge_said_again_has_more_episodes() -> None:
    """The same words by the same speaker are one edge that cites every turn."""
    again = [(day, "Ann", "I love sailing boats.") for day in ("2024-05-01", "2024-06-01")]
    with opened(recipe="episode_mentions") as memory:
        tell(memory, [again[0], ("2024-06-02", "Ann", "I love old sailing maps.")])
        turn = {"role": "user", "name": "Ann", "content": again[1][2]}
        memory.add([turn, turn], user_id="u1", timestamp=again[1][0])
        hits = memory.search("sailing", user_id="u1")
        assert [len(hit.evidence) for hit in hits] == [3, 1]
        assert f"{hits[0].item.valid[0]:%Y-%m}" == "2024-05"


def test_an_edge_from_1970_stays_from_1970() -> None:
    """Said again later, an edge that holds from 0 microseconds holds from then."""
    with opened() as memory:
        turn = {"role": "user", "name": "Ann", "content": "I love sailing boats."}
        memory.add(turn, user_id="u1", timestamp="1970-03-01", valid_from="1970-01-01")
        memory.add(turn, user_id="u1", timestamp="1970-04-01")
        (edge,) = memory.list(user_id="u1", kinds=["edge"])
        assert len(edge.sources) == 2
        assert edge.valid_from_us == 0


def test_a_hit_says_when_its_fact_held() -> None:
    """An edge that ended shows both days, one that holds shows the present."""
    with opened() as memory:
        tell(memory, LIFE[:2])
        (now,) = [h for h in memory.search("live", user_id="u1") if h.item.kind == "edge"]
        assert (now.text, now.explain["interval"]) == ("I live in Rome.", "2024-02-01 – present")
        (past,) = memory.search("live", user_id="u1", as_of="2024-01-15")
        assert past.text == "I live in Paris."
        assert past.explain["interval"] == "2024-01-01 – 2024-02-01"
        (west,) = memory.search(
            "live", user_id="u1", as_of="2024-01-15", timezone="America/New_York"
        )
        assert west.explain["interval"] == "2023-12-31 – 2024-01-31", "in days of who asks"


# ── names ────────────────────────────────────────────────────────────────────────────────────────


def test_spellings_of_a_long_name_are_one_entity_and_short_ones_are_not() -> None:
    """The gate lets only names through that can be told apart by their letters."""
    classes = EntityResolver()
    long = "the international federation of robotics"
    for name in (long, f"{long}s", "ann", "anna", "aaaaaaaa", "aaaaaaaaa"):
        classes.add(name)
    assert classes.of(f"{long}s") == long
    near = classes.add("the national federation of robotics")
    assert near == "the national federation of robotics", "they overlap by .77"
    assert classes.of("anna") == "anna"
    assert classes.of("aaaaaaaaa") == "aaaaaaaaa"
    assert [tellable(n) for n in ("ann", "aaaaaaaa", "ann lee", "robotics")] == [
        False,
        False,
        True,
        True,
    ]


@given(st.lists(st.text("abc ", min_size=6, max_size=14), max_size=12), st.randoms())
def test_the_classes_of_names_do_not_depend_on_their_order(
    names: list[str], shuffle: random.Random
) -> None:
    """The same names in another order make the same entities."""
    one, other = EntityResolver(), EntityResolver()
    for name in names:
        one.add(name)
    for name in shuffle.sample(names, len(names)):
        other.add(name)
    assert {name: one.of(name) for name in names} == {name: other.of(name) for name in names}


# ── communities ──────────────────────────────────────────────────────────────────────────────────


def test_two_nodes_with_a_heavy_edge_settle() -> None:
    """The pair that swaps labels for ever when both move at once is one community."""
    assert communities({"a": {"b": 2.0}, "b": {"a": 2.0}}) == [["a", "b"]]


@given(st.dictionaries(st.tuples(st.integers(0, 9), st.integers(0, 9)), st.integers(1, 3)))
def test_label_propagation_ends_and_is_deterministic(edges: dict[tuple[int, int], int]) -> None:
    """On any graph it ends, covers every node once, and ignores the order of the edges."""

    def graph(pairs: list[tuple[tuple[int, int], int]]) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for (a, b), weight in pairs:
            found.setdefault(str(a), {})[str(b)] = weight
            found.setdefault(str(b), {})[str(a)] = weight
        return found

    pairs = sorted(edges.items())
    both = {(min(a, b), max(a, b)): w for (a, b), w in pairs}
    groups = communities(graph(list(both.items())))
    assert groups == communities(graph(list(both.items())[::-1]))
    assert sorted(node for group in groups for node in group) == sorted(graph(pairs))


def test_communities_are_made_behind_the_words_and_follow_them() -> None:
    """Two circles of friends become two communities that cite turns."""
    circle = [
        *((f"2024-01-{d:02}", "Ann", f"Dora and Emil came to dinner {d}.") for d in range(1, 27)),
        *((f"2024-02-{d:02}", "Bob", f"Fred and Gina went to see film {d}.") for d in range(1, 27)),
    ]
    with opened() as memory:
        tell(memory, circle)
        assert {job.kind for job in memory.jobs(user_id="u1")} == {"zep/1 communities"}
        memory.consolidate(user_id="u1")
        found = memory.list(user_id="u1", kinds=["community"])
        assert sorted(item.metadata["names"] for item in found) == [
            ["ann", "dora", "emil"],
            ["bob", "fred", "gina"],
        ]
        turns = {item.id for item in memory.list(user_id="u1", kinds=["turn"], limit=100)}
        assert all(turns.issuperset(item.sources) for item in found)
        hit = memory.search("who saw a film", user_id="u1", kinds=["community"], limit=1)[0]
        assert "Gina" in hit.text or "gina" in hit.text


# ── recipes ──────────────────────────────────────────────────────────────────────────────────────

TALK = (
    ("2024-03-01", "Ann", "Dora paints green boats."),
    ("2024-03-02", "Ann", "Dora paints green boats and houses."),
    ("2024-03-03", "Ann", "Emil sold a boat to Dora."),
    ("2024-03-04", "Bob", "Emil lives near Gina in the old town."),
)


@pytest.mark.parametrize("recipe", ["rrf", "mmr", "node_distance", "episode_mentions"])
def test_every_recipe_ranks_the_same_candidates(recipe: str) -> None:
    """A recipe orders; what is found does not depend on it."""
    with opened() as plain, opened(recipe=recipe) as other:
        tell(plain, TALK)
        tell(other, TALK)
        wanted = {hit.text for hit in plain.search("Dora green boats", user_id="u1")}
        assert {hit.text for hit in other.search("Dora green boats", user_id="u1")} == wanted


def test_diversity_comes_from_choosing_greedily() -> None:
    """With λ = 1 the near copy of the best edge is second; below that another edge is."""
    with opened(recipe="mmr", balance=1.0) as same, opened(recipe="mmr", balance=0.3) as other:
        for memory in (same, other):
            tell(memory, TALK)
        first, second = (h.text for h in same.search("Dora green boats", user_id="u1", limit=2))
        assert {first, second} == {TALK[0][2], TALK[1][2]}
        assert other.search("Dora green boats", user_id="u1", limit=2)[0].text == first
        assert other.search("Dora green boats", user_id="u1", limit=2)[1].text != second


def test_distance_ranks_what_is_nearer_to_the_entity_first() -> None:
    """Edges of Dora come before an edge that is one hop away over Emil: 1 / (1 + hops)."""
    with opened(recipe="node_distance") as memory:
        tell(memory, TALK)
        hits = memory.search("Dora", user_id="u1")
        assert {hit.text for hit in hits[:3]} == {text for _, _, text in TALK[:3]}
        assert [hit.score for hit in hits] == [1, 1, 1, 1 / 2]


def test_what_more_episodes_mention_comes_first() -> None:
    """An edge of three turns comes before one that is nearer to the question."""
    said = [(f"2024-05-0{d}", "Ann", "I love sailing boats.") for d in (1, 2, 3)]
    question, first = "Who loves old sailing maps?", {}
    for recipe in ("rrf", "episode_mentions"):
        with opened(recipe=recipe) as memory:
            tell(memory, [*said, ("2024-06-02", "Ann", "I love old sailing maps.")])
            hit = memory.search(question, user_id="u1")[0]
            first[recipe] = (hit.text, hit.score)
    assert first["rrf"][0] == "I love old sailing maps."
    assert first["episode_mentions"] == ("I love sailing boats.", 3)


def test_ranks_are_fused_by_their_reciprocals() -> None:
    """The score of an edge is Σ 1 / (1 + rank) over the searches that found it."""
    with opened() as memory:
        tell(memory, TALK)
        hits = memory.search("Dora green boats", user_id="u1")
        for hit in hits:
            ranks = hit.explain["channels"].values()
            assert hit.score == pytest.approx(sum(1 / (1 + rank) for rank in ranks), abs=1e-6)
        assert len(hits[0].explain["channels"]) == 2


HARBOUR = [
    (f"2024-02-{d:02}", "Cleo", f"I painted green boats in harbour {d} again.")
    for d in range(1, 13)
]


def test_each_search_finds_what_the_others_do_not() -> None:
    """One edge by its vector alone, one by a word alone, one by a walk from what these found."""
    beyond = "Later Dora quarrelled with Emil."
    said = [*HARBOUR, ("2024-03-01", "Ann", "Dora painted green boats.")]
    said.append(("2024-03-02", "Bob", beyond))
    with opened(depth=1) as walking, opened() as still:
        for memory in (walking, still):
            tell(memory, said)
        asked: Any = {"query": "Who painted green boats?", "user_id": "u1", "limit": 5}
        by = {hit.text: set(hit.explain["channels"]) for hit in walking.search(**asked)}
        assert beyond in by
        assert beyond not in [hit.text for hit in still.search(**asked)]
        assert all({only} in by.values() for only in ("cosine", "bm25", "graph"))


def test_the_walk_counts_the_entities_between_edges() -> None:
    """An edge that shares no entity with another is one hop from it over a third."""
    with opened() as memory:
        tell(memory, TALK)
        view = memory._runtime.view("u1")
        names = memory._system._names.of(view)  # type: ignore[attr-defined]
        edges = {e.text: view.row_of[e.id] for e in memory.list(user_id="u1", kinds=["edge"])}
        far = names.distances([edges[TALK[1][2]]], 3)
        assert (far[edges[TALK[2][2]]], far[edges[TALK[3][2]]]) == (1, 2)
        assert names.distances([edges[TALK[1][2]]], 1).get(edges[TALK[3][2]]) is None


def test_a_cross_encoder_has_the_last_word() -> None:
    """The given function orders the candidates; without one the recipe is refused."""

    def shortest(_question: str, texts: Any) -> list[float]:
        return [-float(len(text)) for text in texts]

    with opened(recipe="cross_encoder", cross=shortest) as memory:
        tell(memory, TALK)
        lengths = [len(hit.text) for hit in memory.search("Dora boats", user_id="u1")]
        assert lengths == sorted(lengths)
    for wrong in ({"recipe": "cross_encoder"}, {"recipe": "rff"}, {"resipe": "rrf"}):
        with pytest.raises(InputError, match=r"rrf|recipe|cross"):
            opened(**wrong)


# ── a model ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("days", [("01-01", "02-01"), ("02-01", "01-01")], ids=["in order", "late"])
def test_a_model_that_sees_a_contradiction_ends_the_earlier_edge(days: tuple[str, str]) -> None:
    """Whichever arrives first, the edge that begins earlier ends where the later begins."""

    def answer(asked: Asked) -> Any:
        found = stub_answer(asked.step, asked.schema, asked.data)
        return found | {"op": "SUPERSEDE", "target": 1} if asked.step == "decide" else found

    drinks = {"01-01": "Coffee is my drink.", "02-01": "Tea is my drink."}
    with (
        FakeModelServer(answer) as server,
        Memory(system="zep", embedder=Words(), llm=server.chat(), extractor="llm") as memory,
    ):
        for day in days:
            memory.add(drinks[day], user_id="u1", timestamp=f"2024-{day}", wait=True)
        assert [hit.text for hit in memory.search("my drink", user_id="u1")] == ["Tea is my drink."]
        then = memory.search("my drink", user_id="u1", as_of="2024-01-15")
        assert [hit.text for hit in then] == ["Coffee is my drink."]


def named(asked: Asked) -> Any:
    """A model that knows that Bill is William Gates, whenever both are shown."""
    found = stub_answer(asked.step, asked.schema, asked.data)
    if asked.step == "same":
        new, known = ({m["name"]: m["n"] for m in asked.data[side]} for side in ("new", "known"))
        pairs = [("bill", "william gates"), ("melinda", "melissa")]
        both = [{"new": new[a], "known": known[b]} for a, b in pairs if a in new and b in known]
        return found | {"same": both}
    return found


def test_a_model_joins_names_that_spelling_leaves_apart() -> None:
    """It is asked about new names beside near ones; what it joins is one until it is erased."""
    said = (
        "William Gates founded a software company in Albuquerque.",
        "Bill sold a software company in Albuquerque.",
        "Bill met Melinda in Seattle.",
    )
    with (
        FakeModelServer(named) as server,
        Memory(system="zep", embedder=Words(), llm=server.chat(), extractor="llm") as memory,
    ):
        for day, text in enumerate(said, start=1):
            memory.add(text, user_id="u1", timestamp=f"2024-01-0{day}", wait=True)
        names = memory._system._names  # type: ignore[attr-defined]
        classes = names.of(memory._runtime.view("u1")).classes
        assert classes.of("bill") == classes.of("william gates") == "bill"
        assert classes.of("melinda") == "melinda"
        asked = [a.data for a in server.asked if a.step == "same"]
        new = [{mention["name"] for mention in data["new"]} for data in asked]
        assert new[0] == {"bill"}
        assert "melinda" in new[1]
        assert "bill" not in new[1]
        edge = next(e for e in memory.list(user_id="u1", kinds=["edge"]) if e.text == said[1])
        assert edge.metadata["same"] == [["bill", "william gates"]]
        assert memory.verify().ok
        memory.erase(edge.sources[0])
        classes = names.of(memory._runtime.view("u1")).classes
        assert classes.of("william gates") == "william gates"


def test_a_model_that_joins_what_it_was_not_shown_changes_nothing() -> None:
    """A number that stands for no name fails the job; the words are kept and nothing is joined."""

    def wrong(asked: Asked) -> Any:
        found = stub_answer(asked.step, asked.schema, asked.data)
        return found | {"same": [{"new": 1, "known": 9}]} if asked.step == "same" else found

    with (
        FakeModelServer(wrong) as server,
        Memory(system="zep", embedder=Words(), llm=server.chat(), extractor="llm") as memory,
    ):
        for text in ("Dora sails to Lima.", "In Lima Emil sails."):
            memory.add(text, user_id="u1")
            memory.consolidate(user_id="u1")
        assert [job.error is None for job in memory.jobs(user_id="u1")] == [False]
        assert [e.text for e in memory.list(user_id="u1", kinds=["edge"])] == [
            "Dora sails to Lima."
        ]
        assert "In Lima Emil sails." in [hit.text for hit in memory.search("sails", user_id="u1")]


@pytest.mark.slow
def test_questions_about_the_past_are_all_right_over_a_stream_out_of_order() -> None:
    """Of 2,000 moves told in random order, every home at a past moment is the right one."""
    people = [f"Per{chr(97 + a)}{chr(97 + b)}" for a in range(20) for b in range(20)]
    stream = [
        (f"20{10 + year}-01-01", who, f"I live in {town}.")
        for who in people
        for year, town in enumerate(random.Random(who).choices(TOWNS, k=5))
    ]
    random.Random(0).shuffle(stream)
    with opened() as memory:
        for start in range(0, len(stream), 100):
            memory.add(
                [
                    {"role": "user", "name": who, "content": text, "timestamp": day}
                    for day, who, text in stream[start : start + 100]
                ],
                user_id="u1",
            )
        for year in range(5):
            hits = memory.search("live", user_id="u1", limit=1000, as_of=f"20{10 + year}-06-01")
            found = {(hit.item.name, hit.text) for hit in hits}
            wanted = {(who, text) for day, who, text in stream if day == f"20{10 + year}-01-01"}
            assert found == wanted
