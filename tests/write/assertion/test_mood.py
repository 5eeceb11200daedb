"""Whether a clause asserts what it says."""

from __future__ import annotations

import pytest

from combray.write.assertion.mood import is_asserted, is_asserted_abroad, is_question
from combray.write.assertion.voices import BLANK


@pytest.mark.parametrize(
    "before",
    [
        "If ",
        "Maybe ",
        "She said ",
        "Apparently ",
        "Rumour has it, ",
        "I dreamt and ",
        "It is false: ",
        "Wrong: ",
        "Goal for 2030: ",
        "In the simulation, ",
        "As a child, ",
        "For this chat, ",
        "By next summer ",
        "the man that ",
        "Rome ",
        BLANK * 3,
    ],
)
def test_what_is_not_said_outright_is_not_asserted(before: str) -> None:
    """Conditions, reports, dreams, goals, introductions that set a scene, and quoted words."""
    assert not is_asserted(before, ".")


@pytest.mark.parametrize(
    "before",
    [
        "",
        "Well, ",
        "I like tea, and ",
        "In May, ",
        "Yesterday ",
        "Big news: ",
        "Last year ",
        "FYI ",
    ],
)
def test_a_clause_that_stands_on_its_own_is_asserted(before: str) -> None:
    """At the start, after a connective, a time, or an announcement of the speaker's own."""
    assert is_asserted(before, ".")


@pytest.mark.parametrize(
    "after",
    [" if you like", " in my dream", ", just kidding", " next year", " or in Oslo", ", you'll see",
     ", said no one", ", isn't it"],
)  # fmt: skip
def test_what_follows_can_take_a_clause_back(after: str) -> None:
    """A condition, a dream, a plan, an alternative or a denial after it."""
    assert is_asserted("", " now")
    assert not is_asserted("", after)


def test_a_question_asks_whatever_follows_its_mark() -> None:
    """Exclamation marks, quotes and blanks after the question mark do not matter."""
    assert all(map(is_question, ("Who?", "Who?!", "Who? ", "谁？", 'Who?"')))
    assert not any(map(is_question, ("Who.", "Who? Me.", "")))


def test_abroad_a_clause_stands_only_at_its_start() -> None:
    """After a report, a condition or a wish it does not; nor before a particle that asks."""
    assert is_asserted_abroad("", "。")
    assert is_asserted_abroad("Hola, ", "")
    assert not is_asserted_abroad("Sie sagt, ", "")
    assert not is_asserted_abroad("如果", "")
    assert not is_asserted_abroad("他说，", "")
    assert not is_asserted_abroad("", "吗")
    assert not is_asserted_abroad("Ziel: ", "")
