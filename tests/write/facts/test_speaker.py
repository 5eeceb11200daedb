"""Who speaks in an item, and whether it is believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from combray.core.items import Status
from combray.write.facts.speaker import name_of, speaker_of
from tests.write.stored import raw

SAID = raw("I live in Rome.", user="u")


def test_i_is_the_named_speaker_before_the_user() -> None:
    """A name given with the message wins; without one it is the user, else just "user"."""
    assert speaker_of(replace(SAID, name="Ann")) == "Ann"
    assert speaker_of(SAID) == "u"
    assert speaker_of(raw("I live in Rome.", user=None)) == "user"


@pytest.mark.parametrize("role", ["tool", "function", "system", "developer"])
def test_tools_and_prompts_are_not_believed(role: str) -> None:
    """What a tool or a prompt says is nobody's statement, even under a name."""
    assert speaker_of(replace(SAID, role=role, name="Ann")) is None


def test_an_assistant_is_believed_under_its_name_alone() -> None:
    """An unnamed assistant says "I" of itself, not of the user."""
    assert speaker_of(replace(SAID, role="assistant")) is None
    assert speaker_of(replace(SAID, role="assistant", name="Ann")) == "Ann"


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.LIVE])
def test_what_is_not_live_is_not_believed(status: Status) -> None:
    """Nothing is read from what waits for review or is gone."""
    assert speaker_of(replace(SAID, status=status)) is None


def test_a_user_lends_the_name_to_the_users_own_messages_alone() -> None:
    """`name_of` names who is quoted: the given name, or the user of a user's message."""
    assert name_of(SAID) == "u"
    assert name_of(replace(SAID, name="Ann")) == "Ann"
    assert name_of(replace(SAID, role="assistant")) is None
    assert name_of(replace(SAID, role="assistant", name="Ann")) == "Ann"
    assert name_of(raw("Hello.", user=None)) is None
