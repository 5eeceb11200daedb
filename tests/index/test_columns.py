"""Columns grow like lists, and a fork of one leaves the original as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.index.columns import Codes, Column, Labels

parts = st.lists(st.lists(st.integers(-99, 99), max_size=40), max_size=8)


def column(*values: int) -> Column:
    """A column of whole numbers."""
    made = Column(np.int64)
    made.extend(values)
    return made


@settings(max_examples=50, deadline=None)
@given(batches=parts)
def test_a_column_is_a_list_that_grows(batches: list[list[int]]) -> None:
    """Appended in any parts, it has the values of all of them in order."""
    made, expected = Column(np.int64), list[int]()
    for batch in batches:
        made.extend(batch)
        expected += batch
        assert len(made) == len(expected)
        assert made.values.tolist() == expected


def test_a_column_of_a_width_has_rows() -> None:
    """Shape (n, width), from the start."""
    made = Column(np.float32, width=3)
    assert made.values.shape == (0, 3)
    made.extend(np.ones((2, 3)))
    made.extend(np.zeros((0, 3)))
    made.extend([[1, 2, 3]])
    assert made.values.shape == (3, 3)
    assert made.values[2].tolist() == [1, 2, 3]
    assert made.values.dtype == np.float32


def test_values_can_be_changed_in_place() -> None:
    """They are the column's own rows and no copy."""
    made = column(1, 2)
    made.values[0] = 9
    made.extend([3])
    assert made.values.tolist() == [9, 2, 3]


def test_growing_costs_few_copies() -> None:
    """Appending one by one takes new room at most once for each doubling."""
    made = Column(np.int64)
    rooms = set()
    for number in range(2000):
        made.extend([number])
        rooms.add(made.values.base.shape[0])  # type: ignore[union-attr]
    assert sorted(rooms) == [16, 32, 64, 128, 256, 512, 1024, 2048]
    made.extend(range(5000))
    assert len(made) == 7000


@pytest.mark.parametrize("own", [False, True])
def test_a_fork_goes_on_alone(own: bool) -> None:
    """What is appended to it is not seen by the original, which keeps its rows."""
    original = column(1, 2, 3)
    fork = original.fork(own=own)
    assert fork.values.tolist() == [1, 2, 3]
    fork.extend([4, 5])
    assert original.values.tolist() == [1, 2, 3]
    assert fork.values.tolist() == [1, 2, 3, 4, 5]
    fork.extend(range(100))
    assert original.values.tolist() == [1, 2, 3]


def test_a_fork_of_its_own_changes_rows_alone() -> None:
    """Else a changed row is changed for both, as they share it."""
    original = column(1, 2)
    original.fork(own=True).values[0] = 9
    assert original.values.tolist() == [1, 2]
    original.fork().values[0] = 9
    assert original.values.tolist() == [9, 2]


def test_codes_count_names_by_their_first_appearance() -> None:
    """0, 1, 2 …; a name keeps its code; no name is -1; one that nobody has is -2."""
    codes = Codes()
    assert [codes.of(name) for name in ("b", "a", "b", None, "é")] == [0, 1, 0, -1, 2]
    assert codes.names == ["b", "a", "é"]
    assert [codes.find(name) for name in ("a", "é", "nobody")] == [1, 2, -2]
    assert codes.names == ["b", "a", "é"], "looking makes no code"


def test_an_empty_name_is_a_name() -> None:
    """Only None is none."""
    codes = Codes()
    assert codes.of("") == 0
    assert codes.find("") == 0


def labels(*names: str | None) -> Labels:
    """A column of names."""
    made = Labels()
    made.extend(names)
    return made


def test_labels_are_a_column_of_codes() -> None:
    """Each row has the code of its name; equal names have equal codes."""
    made = labels("turn", "fact", None, "turn")
    assert made.values.tolist() == [0, 1, -1, 0]
    assert made.names == ["turn", "fact"]
    assert (made.find("fact"), made.find("other")) == (1, -2)
    made.extend(["other"])
    assert made.values.tolist() == [0, 1, -1, 0, 2]


def test_a_label_can_be_replaced() -> None:
    """By a name that is new, one that is known, or none."""
    made = labels("a", "b", "b")
    made.replace(0, "b")
    made.replace(1, None)
    made.replace(2, "c")
    assert made.values.tolist() == [1, -1, 2]


def test_forked_labels_share_their_codes() -> None:
    """A new name of the fork has a code in both, but only the fork has the row."""
    original = labels("a")
    fork = original.fork(own=True)
    fork.extend(["b"])
    fork.replace(0, "c")
    assert original.values.tolist() == [0]
    assert fork.values.tolist() == [2, 1]
    assert original.find("b") == fork.find("b") == 1
    shared = original.fork()
    shared.replace(0, "b")
    assert original.values.tolist() == [1]
