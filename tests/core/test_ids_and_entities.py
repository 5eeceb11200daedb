"""Ids that sort by time, and names found by rule."""

from __future__ import annotations

import threading
import uuid

from combray.core.entities import entities, normal_name, title_entity
from combray.core.ids import new_id


def test_ids_are_uuid7_and_grow() -> None:
    """Every id is a valid UUID of version 7, greater than the one before it."""
    ids = [new_id() for _ in range(5000)]
    assert ids == sorted(set(ids))
    assert {uuid.UUID(id_).version for id_ in ids} == {7}
    assert {uuid.UUID(id_).variant for id_ in ids} == {uuid.RFC_4122}


def test_threads_never_share_an_id() -> None:
    """Ids made at once by several threads are distinct."""
    made: list[list[str]] = [[] for _ in range(4)]

    def make(mine: list[str]) -> None:
        mine.extend(new_id() for _ in range(2000))

    threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id_ for mine in made for id_ in mine}) == 8000


def test_names_are_capitalised_spans_and_quotations() -> None:
    """Names come lower-case, once each, without the word that only opens the sentence."""
    found = entities('However, Ann Lee read "old sea tales" in New York. Ann Lee liked New York.')
    assert sorted(found) == ["ann lee", "new york", "old sea tales"]
    assert entities("no names here") == []
    assert entities("今天天气很好") == []


def test_names_compare_without_possessive_or_punctuation() -> None:
    """`Ann's` and `Ann,` are Ann."""
    assert normal_name("Ann’s") == normal_name("Ann,") == normal_name("ANN") == "ann"


def test_a_title_is_what_an_item_is_about() -> None:
    """What stands in parentheses does not count; without a title there is none."""
    assert title_entity({"title": "Mercury (planet)"}) == "mercury"
    assert title_entity({}) is None
    assert title_entity({"title": 7}) is None
