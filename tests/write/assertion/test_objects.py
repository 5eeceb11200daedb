"""Whether a value is a place, a name or an employer."""

from __future__ import annotations

import pytest

from combray.write.assertion.objects import fits, is_employer, is_name, is_place, is_settled


@pytest.mark.parametrize(
    "value",
    ["Rome", "the Netherlands", "Springfield, Illinois", "Lower Slaughter", "Krzewburg"],
)
def test_one_moves_to_a_place(value: str) -> None:
    """A place of the lists, or one that has the shape of a place."""
    assert is_place(value, "I moved to", "", ".")


@pytest.mark.parametrize(
    "value",
    ["Obsidian", "Kubernetes", "Premium", "Plan B", "Row 12", "TypeScript", "Marketing", "Zorgle"],
)
def test_one_does_not_move_to_what_may_be_anything(value: str) -> None:
    """A program, a plan, a department, or a word that is not known."""
    assert not is_place(value, "I moved to", "", ".")


def test_what_is_said_with_a_move_tells_an_unknown_place() -> None:
    """A flat, a family or a known origin; "for my notes" tells a program."""
    assert is_place("Zorgle", "I moved to", "We bought a house and", ".")
    assert is_place("Zorgle", "I moved to", "", " with my family.")
    assert is_place("Zorgle", "I moved from Rome to", "", ".")
    assert not is_place("Zorgle", "I moved to", "", " for my notes.")
    assert not is_place("Rome", "I moved to", "", " for my notes.")


def test_one_lives_in_what_is_no_common_word() -> None:
    """An unknown name is taken, a mood, a cloth and a program are not."""
    assert is_place("Zorgle", "I live in", "", ".")
    for value in ("Hope", "Denim", "Excel", "VS Code", "Zone 2"):
        assert not is_place(value, "I live in", "", ".")


def test_a_place_is_beyond_doubt_by_the_lists_or_its_shape() -> None:
    """Neubau may be a part of a town."""
    assert all(map(is_settled, ("Rome", "Krzewburg", "New Haven", "北京")))
    assert not is_settled("Zorgle")


def test_an_employer_is_no_time_and_no_cause() -> None:
    """ "I work at Night" and "for Free" name none."""
    assert all(map(is_employer, ("Acme", "the NHS", "3M", "Owl")))
    assert not any(map(is_employer, ("Night", "Free", "Peace", "Monday", "42")))


def test_a_name_is_no_order_and_no_adjective() -> None:
    """ "Call me ASAP", "call me Tomorrow", "call me Crazy" name nobody."""
    assert all(map(is_name, ("Dana", "Dana Reed", "Jo", "JJ", "李华")))
    assert not any(map(is_name, ("ASAP", "Tomorrow", "Crazy", "Back", "R2D2", "NOW", "")))


def test_each_relation_asks_for_its_own_kind() -> None:
    """A favourite drink can be anything; a spouse and a boss have names."""
    assert fits("favourite drink", "tea", "", "", "")
    assert fits("has phone number", "555", "", "", "")
    assert not fits("has boss", "Tomorrow", "", "", "")
    assert not fits("is married to", "Work", "", "", "")
    assert not fits("works at", "Free", "", "", "")
    assert not fits("lives in", "Hope", "I live in", "", "")
