"""The words of a question that name what it asks about."""

from __future__ import annotations

import pytest

from combray.core.text import terms
from combray.recall.query.asked_things import asked_things


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("Who owns the billing service?", "billing service"),
        ("Who travels with me?", ""),
        ("What colour is the red bike?", "red bike"),
        ("What did the red bike cost?", "red bike"),
        ("What does my sister's dog eat?", "sister dog"),
        ("How much did repairing the dishwasher cost?", "repairing dishwasher"),
        ("How many eggs go into the pancakes?", "eggs go pancakes"),
        ("Do I like aubergines?", "aubergines"),
        ("Who recommended ramen?", "ramen"),
        ("What type of cake is in the oven?", "oven"),
        ("Which Postgres version does production run?", "Postgres production"),
        ("Did he visit Oslo in 2024?", "Oslo 2024"),
        ("When does it start to rain on the boat?", "boat"),
        ("Osprey?", ""),
        ("Why?", ""),
        ("", ""),
        ("なに", ""),
    ],
)
def test_things_count_and_deeds_and_kinds_do_not(question: str, about: str) -> None:
    """What stands behind an article, a possessive or a preposition; names and numbers anywhere."""
    assert asked_things(question, frozenset()) == terms(about)


def test_who_speaks_is_no_topic_and_what_is_theirs_is() -> None:
    """The person asked of is known otherwise."""
    people = {"ann"}
    assert asked_things("What did Ann adopt in Oslo?", people) == terms("Oslo")
    assert asked_things("What colour is Ann's heron?", people) == terms("heron")
    assert asked_things("Did Ann's heron eat?", people) == terms("heron")
