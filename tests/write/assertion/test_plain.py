"""Laws of what may stand around a clause that ends a fact."""

from __future__ import annotations

import pytest

from combray.write.assertion.plain import is_lead, is_plain, is_tail, opens_plainly


@pytest.mark.parametrize(
    "lead",
    [
        "",
        "Big news: ",
        "Last week ",
        "After nine years in Rome ",
        "Hi there, so ",
        "We packed up and ",
    ],
)
def test_news_times_and_what_one_did_open_plainly(lead: str) -> None:
    """Greetings, news, times and a deed of the speaker's explain what comes."""
    assert is_lead(lead)


@pytest.mark.parametrize("lead", ["In Skyrim, ", "Tom: ", "As a pirate ", "Perhaps ", "Rumour: "])
def test_anything_else_opens_nothing(lead: str) -> None:
    """A game, a label, a part and a doubt explain nothing."""
    assert not is_lead(lead)


@pytest.mark.parametrize(
    "tail", [".", " last month.", " with my wife Ann.", " because of my job", ", it's hot!"]
)
def test_times_reasons_and_feelings_close_plainly(tail: str) -> None:
    """When, with whom and why are explained."""
    assert is_tail(tail)


@pytest.mark.parametrize(
    "tail", [" branch.", "... from the team.", " for my kids.", " on paper only", ", or so he says"]
)
def test_anything_else_closes_nothing(tail: str) -> None:
    """Another object, a favour, a doubt and a report are not explained."""
    assert not is_tail(tail)


def test_a_word_that_frames_anywhere_makes_a_message_unplain() -> None:
    """The sentence after may be about the game."""
    news = "I moved to Lyon."
    assert is_plain(f"{news} I love it.", f"{news} I love it.", [(0, 15)])
    told = f"{news} The game is great."
    assert not is_plain(told, told, [(0, 15)])


def test_news_may_be_given_another_end() -> None:
    """ "I quit! To the gym." goes on after the mark."""
    for after in ("From the team.", "smoking, that is."):
        told = f"I quit my job. {after}"
        assert not is_plain(told, told, [(0, 13)])


def test_an_introduction_is_taken_from_a_clause() -> None:
    """Words that say when stand for nothing else."""
    assert opens_plainly("After nine years in Rome ").strip() == ""
    assert opens_plainly("My brother says ") == "My brother says "
