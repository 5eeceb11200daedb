"""A prompt of a task: what it says of a slot, what it leaves out, and that its budget holds."""

from __future__ import annotations

import random

import pytest

from combray import InputError, Memory
from combray.core.text import count_tokens
from combray.recall.task.prompt import Part, prompt, shown
from combray.recall.task.slots import Slots
from tests.words import Words


@pytest.fixture
def slots() -> Slots:
    """Slots in each state."""
    with Memory(embedder=Words()) as memory:
        tasks = memory.user("u").tasks("trip")
        tasks.set("city", "Rome")
        tasks.add("hotel", "Roma", after=["city"])
        tasks.set("city", "Lisbon")
        tasks.add("flight")
        tasks.add("visa", {"until": "May"})
        tasks.done("visa")
        tasks.add("car", "a van\nwith: seats")
        tasks.mark("car", "failed")
        tasks.add("gone", "away")
        tasks.drop("gone")
        return tasks.state()


def part(slots: Slots, title: str) -> Part:
    """All slots, which matter the less the later they came."""
    found = slots.titled(title)
    assert found is not None
    ids = list(slots.by_id)
    return Part(id=found.id, matters={i: 1 / (n + 1) for n, i in enumerate(ids)}, order=ids)


def test_every_slot_says_whether_it_can_be_relied_on(slots: Slots) -> None:
    """Stale, open, done and failed ones say so, data is JSON on one line, dropped ones are out."""
    assert prompt("trip", slots, part(slots, "city"), 300, past=True).splitlines() == [
        "Task trip, now: city: Lisbon (before: Rome)",
        "- hotel: Roma (stale)",
        "- flight (open)",
        '- visa: {"until": "May"} (done)',
        '- car: "a van\\nwith: seats" (failed)',
    ]


def test_what_matters_most_is_taken_first(slots: Slots) -> None:
    """And what is too long is passed over for what is not."""
    told = prompt("trip", slots, part(slots, "city"), 22)
    assert "hotel" in told
    assert "visa" not in told


@pytest.mark.parametrize("tokens", [0, -1, 2.5, True, "10", None])
def test_a_budget_is_a_whole_number(slots: Slots, tokens: object) -> None:
    """Anything else is refused."""
    with pytest.raises(InputError, match="tokens"):
        prompt("trip", slots, part(slots, "city"), tokens)  # type: ignore[arg-type]


def test_a_budget_below_one_slot_says_what_is_needed(slots: Slots) -> None:
    """The error names the slot and its tokens, with which it fits."""
    with pytest.raises(InputError, match=r"needs (\d+)") as told:
        prompt("trip", slots, part(slots, "visa"), 3)
    needed = int(str(told.value).split("needs ")[1].split(".")[0])
    assert prompt("trip", slots, part(slots, "visa"), needed).count("\n") == 0


def test_no_values_break_a_budget() -> None:
    """Any letters, at any length: what is counted line by line is what the whole has."""
    draw = random.Random(3)
    letters = "ab 12.,:;-\n\t日é☂\u2028"
    with Memory(embedder=Words()) as memory:
        tasks = memory.user("u").tasks("odd")
        for number in range(60):
            value = "".join(draw.choice(letters) for _ in range(draw.randrange(40)))
            tasks.add(f"s{number}", value, after=[f"s{number - 1}"] if number else [])
        for tokens in (60, 90, 150, 400):
            told = tasks.prompt("s59", tokens=tokens)
            assert tokens / 2 < count_tokens(told) <= tokens


def test_words_are_shown_as_they_are() -> None:
    """Other values as JSON."""
    assert shown("Größe") == "Größe"
    assert shown(["a", 1]) == '["a", 1]'
