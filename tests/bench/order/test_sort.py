"""SORT: the pairs are drawn as they should be, and a memory orders what it can place."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from combray.bench.order import sort
from combray.bench.order.sort import BINS, Shape, pairs
from combray.core.errors import InputError, UnknownName
from tests.words import Words


def book(size: int = 1500) -> str:
    """A text in which every word is new and every seventh ends a sentence."""
    return " ".join(f"word{i}{'.' if i % 7 == 6 else ''}" for i in range(size))


def place(segment: str) -> int:
    """Where a segment of `book` begins."""
    return int(segment.split()[0].strip(".").removeprefix("word"))


def test_pairs_begin_sentences_and_keep_their_distance() -> None:
    """Segments stand at sentence starts, apart by what their bin says, and never overlap."""
    for pair in pairs("b", book(), Shape(segment=20, pairs=40)):
        first, second = sorted(map(place, pair.shown))
        assert first % 7 == second % 7 == 0
        low = (0, *BINS)[pair.bin] * pair.length
        assert max(20, low) <= second - first <= BINS[pair.bin] * pair.length
        assert (place(pair.shown[0]) == first) == (pair.first == 0)
        assert all(len(segment.split()) == 20 for segment in pair.shown)


def test_orders_lengths_and_bins_take_turns() -> None:
    """Half of the pairs show the later segment first, whatever the length and the distance."""
    drawn = pairs("b", book(), Shape(segment=20, pairs=80))
    counts = Counter((pair.length, pair.bin, pair.first) for pair in drawn)
    assert len(drawn) == 80
    assert {length for length, _, _ in counts} == {250, 1000}
    assert max(counts.values()) == min(counts.values())


def test_the_same_seed_draws_the_same_pairs() -> None:
    """Pairs, and the words kept of them, follow from the name and the seed."""
    shape = Shape(segment=20, keep=0.5, pairs=8)
    assert pairs("b", book(), shape) == pairs("b", book(), shape)
    assert pairs("b", book(), shape) != pairs("b", book(), shape, seed=1)
    assert all(len(part.split()) == 10 for p in pairs("b", book(), shape) for part in p.shown)


def test_kept_words_are_put_in_order_and_shuffled_positions_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A memory of the words is right wherever the chunks differ; without positions it guesses."""
    texts = [(f"b{n}", " ".join(random.Random(n).sample(book().split(), 1500))) for n in range(2)]
    monkeypatch.setattr(sort, "books", lambda: texts)
    shape = Shape(segment=20, pairs=20, chunk=20)
    table = sort.measure(["bm25", sort.SHUFFLED], Words(), shape)
    rows = {row["system"]: row["accuracy"] for row in table["rows"]}
    assert rows["bm25"] == 1.0
    assert 0.3 < rows[sort.SHUFFLED] < 0.7
    assert rows[sort.CHANCE] == 0.5


def test_wrong_shapes_and_names_are_refused() -> None:
    """A share of nothing and an unknown memory are errors before anything is read."""
    with pytest.raises(InputError, match="keep"):
        Shape(keep=0)
    with pytest.raises(UnknownName, match="dense"):
        sort.measure(["dens"], Words(), Shape())
