"""Whose words a text holds."""

from __future__ import annotations

import pytest

from combray.write.assertion.voices import BLANK, is_own_label, own_words

SAID = "I live in Rome."


@pytest.mark.parametrize(
    "around",
    [
        'He read: "{}"',
        "“{}”",
        "„{}“",
        "«{}»",
        "Run `{}` now",
        "```\n{}\n```",
        "> {}",
        "Mentor: {}",
        "[10:02] Tom: {}",
        "**Client:** {}",
        "- Omar: {}",
        "<Tom> {}",
        "MARA\n{}",
        "Applicant 7 – {}",
        "Emma » {}",
        "My boss: {}",
        "Tom wrote:\n{}",
        "From: Ann <ann@example.com>\nSubject: news\n\n{}",
        "-----Original Message-----\n{}",
        "Begin forwarded message:\n\n{}",
        "On Mon, 3 May 2024, Ann wrote:\n{}",
        "Here is the chat log:\n{}",
        "导师：{}",
    ],
)
def test_what_somebody_else_says_is_blank(around: str) -> None:
    """Quotations, labels, screenplays, e-mail and code; all places in the text stay the same."""
    text = around.format(SAID)
    own = own_words(text)
    assert SAID not in own
    assert len(own) == len(text)
    assert own.count(BLANK) >= len(SAID)


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "Hello there. {}",
        "Update: {}",
        "Big news: {}",
        "PS: {}",
        "Me: {}",
        "I've got news: {}",
        "My number: 5. {}",
        "It's 10:30. {}",
        '"Nice," and {}',
    ],
)
def test_what_the_speaker_says_stays(around: str) -> None:
    """An announcement of the speaker's own is no label."""
    assert SAID in own_words(around.format(SAID))


def test_a_label_holds_until_a_blank_line() -> None:
    """Then the speaker goes on; after a forwarded message nothing is the speaker's."""
    assert SAID in own_words(f"Tom: I moved to Oslo.\nIt is cold.\n\n{SAID}")
    assert SAID not in own_words(f"Tom: I moved to Oslo.\n{SAID}")
    assert SAID in own_words(f"> I moved to Oslo.\n{SAID}")
    assert SAID not in own_words(f"Begin forwarded message:\n\nHi.\n\n{SAID}")


def test_a_label_of_the_speakers_own_ends_anothers() -> None:
    """In a pasted chat "Me:" is the speaker."""
    assert SAID in own_words(f"Tom: where?\nMe: {SAID}")


def test_an_own_label_is_told_from_a_name() -> None:
    """ "Update" and "Big news" announce, "Mentor" and "Goal" do not."""
    assert all(map(is_own_label, ("Update", "Big news", "FYI", "me", "Job")))
    assert not any(map(is_own_label, ("Mentor", "Goal", "Wrong", "He texted me")))
