"""Laws of what may stand around a clause that ends a fact."""

from __future__ import annotations

import pytest

from combray.write.assertion.plain import (
    is_after,
    is_lead,
    is_plain,
    is_plain_throughout,
    is_tail,
    opens_plainly,
)


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


@pytest.mark.parametrize(
    ("tail", "plain"),
    [
        (", he is gentle.", True),
        (", he is two and wants snacks.", False),
        (", a small company in the city.", True),
        (", the gym next door.", False),
        (", working from home.", True),
        (", arguing with insurers all day.", False),
        (", nothing hurts yet.", True),
    ],
)
def test_what_speaks_of_the_news_again_is_everyday(tail: str, plain: bool) -> None:
    """A pronoun, an apposition and a participle may make another thing of a name."""
    assert is_tail(tail) == plain


@pytest.mark.parametrize(
    ("after", "plain"),
    [
        ("What should I see first?", True),
        ("Can you remember that?", True),
        ("Or did I?", False),
        ("How does that sound?", False),
        ("It is so quiet!", True),
        ("It is a level with dragons.", False),
        ("My contract was renewed.", False),
    ],
)
def test_a_sentence_after_asks_and_tells_plainly(after: str, plain: bool) -> None:
    """A question about something else is no doubt; one about the news is."""
    assert is_after(after, bare=False) == plain


def test_what_is_named_again_is_explained() -> None:
    """ "I moved to Paris. Paris the cat shelter room." names another Paris."""
    for after, plain in (("Paris is lovely.", True), ("Paris the cat shelter room.", False)):
        told = f"I moved to Paris. {after}"
        assert is_plain(told, told, [(0, 16)]) == plain


def test_what_goes_on_ends_nothing() -> None:
    """ "Still Vienna" and "now and then" take the news back."""
    for after in ("Still Vienna of course.", "Now and then I visit, now and again."):
        told = f"I moved to Baden. {after}"
        assert not is_plain(told, told, [(0, 16)])


@pytest.mark.parametrize(
    ("around", "plain"), [(" Hi, so {} now.", True), ("{} for the joint audit.", False)]
)
def test_only_everyday_words_stand_around_little_evidence(around: str, plain: bool) -> None:
    """A word that is not listed leaves a strict pattern unread."""
    told = around.format("I am with Bosch")
    start = told.index("I am")
    assert is_plain_throughout(told, told, [(start, start + 15)]) == plain
