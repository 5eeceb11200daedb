"""What an item supersedes, directly and through others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from combray.core.items import SUPERSEDES, Link
from combray.store.engine import Args
from combray.write.change.supersession import begins, supersedes
from tests.write.stored import raw, store_of

NAMES = "abcd"
ITEMS = [replace(raw(name), id=name) for name in NAMES]
Pairs = tuple[tuple[str, str], ...]


def reach(later: str, proposed: Pairs = (), kind: str = SUPERSEDES) -> set[str]:
    """What is superseded where a supersedes b and b supersedes c."""
    links = [Link(src="a", dst="b", kind=kind), Link(src="b", dst="c", kind=kind)]
    with store_of(*ITEMS, links=links).engine.write("u") as cursor:
        return {name for name in NAMES if supersedes(cursor.run, "u", later, name, proposed)}


def test_a_chain_is_followed_to_its_end() -> None:
    """Directly and through others, and not the item itself."""
    assert reach("a") == {"b", "c"}
    assert reach("b") == {"c"}
    assert reach("c") == reach("d") == set()


def test_links_of_another_kind_are_not_followed() -> None:
    """What is similar supersedes nothing."""
    assert reach("a", kind="similar") == set()


def test_what_is_proposed_counts_as_if_it_were_stored() -> None:
    """Proposed pairs extend the chain at both of its ends."""
    assert reach("d", proposed=(("d", "a"),)) == {"a", "b", "c"}
    assert reach("a", proposed=(("c", "d"),)) == {"b", "c", "d"}
    assert reach("b", proposed=(("d", "a"),)) == {"c"}


def test_a_circle_leads_back_to_its_start_and_ends() -> None:
    """An item that supersedes itself through others is among what it supersedes."""
    assert reach("a", proposed=(("c", "a"),)) == {"a", "b", "c"}


def test_what_is_new_is_checked_in_a_step_however_long_the_chain() -> None:
    """The chain below the last of many is not walked when nothing supersedes what is new."""
    chain = [replace(raw(f"{n}"), id=f"{n}") for n in range(50)]
    links = [Link(src=f"{n + 1}", dst=f"{n}", kind=SUPERSEDES) for n in range(48)]
    with store_of(*chain, links=links).engine.write("u") as cursor:
        asked = 0

        def counted(sql: str, args: Args = ()) -> list[tuple[Any, ...]]:
            nonlocal asked
            asked += 1
            return cursor.run(sql, args)

        assert not supersedes(counted, "u", "48", "49")
        assert asked == 2
        assert supersedes(counted, "u", "48", "0")


def test_an_item_begins_where_it_holds_or_when_it_was_said() -> None:
    """An unknown start is replaced by the moment of saying, a start at zero is one."""
    said = raw("x", at=7)
    assert begins(said) == 7
    assert begins(replace(said, valid_from_us=0)) == 0
    assert begins(replace(said, valid_from_us=None)) == 7
