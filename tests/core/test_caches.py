"""Caches of users' words, and that an erasure empties them."""

from __future__ import annotations

import gc
import re

from combray import Memory
from combray.core import caches
from combray.core.entities import entities
from combray.core.text import hints_of, terms
from combray.index.tenant_cache import LRUCache
from combray.models.embed import resolve


def test_answers_are_kept_until_something_is_erased() -> None:
    """A function is asked once for the same words, and again after an erasure."""
    asked: list[str] = []

    @caches.words(8)
    def shout(text: str, *, times: int = 1) -> str:
        asked.append(text)
        return text.upper() + "!" * times

    assert [shout("a"), shout("a"), shout("a", times=2)] == ["A!", "A!", "A!!"]
    assert asked == ["a", "a"]
    caches.forget("u")
    assert shout("a") == "A!"
    assert asked == ["a", "a", "a"]


def test_a_cache_by_tenant_loses_the_tenant_alone() -> None:
    """What belongs to others stays, and a cache that is gone is not asked."""
    kept: LRUCache[str] = LRUCache()
    other: LRUCache[str] = LRUCache()
    for cache in (kept, other):
        cache.put("u", "mine")
        cache.put("v", "yours")
    caches.forget("u")
    assert [(each.get("u"), each.get("v")) for each in (kept, other)] == [(None, "yours")] * 2
    known = set(map(id, caches._BY_TENANT))
    gone = id(other)
    del other, cache
    gc.collect()
    assert gone in known
    assert gone not in set(map(id, caches._BY_TENANT))


def test_an_erasure_empties_the_caches_of_names_terms_and_hints() -> None:
    """Through the verb: a whole name is read anew, and no word of it is in a table."""
    from combray.core import text
    from combray.core.entities import _names

    name = "Xanthippequux Oberholzer"
    with Memory(embedder="hashed") as memory:
        memory.add(f"My wife's name is {name}.", user_id="u")
        memory.search("wife", user_id="u")
        assert _names.cache_info().currsize > 0  # type: ignore[attr-defined]
        memory.erase(user_id="u")
        assert _names.cache_info().currsize == 0  # type: ignore[attr-defined]
        for word in name.lower().split():
            assert word not in text._TERMS
            assert word not in text._HINTS


def test_the_caches_of_words_are_emptied() -> None:
    """Terms, hints, names, grams, vectors and the patterns made of words: none is left."""
    from combray.core import text
    from combray.core.entities import _names
    from combray.models.embed.hashed import _grams

    embedder = resolve("hashed")
    word = "xanthippequux"
    terms(word), hints_of([word]), entities(f"I met {word.title()}."), embedder.embed([word])
    re.search(f"{word}(?=s)", "")
    assert word in text._TERMS
    assert word in text._HINTS
    assert embedder._kept  # type: ignore[attr-defined]
    caches.forget("u")
    assert word not in text._TERMS
    assert word not in text._HINTS
    assert not embedder._kept  # type: ignore[attr-defined]
    for kept in (_names, _grams):
        assert kept.cache_info().currsize == 0  # type: ignore[attr-defined]
    assert not [key for key in re._cache if word in str(key)]  # type: ignore[attr-defined]
