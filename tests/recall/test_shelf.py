"""A shelf keeps what was used last."""

from recollect.recall.shelf import Shelf


def test_it_keeps_the_tenants_used_last() -> None:
    """The tenant used longest ago goes first."""
    shelf: Shelf[int] = Shelf(most=2)
    shelf.put("a", 1)
    shelf.put("b", 2)
    assert shelf.get("a") == 1
    shelf.put("c", 3)
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (1, None, 3)
