"""What was told last of a thing, and whether the same words are news again."""

from __future__ import annotations

import pytest

from combray.core.changes import ChangeSet
from combray.core.items import Item, Link
from combray.store.engine import Args, Row
from combray.store.store import Store
from combray.write.change.last_words import LastWords
from combray.write.facts.facts import facts_of
from tests.write.stored import USER, fact, raw, store_of


def told(*texts: str) -> tuple[Store, list[Item]]:
    """A store of turns, one after another, and of the facts that they state."""
    items = [raw(text, at=10 * n) for n, text in enumerate(texts, 1)]
    return store_of(*items, *(fact for item in items for fact in facts_of(item))), items


def known(store: Store, text: str, other: Item) -> bool:
    """Whether a text says nothing new beside an item of the store."""
    with store.engine.write(USER) as cursor:
        return LastWords(cursor.run, USER).hold(facts_of(raw(text)), other)


def test_what_was_told_last_is_known() -> None:
    """The last value of a relation is; an earlier one, and one never told, are news."""
    store, (rome, paris) = told("I live in Rome.", "I live in Paris.")
    assert known(store, "I live in Paris.", paris)
    assert not known(store, "I live in Rome.", rome)
    assert not known(store, "I work at Acme.", rome)


def test_words_that_state_nothing_are_known() -> None:
    """There is nothing in them that could have changed."""
    store, (hello,) = told("Hello there.")
    assert known(store, "Hello there.", hello)


def test_what_is_about_to_be_stored_counts() -> None:
    """The words of one call come one after another."""
    store, (rome,) = told("I live in Rome.")
    with store.engine.write(USER) as cursor:
        last = LastWords(cursor.run, USER)
        assert last.hold(facts_of(raw("I live in Rome.")), rome)
        last.take(facts_of(raw("I live in Paris.")))
        assert not last.hold(facts_of(raw("I live in Rome.")), rome)


def test_what_something_took_the_place_of_is_news() -> None:
    """By a link to it or to what rests on it, as long as what replaced it is live."""
    store, (old, new) = told("The code is 1.", "The code is 2.")
    assert known(store, old.text, old)
    link = Link(src=new.id, dst=old.id, kind="supersedes")
    store.apply(ChangeSet(tenant=USER, actor="user", why="by hand", links=[link]))
    assert not known(store, old.text, old)
    assert known(store, new.text, new)


@pytest.mark.parametrize("count", [10, 300])
def test_what_was_told_last_is_found_without_the_rest(count: int) -> None:
    """However often a thing was told, one fact of it is read."""
    said = [raw(f"note {n}", at=n) for n in range(count)]
    facts = [fact(f"V{n}", [one]) for n, one in enumerate(said)]
    store, read = store_of(*said, *facts), list[int]()

    def run(sql: str, args: Args = ()) -> list[Row]:
        rows = store.engine.read(sql, args)
        read.append(len(rows))
        return rows

    last = LastWords(run, USER)
    assert last.hold([facts[-1]], said[-1])
    assert not last.hold([facts[-2]], said[-1])
    assert sum(read) <= 4
