"""SORT: the pairs are drawn as they should be, and a memory orders what it can place."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from combray.bench.order import sort
from combray.bench.order.sort import BINS, Answer, Pair, PairShape, pairs
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
    for pair in pairs("b", book(), PairShape(segment=20, pairs=40)):
        first, second = sorted(map(place, pair.shown))
        assert first % 7 == second % 7 == 0
        low = (0, *BINS)[pair.bin] * pair.length
        assert max(20, low) <= second - first <= BINS[pair.bin] * pair.length
        assert (place(pair.shown[0]) == first) == (pair.first == 0)
        assert all(len(segment.split()) == 20 for segment in pair.shown)


def test_orders_lengths_and_bins_take_turns() -> None:
    """Half of the pairs show the later segment first, whatever the length and the distance."""
    drawn = pairs("b", book(), PairShape(segment=20, pairs=80))
    counts = Counter((pair.length, pair.bin, pair.first) for pair in drawn)
    assert len(drawn) == 80
    assert {length for length, _, _ in counts} == {250, 1000}
    assert max(counts.values()) == min(counts.values())


def test_the_same_seed_draws_the_same_pairs() -> None:
    """Pairs, and the words kept of them, follow from the name and the seed."""
    shape = PairShape(segment=20, keep=0.5, pairs=8)
    assert pairs("b", book(), shape) == pairs("b", book(), shape)
    assert pairs("b", book(), shape) != pairs("b", book(), shape, seed=1)
    assert all(len(part.split()) == 10 for p in pairs("b", book(), shape) for part in p.shown)


def test_kept_words_are_put_in_order_and_shuffled_positions_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A memory of the words is right wherever the chunks differ; without positions it guesses."""
    texts = [(f"b{n}", " ".join(random.Random(n).sample(book().split(), 1500))) for n in range(2)]
    monkeypatch.setattr(sort, "books", lambda: texts)
    shape = PairShape(segment=20, pairs=20, chunk=20)
    table = sort.measure(["bm25", sort.SHUFFLED], Words(), shape)
    rows = {row["system"]: row["accuracy"] for row in table["rows"]}
    assert rows["bm25"] == 1.0
    assert 0.3 < rows[sort.SHUFFLED] < 0.7
    assert rows[sort.CHANCE] == 0.5


def test_wrong_shapes_and_names_are_refused() -> None:
    """A share of nothing and an unknown memory are errors before anything is read."""
    with pytest.raises(InputError, match="keep"):
        PairShape(keep=0)
    with pytest.raises(UnknownName, match="dense"):
        sort.measure(["dens"], Words(), PairShape())


def test_excerpts_longer_than_the_book_are_left_out() -> None:
    """A book of 300 words has excerpts of 250; one of 200 has none."""
    shape = PairShape(segment=20, pairs=8)
    assert {pair.length for pair in pairs("b", book(300), shape)} == {250}
    assert pairs("b", book(200), shape) == []
    assert pairs("b", "", shape) == []


def test_a_book_without_sentences_has_no_pairs() -> None:
    """Only its first word begins one, and two segments need two beginnings."""
    text = " ".join(f"word{i}" for i in range(600))
    assert pairs("b", text, PairShape(segment=20, pairs=4)) == []


def test_quotation_marks_may_follow_the_end_of_a_sentence() -> None:
    """A full stop, a question or an exclamation mark, with whatever closes after it."""
    for word in ("end.", "end!", "end?", 'end."', "end.”", "end!')"):
        assert sort._END.search(word)
    for word in ("end", "end,", "3.5", "e.g.x"):
        assert not sort._END.search(word)


class Placed:
    """A memory that finds a segment at the place it is told."""

    def __init__(self, **places: int) -> None:
        self._places = places

    def search(self, text: str, **_: object) -> list[object]:
        """The moment of a text, or nothing."""
        if text not in self._places:
            return []
        item = type("Item", (), {"first_at_us": self._places[text]})
        return [type("Hit", (), {"item": item})]


@pytest.mark.parametrize(
    ("places", "first", "right"),
    [
        ({"a": 1, "b": 2}, 0, 1.0),
        ({"a": 1, "b": 2}, 1, 0.0),
        ({"a": 2, "b": 1}, 1, 1.0),
        ({"a": 2, "b": 1}, 0, 0.0),
        ({"a": 1, "b": 1}, 0, 0.5),
        ({"a": 1}, 0, 0.5),
        ({}, 1, 0.5),
    ],
)
def test_the_earlier_one_came_first(places: dict[str, int], first: int, right: float) -> None:
    """By when their best answers were said; a tie, or a segment not found, is half right."""
    pair = Pair(length=250, bin=0, shown=("a", "b"), first=first)
    answer = sort._answer(Placed(**places), pair)  # type: ignore[arg-type]
    assert (answer.right, answer.length, answer.bin) == (right, 250, 0)


def test_figures_are_means_by_length_and_by_distance() -> None:
    """With the interval of all; a length nobody was asked about has none."""
    answers = [
        Answer(length=250, bin=0, right=1.0),
        Answer(length=250, bin=3, right=0.5),
        Answer(length=1000, bin=0, right=0.0),
    ]
    found = sort._figures(answers)
    assert (found["accuracy"], found["L 250"], found["L 1,000"]) == (0.5, 0.75, 0.0)
    assert (found["≤ L/4"], found["≤ L/3"], found["≤ 0.8 L"]) == (0.5, None, 0.5)
    assert found["L 20,000"] is None
    low, high = map(float, found["95 %"].split("–"))
    assert low <= 0.5 <= high


def test_books_of_book_sort_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those whose source is SORT, with their words; others are of other benches."""
    folder = tmp_path / "books"
    folder.mkdir()
    index = [{"id": 7, "source": "Book-SORT"}, {"id": 8, "source": "elsewhere"}]
    (folder / "index.json").write_text(json.dumps(index))
    with gzip.open(folder / "7.txt.gz", "wt", encoding="utf-8") as file:
        file.write("Il était une fois.")
    monkeypatch.setenv("COMBRAY_DATA", str(tmp_path))
    assert sort.books() == [("7", "Il était une fois.")]


def test_a_table_says_how_it_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Title, command and note have the numbers; progress counts books of every memory."""
    monkeypatch.setattr(sort, "books", lambda: [("a", book(400)), ("b", book(400))])
    seen: list[tuple[int, int]] = []
    shape = PairShape(segment=20, pairs=4, chunk=40, keep=0.5)
    table = sort.measure(
        ["bm25"], Words(), shape, command="combray bench sort", progress=lambda *x: seen.append(x)
    )
    assert (table["title"], table["command"]) == ("SORT, 20 words, 50% kept", "combray bench sort")
    for words in ("2 books", "chunks of 40 words", "4 pairs", "50% of them kept", "seed 0"):
        assert words in table["note"]
    assert [row["system"] for row in table["rows"]] == ["bm25", "chance"]
    assert seen == [(1, 2), (2, 2)]


@pytest.mark.parametrize("wrong", [{"segment": 0}, {"pairs": 0}, {"chunk": -1}, {"keep": 1.01}])
def test_shapes_have_bounds(wrong: dict[str, float]) -> None:
    """Nothing of length nothing."""
    with pytest.raises(InputError, match="at least 1, and keep in"):
        PairShape(**wrong)  # type: ignore[arg-type]
