"""A shelf keeps what was used last."""

from combray.index.tenant_cache import LRUCache


def test_it_keeps_the_tenants_used_last() -> None:
    """The tenant used longest ago goes first."""
    shelf: LRUCache[int] = LRUCache(most=2)
    shelf.put("a", 1)
    shelf.put("b", 2)
    assert shelf.get("a") == 1
    shelf.put("c", 3)
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (1, None, 3)


def test_what_is_dropped_is_gone() -> None:
    """A value can be taken out early; dropping what is not there is nothing."""
    shelf: LRUCache[int] = LRUCache()
    shelf.put("a", 1)
    shelf.drop("a")
    shelf.drop("a")
    assert shelf.get("a") is None
