"""What a sentence wants: read by rule from sentences of our own, and by a model, checked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pytest

from combray import InputError, Memory
from combray.models.structured import Asker
from combray.recall.task.slots import Slots
from combray.testing import FakeModelServer
from combray.write.task.intents import (
    ask_intent,
    read_intent,
    slot_named,
    split_label,
    title_of,
    value_in,
)
from tests.words import Words
from tests.write.task.sentences import FIRST, SECOND, TASK


@pytest.fixture
def slots() -> Iterator[Slots]:
    """The party that the sentences are about."""
    with Memory(embedder=Words()) as memory:
        tasks = memory.user("u").tasks("party")
        for title, values in TASK.items():
            for value in values:
                tasks.set(title, value)
        yield tasks.state()


def right(said: Sequence[tuple[str, str, str | None]], slots: Slots) -> tuple[int, int]:
    """How many intents are read right, and of how many of these the slot too."""
    read = [(read_intent(text, slots), kind, title) for text, kind, title in said]
    kinds = [(intent, title) for intent, kind, title in read if intent.kind == kind]
    return len(kinds), sum(title in (None, intent.title) for intent, title in kinds)


def test_sentences_that_rules_were_made_for_are_read(slots: Slots) -> None:
    """Those of the first half."""
    kinds, titles = right(FIRST, slots)
    assert kinds == len(FIRST)
    assert titles >= len(FIRST) - 1


def test_sentences_that_no_rule_was_made_for_are_read(slots: Slots) -> None:
    """Most of those of the second half."""
    kinds, titles = right(SECOND, slots)
    assert kinds >= 22
    assert titles >= 22


def test_a_check_of_what_is_not_there_names_no_slot(slots: Slots) -> None:
    """It is a question all the same."""
    read = read_intent("What is the weather like in Oslo?", slots)
    assert (read.kind, read.title) == ("check", None)


@pytest.mark.parametrize("text", ["", "  ", None, 7])
def test_an_empty_sentence_is_refused(text: object) -> None:
    """With a word of what to do."""
    with pytest.raises(InputError, match="nothing in that sentence"):
        read_intent(text, Slots())  # type: ignore[arg-type]


def test_of_an_empty_task_everything_said_is_new() -> None:
    """Words of change and of going back find nothing to change."""
    assert read_intent("Actually, book a room.", Slots()).kind == "new"
    back = read_intent("Go back to Rome.", Slots())
    assert (back.kind, back.title) == ("rollback", None)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("hotel: near the sea", "hotel"),
        ("start-date: May", "start-date"),
        ("one two three four five: six", ""),
        ("see http://example.com", ""),
        ("(a): b", ""),
        ("hotel:", ""),
    ],
)
def test_a_label_is_a_few_words_before_a_colon(text: str, label: str) -> None:
    """All else is a sentence."""
    assert split_label(text)[0] == label


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Change the date to May 17th.", "May 17th"),
        ("Actually, make that Porto instead.", "Porto"),
        ("Please make the venue the boathouse", "the boathouse"),
        ("go back to Rome as originally planned", "Rome"),
        ("near the sea", "near the sea"),
    ],
)
def test_a_value_is_what_is_left_of_a_sentence(text: str, value: str) -> None:
    """Without politeness, hesitation, and the words that lead to it."""
    assert value_in(text, "venue") == value


def test_a_title_is_the_first_words(slots: Slots) -> None:
    """Of the first sentence, without politeness; a slot is found by any form of its words."""
    title = title_of("Please find a florist near the old station today. Soon.")
    assert title == "find a florist near the old"
    found = slot_named("Guest", slots)
    assert found is not None
    assert found.title == "guests"


def asked(slots: Slots, answer: dict[str, object]) -> object:
    """What a model's answer makes of a sentence."""
    with FakeModelServer([json.dumps(answer)]) as server:
        return ask_intent(Asker(chat=server.chat(), system="tme_spatial"), "…", slots)


def test_what_a_model_answers_is_held_to_the_slots(slots: Slots) -> None:
    """An update of what is not there is new; to go back it takes a value that was there."""
    update = asked(slots, {"intent": "update", "slot": "cake", "value": "plum", "after": []})
    assert (update.kind, update.title) == ("new", "cake")  # type: ignore[attr-defined]
    known = asked(slots, {"intent": "update", "slot": "Venue", "value": "barn", "after": []})
    assert (known.kind, known.title) == ("update", "venue")  # type: ignore[attr-defined]
    back = asked(
        slots, {"intent": "rollback", "slot": "venue", "value": "The town hall", "after": []}
    )
    assert back.to == 1  # type: ignore[attr-defined]
    made_up = asked(
        slots, {"intent": "rollback", "slot": "venue", "value": "the moon", "after": []}
    )
    assert made_up.to is None  # type: ignore[attr-defined]
    check = asked(slots, {"intent": "check", "slot": "weather", "value": None, "after": []})
    assert (check.kind, check.title) == ("check", None)  # type: ignore[attr-defined]
