"""What rests on something erased is found by one look at each item."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from combray.store.files.here import resting


class Looked(list[str]):
    """Sources that count how often somebody looks at them."""

    looks = 0

    def __iter__(self) -> Iterator[str]:
        Looked.looks += 1
        return super().__iter__()


@pytest.mark.parametrize("step", [1, -1])
def test_a_chain_is_followed_by_one_look_at_each_item(step: int) -> None:
    """In whatever order a file tells the items, all that rest on an erased one are found."""
    chain = [(f"k{n}", Looked([f"k{n - 1}"] if n else ["x"])) for n in range(500)]
    Looked.looks = 0
    gone = resting([*chain[::step], ("y", Looked(["z"]))], ["x"])
    assert gone == {"x", *(id_ for id_, _ in chain)}
    assert Looked.looks == len(chain) + 1


def test_items_that_cite_each_other_end_too() -> None:
    """A circle over something erased is gone as a whole; one that rests on nothing erased stays."""
    items = [("a", ["b"]), ("b", ["a", "x"]), ("c", ["d"]), ("d", ["c"])]
    assert resting(items, ["x"]) == {"x", "a", "b"}
