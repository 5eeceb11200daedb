"""Postings: which rows hold a term and how often, as counting the documents says."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.index.postings import BULK, Postings

Documents = list[list[str]]
TERMS = ["heron", "river", "猫", "🦊", "zoë", "x"]
one_batch = st.lists(st.lists(st.sampled_from(TERMS), max_size=6), max_size=5)


def told(postings: Postings) -> dict[str, list[tuple[int, float]]]:
    """(row, count) of every row that holds each term."""
    found = {}
    for term in [*TERMS, "nowhere"]:
        rows, counts = postings.find(term)
        assert len(rows) == len(counts)
        found[term] = list(zip(rows.tolist(), counts.tolist(), strict=True))
    return found


def counted(documents: Documents) -> dict[str, list[tuple[int, float]]]:
    """The same by counting each document anew."""
    counts = [Counter(document) for document in documents]
    return {
        term: [(row, float(each[term])) for row, each in enumerate(counts) if each[term]]
        for term in [*TERMS, "nowhere"]
    }


def drawn(size: int, seed: int = 0) -> Documents:
    """So many documents of random terms, some of them empty."""
    dice = random.Random(seed)
    return [dice.choices(TERMS, k=dice.randrange(6)) for _ in range(size)]


@settings(max_examples=60, deadline=None)
@given(batches=st.lists(one_batch, max_size=5))
def test_postings_count_the_documents(batches: list[Documents]) -> None:
    """In any parts, each term has its rows in order with its counts."""
    postings, documents = Postings(), Documents()
    for batch in batches:
        postings.add(len(documents), batch)
        documents += batch
        assert told(postings) == counted(documents)


@pytest.mark.parametrize("sizes", [(BULK,), (BULK - 1,), (3, BULK, 5), (BULK, 2, BULK + 7, 1)])
def test_a_block_and_its_tails_are_one_index(sizes: tuple[int, ...]) -> None:
    """Many at once become a sorted block, few a tail; what is found is the same."""
    documents = drawn(sum(sizes))
    postings, first = Postings(), 0
    for size in sizes:
        postings.add(first, documents[first : first + size])
        first += size
    assert told(postings) == counted(documents)


def test_long_tails_are_folded_in() -> None:
    """Grown to more than 50,000 entries one by one, all of them are still found."""
    postings = Postings()
    for row in range(1100):
        postings.add(row, [[f"t{row % 7}", *(f"w{n}" for n in range(50))]])
    assert postings._tail_size < 50_000
    rows, counts = postings.find("w3")
    assert rows.tolist() == list(range(1100))
    assert set(counts.tolist()) == {1.0}
    assert postings.find("t2")[0].tolist() == list(range(2, 1100, 7))


def test_a_fork_goes_on_alone() -> None:
    """The original keeps to the rows it has, though both append to the same tails."""
    documents = drawn(BULK + 30)
    original = Postings()
    original.add(0, documents[: BULK + 5])
    original.add(BULK + 5, documents[BULK + 5 : BULK + 10])
    before = counted(documents[: BULK + 10])
    fork = original.fork()
    fork.add(BULK + 10, documents[BULK + 10 :])
    assert told(original) == before
    assert told(fork) == counted(documents)


def test_a_fork_that_is_rebuilt_leaves_the_original() -> None:
    """A bulk load into the fork makes it a block of its own."""
    documents = drawn(2 * BULK + 3)
    original = Postings()
    original.add(0, documents[:3])
    fork = original.fork()
    fork.add(3, documents[3:])
    assert told(original) == counted(documents[:3])
    assert told(fork) == counted(documents)


def test_nothing_is_found_in_nothing() -> None:
    """No documents, empty documents, and terms that came after."""
    postings = Postings()
    assert [len(part) for part in postings.find("heron")] == [0, 0]
    postings.add(0, [[], []])
    assert len(postings.find("heron")[0]) == 0
    postings.add(2, [["heron", "heron"]])
    assert [part.tolist() for part in postings.find("heron")] == [[2], [2.0]]


def test_a_term_that_only_the_tail_knows_is_found() -> None:
    """Numbers given after the block was built lie beyond its starts."""
    postings = Postings()
    postings.add(0, [["old"]] * BULK)
    postings.add(BULK, [["new", "old"]])
    assert postings.find("new")[0].tolist() == [BULK]
    assert postings.find("old")[0].tolist() == list(range(BULK + 1))


def test_bytes_are_those_of_the_numbers() -> None:
    """Four for a row and four for a count of every entry, and the starts of the terms."""
    postings = Postings()
    empty = postings.nbytes()
    postings.add(0, [["a", "b"], ["a"]])
    assert postings.nbytes() == empty + 3 * 8
    postings.add(2, [["a"]] * BULK)
    assert postings.nbytes() == (3 + BULK) * 8 + 8 * (2 + 1)
