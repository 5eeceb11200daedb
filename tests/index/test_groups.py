"""The groups of columns: what each takes from an item, what it amends, and what a fork shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from combray.core.dates.zones import OFFSET
from combray.core.items import Item, Scope
from combray.core.text import terms
from combray.core.time import to_micros
from combray.index.groups import (
    IMAGE,
    NEVER,
    OPEN_END,
    OPEN_START,
    QUESTION,
    Embeddings,
    GraphColumns,
    NameColumns,
    RowColumns,
    TimeColumns,
    WhoColumns,
    WordColumns,
)
from combray.store.tables.vectors import Generation


def item(text: str = "words", **fields: Any) -> Item:
    """An item with what matters here."""
    return Item(id=text, text=text, **fields)


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────


def test_rows_say_what_each_item_is() -> None:
    """Its number, kind and strength, whether it is live, and whether it is the user's own words."""
    rows = RowColumns()
    rows.append([item(seq=7), item(seq=9, kind="fact", status="retired", strength=0.5)])
    rows.append([item(seq=11, kind="passage", status="pending")])
    assert rows.seq.values.tolist() == [7, 9, 11]
    assert [rows.kind.names[code] for code in rows.kind.values] == ["turn", "fact", "passage"]
    assert rows.alive.values.tolist() == [True, False, False]
    assert rows.raw.values.tolist() == [True, False, True]
    assert rows.strength.values.tolist() == [1, 0.5, 1]


@pytest.mark.parametrize("kind", ["turn", "text", "passage", "fact", "summary", "entity"])
def test_raw_is_what_the_user_said(kind: str) -> None:
    """Turns, texts and passages; everything else is derived."""
    rows = RowColumns()
    rows.append([item(kind=kind)])
    assert rows.raw.values[0] == (kind in ("turn", "text", "passage"))


FUNCTIONAL = {"subject": "ann", "relation": "lives_in", "object": "oslo", "functional": True}


def test_facts_about_the_same_have_one_topic() -> None:
    """A functional fact has what it is about; neither another fact nor another kind has one."""
    rows, fact = RowColumns(), {"kind": "fact", "sources": ("said",)}
    rows.append(
        [
            item("a", **fact, metadata=FUNCTIONAL),
            item("b", **fact, metadata=FUNCTIONAL | {"object": "rome"}),
            item("c", **fact, metadata=FUNCTIONAL | {"functional": False}),
            item("d", kind="edge", sources=("said",), metadata=FUNCTIONAL),
            item("e"),
        ]
    )
    topics = rows.topic.values.tolist()
    assert topics[0] == topics[1] >= 0
    assert topics[2:] == [-1, -1, -1]


def test_a_row_is_amended_in_place() -> None:
    """Status, strength and topic of an item that keeps its text; other rows keep theirs."""
    rows = RowColumns()
    rows.append([item("a", kind="fact", sources=("b",), metadata=FUNCTIONAL), item("b")])
    assert rows.topic.values[0] >= 0
    rows.amend(0, item("a", kind="fact", status="retired", strength=0.25))
    assert rows.alive.values.tolist() == [False, True]
    assert rows.strength.values.tolist() == [0.25, 1]
    assert rows.topic.values.tolist() == [-1, -1]


# ── times ────────────────────────────────────────────────────────────────────────────────────────


def test_times_are_those_of_the_item() -> None:
    """Open ends lie before and after all times; never recalled counts as recalled when said."""
    times = TimeColumns()
    times.append(
        [
            item(
                first_at_us=5, known_from_us=6, valid_from_us=7, valid_to_us=8, last_recalled_us=9
            ),
            item(first_at_us=50),
            item(valid_from_us=0, valid_to_us=0, last_recalled_us=0, first_at_us=3),
        ]
    )
    assert times.first_at.values.tolist() == [5, 50, 3]
    assert times.known_from.values.tolist() == [6, 0, 0]
    assert times.valid_from.values.tolist() == [7, OPEN_START, 0]
    assert times.valid_to.values.tolist() == [8, OPEN_END, 0]
    assert times.recalled.values.tolist() == [9, 50, 0]
    assert OPEN_START < -(10**18) < 10**18 < OPEN_END


def test_the_days_that_words_name_are_columns_too() -> None:
    """Yesterday is the day before it was said, there; what names no day has NEVER."""
    times, told = TimeColumns(), to_micros("2024-05-10T01:00:00+09:00")
    times.append(
        [
            item(text="I saw Ann yesterday.", first_at_us=told, metadata={OFFSET: "+09:00"}),
            item(text="The fair is on 12 May 2024.", first_at_us=told),
            item(text="I saw Ann.", first_at_us=told),
        ]
    )
    hours = 3600 * 1_000_000
    assert times.offset.values.tolist() == [9 * hours, NEVER, NEVER]
    assert times.elsewhen.values.tolist() == [True, False, False]
    starts = [to_micros("2024-05-09T00:00:00+09:00"), to_micros("2024-05-12"), NEVER]
    assert times.about_from.values.tolist() == starts
    ends = [to_micros("2024-05-10T00:00:00+09:00"), to_micros("2024-05-13"), NEVER]
    assert times.about_to.values.tolist() == ends


def test_times_are_amended_in_place() -> None:
    """When it was said, when it holds and when it was recalled; when it was learnt stays."""
    times = TimeColumns()
    times.append([item(first_at_us=5), item(first_at_us=6)])
    times.amend(0, item(first_at_us=99, valid_from_us=1, valid_to_us=2, last_recalled_us=3))
    assert times.first_at.values.tolist() == [99, 6]
    assert times.valid_from.values.tolist() == [1, OPEN_START]
    assert times.valid_to.values.tolist() == [2, OPEN_END]
    assert times.recalled.values.tolist() == [3, 6]
    times.amend(0, item(first_at_us=5))
    assert times.valid_from.values[0] == OPEN_START
    assert times.recalled.values[0] == 5


# ── who ──────────────────────────────────────────────────────────────────────────────────────────


def test_who_said_it_to_whom_and_who_stored_it() -> None:
    """The speaker is a name, else a role, else nobody; the rest is of the scope."""
    who = WhoColumns()
    who.append(
        [
            item(name="Ann", role="user", scope=Scope("u", "agent", "s1")),
            item(role="assistant", scope=Scope("u", None, "s1"), created_by="tim"),
            item(),
        ]
    )
    names = [[column.names[c] if c >= 0 else None for c in column.values] for column in (
        who.speaker, who.agent, who.session, who.creator,
    )]  # fmt: skip
    assert names == [
        ["Ann", "assistant", None],
        ["agent", None, None],
        ["s1", "s1", None],
        ["user", "tim", "user"],
    ]


# ── words ────────────────────────────────────────────────────────────────────────────────────────


def test_the_words_of_an_item_are_indexed() -> None:
    """Terms of text, title and caption, and emoji, which count as no length."""
    words = WordColumns()
    words.append(
        [item("The herons flew."), item("flew 🦊", metadata={"title": "Heron", "caption": "x ray"})]
    )
    found = {term: words.postings.find(term)[0].tolist() for term in ("heron", "flew", "🦊", "ray")}
    assert found == {"heron": [0, 1], "flew": [0, 1], "🦊": [1], "ray": [1]}
    assert words.length.values.tolist() == [2, len(terms("Heron. flew [x ray]"))]
    words.append([item("heron heron")])
    assert words.postings.find("heron")[1].tolist() == [1, 1, 2]


def traits(text: str, **metadata: Any) -> set[str]:
    """What an utterance is marked as, but for what its words say."""
    words = WordColumns()
    words.append([item(text, metadata=metadata)])
    value = int(words.traits.values[0])
    return {name for name, bit in (("question", QUESTION), ("image", IMAGE)) if value & bit}


def test_questions_and_pictures_are_marked() -> None:
    """A question mark of either width in the text; a key of a picture in the metadata."""
    assert traits("Is it?") == traits("なに？") == {"question"}
    assert traits("It is.") == traits("It is.", title="Is it?") == set()
    assert traits("Look.", caption="a heron") == traits("Look.", image_url="x") == {"image"}
    assert traits("Is it?", image="x") == {"question", "image"}


def test_words_say_more_of_an_utterance() -> None:
    """Words of time and of oneself, of the text and not of its title."""
    words = WordColumns()
    said = ["I saw it yesterday", "I saw it", "it came yesterday", "it came"]
    words.append([item(text) for text in said])
    both, own, timed, none = (int(value) for value in words.traits.values)
    assert both == own | timed
    assert own != timed
    assert none == 0
    titled = WordColumns()
    titled.append([item("it came", metadata={"title": "My yesterday"})])
    assert titled.traits.values.tolist() == [0]


def test_a_text_is_known_by_its_row() -> None:
    """The same text with the same title, caption and pictures; other metadata does not count."""
    words = WordColumns()
    words.append([item("one"), item("two", metadata={"title": "T", "tag": 1})])
    assert words.same_text(0, item("one", metadata={"tag": 2}))
    assert words.same_text(1, item("two", metadata={"title": "T", "tag": 2}))
    assert not words.same_text(0, item("two"))
    for changed in (
        {"title": "U"},
        {"title": "T", "caption": "c"},
        {"title": "T", "image": "i"},
        {},
    ):
        assert not words.same_text(1, item("two", metadata=changed))


# ── names ────────────────────────────────────────────────────────────────────────────────────────


def test_names_are_found_in_texts_and_titles() -> None:
    """Each row has its names, each name its rows, and a row what it is about."""
    names = NameColumns()
    names.append([item("Ann Lee met Bob Ray."), item("nobody")])
    names.append([item("It is old.", metadata={"title": "Ann Lee (city)"}), item("Bob Ray sings.")])
    told = [[names.codes.names[code] for code in codes] for codes in names.named]
    assert told == [["ann lee", "bob ray"], [], ["ann lee"], ["bob ray"]]
    mentions = {names.codes.names[code]: rows for code, rows in names.mentions.items()}
    assert mentions == {"ann lee": [0, 2], "bob ray": [0, 3]}
    assert names.title.values.tolist() == [-1, -1, names.codes.find("ann lee"), -1]
    assert names.codes.find("ann lee") in names.titled
    assert names.codes.find("bob ray") not in names.titled


def test_a_row_that_names_its_title_names_it_once() -> None:
    """In the text and in the title it is one mention."""
    names = NameColumns()
    names.append([item("Ann Lee sings.", metadata={"title": "Ann Lee"})])
    assert names.named == [(names.codes.find("ann lee"),)]
    assert list(names.mentions.values()) == [[0]]


def test_readers_keep_the_mentions_they_hold() -> None:
    """The rows of a name are a new list each time more come."""
    names = NameColumns()
    names.append([item("Ann Lee sings.")])
    code = names.codes.find("ann lee")
    held = names.mentions[code]
    names.append([item("Ann Lee dances.")])
    assert (held, names.mentions[code]) == ([0], [0, 1])


# ── graph and embeddings ─────────────────────────────────────────────────────────────────────────


def test_an_edge_leads_from_a_row_to_each_of_its_sources() -> None:
    """Edge by edge, in the order they came."""
    graph = GraphColumns()
    graph.append(5, [0, 2])
    graph.append(6, [])
    graph.append(7, [5])
    assert graph.citing.values.tolist() == [5, 5, 7]
    assert graph.cited.values.tolist() == [0, 2, 5]


GENERATION = Generation(seq=3, embedder="words", dim=4, state="active")


def test_another_generation_begins_with_every_row_missing() -> None:
    """No vectors yet, of the width of the embedder; what was coded before is gone."""
    embeddings = Embeddings()
    assert (embeddings.vectors, embeddings.generation, embeddings.nbytes()) == (None, None, 0)
    before = embeddings.scan
    embeddings.start(GENERATION, {0, 4})
    assert (embeddings.generation, embeddings.embedder, embeddings.missing) == (3, "words", {0, 4})
    assert embeddings.vectors is not None
    assert embeddings.vectors.values.shape == (0, 4)
    assert embeddings.scan is not before


# ── forks ────────────────────────────────────────────────────────────────────────────────────────

ITEMS = [item("Ann Lee met me?"), item("two", metadata={"title": "Bob"})]
MORE = [item("Ann Lee", kind="fact", name="Cleo", scope=Scope("u", "a", "s"))]


def columns(group: Any) -> dict[str, list[Any]]:
    """The values of every column of a group, as plain numbers."""
    found = {name: getattr(group, name) for name in group.__slots__}
    return {
        name: c.values.tolist()
        for name, c in found.items()
        if hasattr(c, "values") and not isinstance(c, dict)
    }


@pytest.mark.parametrize("make", [RowColumns, TimeColumns, WhoColumns, WordColumns, NameColumns])
def test_a_fork_goes_on_and_the_original_stays(make: Callable[[], Any]) -> None:
    """Rows that come to a fork, and rows that it amends, are not seen in the original."""
    original, whole = make(), make()
    original.append(ITEMS)
    whole.append(ITEMS)
    before = columns(original)
    assert before == columns(original.fork())
    fork = original.fork()
    fork.append(MORE)
    whole.append(MORE)
    if hasattr(fork, "amend"):
        changed = item(
            "two",
            status="retired",
            strength=0.1,
            valid_from_us=1,
            valid_to_us=2,
            last_recalled_us=3,
        )
        fork.amend(0, changed)
        whole.amend(0, changed)
    assert columns(original) == before
    assert columns(fork) == columns(whole)


def test_forked_words_find_their_own_rows() -> None:
    """The original does not find what the fork took in."""
    original = WordColumns()
    original.append(ITEMS)
    fork = original.fork()
    fork.append(MORE)
    assert original.postings.find("ann")[0].tolist() == [0]
    assert fork.postings.find("ann")[0].tolist() == [0, 2]
    assert fork.same_text(2, MORE[0])


def test_forked_names_have_their_own_mentions() -> None:
    """The original's names keep the rows they had."""
    original = NameColumns()
    original.append(ITEMS)
    fork = original.fork()
    fork.append(MORE)
    code = original.codes.find("ann lee")
    assert (original.mentions[code], fork.mentions[code]) == ([0], [0, 2])


def test_a_forked_graph_and_its_vectors_go_on_alone() -> None:
    """Edges, vectors, and which rows miss one."""
    graph = GraphColumns()
    graph.append(1, [0])
    more = graph.fork()
    more.append(2, [0])
    assert (len(graph.citing), len(more.citing)) == (1, 2)
    embeddings = Embeddings()
    assert embeddings.fork().vectors is None
    embeddings.start(GENERATION, {0, 1})
    assert embeddings.vectors is not None
    embeddings.vectors.extend(np.ones((2, 4)))
    fork = embeddings.fork()
    fork.missing.discard(0)
    assert fork.vectors is not None
    fork.vectors.extend(np.zeros((1, 4)))
    assert (len(embeddings.vectors), embeddings.missing) == (2, {0, 1})
    assert (len(fork.vectors), fork.missing) == (3, {1})
    assert (fork.generation, fork.embedder) == (3, "words")


@pytest.mark.parametrize(
    ("make", "bytes_a_row"),
    [
        (RowColumns, 8 + 4 + 4 + 1 + 1 + 4),
        (TimeColumns, 8 * 8 + 1),
        (WhoColumns, 4 * 4),
        (NameColumns, 4),
    ],
)
def test_a_group_measures_its_columns(make: Callable[[], Any], bytes_a_row: int) -> None:
    """The bytes of its numbers, for each row."""
    group = make()
    assert group.nbytes() == 0
    group.append(ITEMS)
    assert group.nbytes() == 2 * bytes_a_row


def test_words_edges_and_vectors_are_measured() -> None:
    """Lengths, traits and postings; both ends of an edge; four bytes a number of a vector."""
    words = WordColumns()
    words.append(ITEMS)
    assert words.nbytes() == 2 * (4 + 1) + words.postings.nbytes()
    graph = GraphColumns()
    graph.append(1, [0, 0])
    assert graph.nbytes() == 2 * 8
    embeddings = Embeddings()
    embeddings.start(GENERATION, set())
    assert embeddings.vectors is not None
    embeddings.vectors.extend(np.ones((2, 4)))
    assert embeddings.nbytes() == 2 * 4 * 4
