"""Conversations: who spoke before and after, as a list of each conversation says."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from combray.index.conversations import GAP, PART, UNNAMED, Conversations, Place

HOUR = 3600 * 1_000_000
Said = dict[int, tuple[str, int, int]]
"""Row → (conversation, time, seq) of the rows that are there."""


def talks(said: Said) -> list[list[int]]:
    """The rows of each conversation in their order; unnamed talk is cut after six silent hours."""
    found: list[list[int]] = []
    for name in {name for name, _, _ in said.values()}:
        rows = sorted((t, seq, row) for row, (each, t, seq) in said.items() if each == name)
        last = None
        for moment, _, row in rows:
            if last is None or (name == UNNAMED and moment - last > GAP):
                found.append([])
            found[-1].append(row)
            last = moment
    return found


def expected(said: Said, size: int) -> dict[str, list[int]]:
    """Neighbours, first row and place of every row, from the lists of the talk."""
    told = {
        "before": [-1] * size,
        "after": [-1] * size,
        "head": list(range(size)),
        "turn": [0] * size,
    }
    for rows in talks(said):
        for place, row in enumerate(rows):
            told["head"][row], told["turn"][row] = rows[0], place
            if place:
                told["before"][row] = rows[place - 1]
            if place + 1 < len(rows):
                told["after"][row] = rows[place + 1]
    return told


def told(talk: Conversations) -> dict[str, list[int]]:
    """The same as the conversations have it."""
    return {
        name: getattr(talk, name).values.tolist() for name in ("before", "after", "head", "turn")
    }


def extended(talk: Conversations, said: Said, places: list[Place | None]) -> None:
    """Append rows to the talk and to the list of what was said."""
    first = len(talk.head)
    talk.extend(places)
    for row, place in enumerate(places, start=first):
        if place is not None and place[0] is not None:
            said[row] = (place[0], place[1], place[2])


def some_places(dice: random.Random, seq: int) -> list[Place | None]:
    """A few rows of named and unnamed talk at any times, and some that stand alone."""
    made: list[Place | None] = []
    for number in range(dice.randrange(1, 6)):
        name = dice.choice(["s", "t", UNNAMED, UNNAMED, None])
        made.append((name, dice.randrange(40) * HOUR, seq + number))
    return [None if dice.random() < 0.1 else place for place in made]


@pytest.mark.parametrize("seed", range(25))
def test_after_any_history_neighbours_are_those_of_the_lists(seed: int) -> None:
    """Rows come in any order and go again; the conversations are as if only the rest had come."""
    dice, talk, said = random.Random(seed), Conversations(), Said()
    for step in range(14):
        if said and dice.random() < 0.35:
            row = dice.choice(list(said))
            talk.remove(row)
            del said[row]
        else:
            extended(talk, said, some_places(dice, 10 * step))
        assert told(talk) == expected(said, len(talk.head))


def test_a_session_is_one_conversation_however_long_it_pauses() -> None:
    """Only talk without a session is cut, and only after more than six hours."""
    talk = Conversations()
    talk.extend([("s", 0, 0), ("s", 99 * HOUR, 1), (UNNAMED, 0, 2), (UNNAMED, 6 * HOUR, 3)])
    talk.extend([(UNNAMED, 12 * HOUR + 1, 4)])
    assert GAP == 6 * HOUR
    assert told(talk)["before"] == [-1, 0, -1, 2, -1]
    assert told(talk)["head"] == [0, 0, 2, 2, 4]


def test_equal_times_are_in_the_order_of_storing() -> None:
    """The sequence number decides, and then the row."""
    talk = Conversations()
    talk.extend([("s", 5, 9), ("s", 5, 8), ("s", 5, 8)])
    assert told(talk)["after"] == [-1, 2, 0]


def test_rows_outside_of_conversations_stand_alone() -> None:
    """No place, or a place in no conversation."""
    talk = Conversations()
    talk.extend([None, (None, 0, 0), None])
    assert told(talk) == expected({}, 3)
    talk.remove(1)
    assert told(talk) == expected({}, 3)


def test_removing_twice_or_the_last_is_no_error() -> None:
    """A conversation can end up with nobody in it and begin again."""
    talk = Conversations()
    talk.extend([("s", 0, 0)])
    talk.remove(0)
    talk.remove(0)
    talk.extend([("s", 1, 1), ("s", 2, 2)])
    assert told(talk) == expected({1: ("s", 1, 1), 2: ("s", 2, 2)}, 3)


# ── windows ──────────────────────────────────────────────────────────────────────────────────────


def vectors_of(size: int, seed: int = 0) -> np.ndarray:
    """Random rows of unit length."""
    rows = np.random.default_rng(seed).standard_normal((size, 4)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def lengths(talk: Conversations, vectors: np.ndarray) -> list[float]:
    """|v[p] + v + v[n]| of every row, number by number."""
    before, after = talk.before.values.tolist(), talk.after.values.tolist()
    found = []
    for row in range(len(vectors)):
        rows = [r for r in (before[row], row, after[row]) if r >= 0]
        total = [sum(float(vectors[r, i]) for r in rows) for i in range(vectors.shape[1])]
        found.append(max(math.sqrt(sum(x * x for x in total)), 1e-6))
    return found


def test_the_norm_is_the_length_of_the_window() -> None:
    """With it the products of single rows give the cosine of the row with its neighbours."""
    talk, vectors = Conversations(), vectors_of(5)
    talk.extend([("s", 0, 0), ("s", 1, 1), ("s", 2, 2), None, ("t", 0, 3)])
    talk.measure(vectors, range(5))
    assert talk.norm.values.tolist() == pytest.approx(lengths(talk, vectors), rel=1e-5)
    query = vectors_of(1, seed=9)[0]
    products = vectors @ query
    near = talk.shifted(products, talk.before) + talk.shifted(products, talk.after)
    window = vectors[0] + vectors[1] + vectors[2]
    cosine = float(window @ query) / float(np.linalg.norm(window))
    assert float((products + near)[1] / talk.norm.values[1]) == pytest.approx(cosine, rel=1e-5)


@pytest.mark.parametrize("seed", range(12))
def test_norms_follow_any_history(seed: int) -> None:
    """Measured after each change, with only the new rows told, every live row has its length."""
    dice, talk, said = random.Random(seed), Conversations(), Said()
    vectors = vectors_of(80, seed)
    for step in range(10):
        first = len(talk.head)
        if said and dice.random() < 0.4:
            row = dice.choice(list(said))
            talk.remove(row)
            del said[row]
        else:
            extended(talk, said, some_places(dice, 10 * step))
        size = len(talk.head)
        talk.measure(vectors[:size], range(first, size))
        exact = lengths(talk, vectors[:size])
        for row in said:
            assert talk.norm.values[row] == pytest.approx(exact[row], rel=1e-4)


def test_a_late_vector_changes_the_windows_around_it() -> None:
    """The neighbours of a row whose vector came are measured again, and rows beyond are not."""
    talk, vectors = Conversations(), vectors_of(4)
    late = vectors[1].copy()
    vectors[1] = 0
    talk.extend([("s", n, n) for n in range(4)])
    talk.measure(vectors, range(4))
    before = talk.norm.values.copy()
    vectors[1] = late
    talk.measure(vectors, [1])
    assert talk.norm.values.tolist() == pytest.approx(lengths(talk, vectors), rel=1e-5)
    assert talk.norm.values[3] == before[3]


def test_windows_that_cancel_out_have_a_length() -> None:
    """Vectors that add up to nothing do not divide by nothing."""
    talk, vectors = Conversations(), vectors_of(2)
    vectors[1] = -vectors[0]
    talk.extend([("s", 0, 0), ("s", 1, 1)])
    talk.measure(vectors, [0, 1])
    assert talk.norm.values.tolist() == pytest.approx([1e-6, 1e-6])


def test_more_rows_than_a_part_are_all_measured() -> None:
    """Long talk is measured in parts, each with the rows at its edges."""
    size = 2 * PART + 3
    talk, vectors = Conversations(), vectors_of(size)
    talk.extend([("s", n, n) for n in range(size)])
    talk.measure(vectors, range(size))
    assert talk.norm.values.tolist() == pytest.approx(lengths(talk, vectors), rel=1e-4)


def test_shifted_gives_the_neighbours_value() -> None:
    """0 where there is nobody on that side."""
    talk = Conversations()
    talk.extend([("s", 0, 0), ("s", 1, 1), None])
    values = np.array([3, 5, 7], np.float32)
    assert talk.shifted(values, talk.before).tolist() == [0, 3, 0]
    assert talk.shifted(values, talk.after).tolist() == [5, 0, 0]


def test_a_fork_leaves_the_original_in_its_order() -> None:
    """Rows that a fork puts between others, or takes out, move nobody in the original."""
    talk, said = Conversations(), Said()
    extended(talk, said, [("s", 0, 0), ("s", 9, 1)])
    talk.measure(vectors_of(2), [0, 1])
    before, norms = told(talk), talk.norm.values.tolist()
    fork = talk.fork()
    extended(fork, said, [("s", 5, 2)])
    fork.remove(0)
    fork.measure(vectors_of(3), [2])
    del said[0]
    assert told(talk) == before
    assert talk.norm.values.tolist() == norms
    assert told(fork) == expected(said, 3)
