"""Texts to be worked on, suppositions and games."""

from __future__ import annotations

import pytest

from combray.write.assertion.frames import asserted_part

SAID = "I live in Rome."


@pytest.mark.parametrize(
    "before",
    [
        "Translate: ",
        "Please summarise this text:\n",
        "Let's role-play. ",
        "Pretend you are a guard. ",
        "Imagine this. ",
        "Say I agree. ",
        "Write a short story about me. ",
        "You are a pirate. ",
        "Act as a guide. ",
        "Scenario A. ",
        "In the game, ",
        "Once upon a time it was so. ",
        "Stell dir vor, ",
        "假设",
    ],
)
def test_nothing_after_such_an_opening_is_asserted(before: str) -> None:
    """A request, a game or a supposition takes all that follows with it."""
    assert asserted_part(before + SAID) <= len(before)


def test_what_stands_before_the_opening_is_asserted() -> None:
    """The speaker says where he lives, and then asks for a translation."""
    text = f"{SAID} Please translate: I moved to Oslo."
    assert asserted_part(text) >= len(SAID)


@pytest.mark.parametrize(
    "after", ["Fix the grammar.", "Is that sentence correct?", "Just kidding!"]
)
def test_a_word_about_the_whole_text_takes_it_all(after: str) -> None:
    """It may come last."""
    assert asserted_part(f"{SAID} {after}") == 0


@pytest.mark.parametrize(
    "text",
    [SAID, "You are a great friend. I live in Rome.", "My favourite character is Aragorn. Hello."],
)
def test_ordinary_text_is_asserted_to_its_end(text: str) -> None:
    """A compliment or a favourite character opens no game."""
    assert asserted_part(text) == len(text)
