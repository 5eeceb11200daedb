"""A graph of slots: what changes makes stale what rests on it, and going back undoes that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from combray import Memory, RejectedChange, TaskMemory
from combray.core.text import count_tokens
from tests.words import Words


@pytest.fixture
def memory() -> Iterator[Memory]:
    """A memory that lies nowhere."""
    with Memory(embedder=Words()) as made:
        yield made


@pytest.fixture
def tasks(memory: Memory) -> TaskMemory:
    """A trip: a plan over it, a hotel in a city, a taxi to the hotel, a budget apart."""
    made = memory.user("u").tasks("trip")
    made.add("plan", "a week")
    made.add("city", "Rome", parent="plan")
    made.add("hotel", "Roma", after=["city"], parent="plan")
    made.add("taxi", "to the Roma", after=["hotel"])
    made.add("budget", "900 euros")
    return made


def test_what_is_said_is_new_an_update_a_check_or_goes_back(tasks: TaskMemory) -> None:
    """Each is done, and a check changes nothing."""
    assert tasks.tell("museum: the one with the frescoes").intent == "new"
    assert tasks.tell("Actually, make the city Lisbon instead.").intent == "update"
    assert tasks.get("city").value == "Lisbon"
    before = tasks.log()
    assert tasks.tell("What is the city now?").intent == "check"
    assert tasks.log() == before
    assert tasks.tell("Let us go back to Rome.").intent == "rollback"
    assert (tasks.get("city").value, len(tasks.get("city").versions)) == ("Rome", 2)


def test_it_is_about_the_slot_that_it_is_most_like(tasks: TaskMemory) -> None:
    """By the words of its title, or by its value; by neither it is a new one."""
    assert tasks.tell("Change the budget to 700 euros.").title == "budget"
    assert tasks.get("budget").value == "700 euros"
    assert tasks.tell("Is a week long enough?").title == "plan"
    assert tasks.tell("Buy sun cream at the corner shop").title not in {
        "plan", "city", "hotel", "taxi", "budget",
    }  # fmt: skip


def test_a_change_makes_stale_all_that_was_made_for_the_old_value(tasks: TaskMemory) -> None:
    """Directly and through others, and nothing else; the old value makes it fresh again."""
    tasks.set("city", "Lisbon")
    assert tasks.stale() == ["hotel", "taxi"]
    tasks.set("hotel", "Lisboa")
    assert tasks.stale() == ["taxi"]
    tasks.set("city", "Rome")
    assert tasks.stale() == ["hotel", "taxi"]


def test_going_back_restores_value_status_and_what_was_made_for_it(tasks: TaskMemory) -> None:
    """A slot that was open is open again, and no version is added; what rests on it is fresh."""
    tasks.done("city", "Lisbon")
    assert tasks.stale() == ["hotel", "taxi"]
    back = tasks.rollback("city", to=1)
    assert (back.value, back.status, back.current) == ("Rome", "open", 1)
    assert len(back.versions) == 2
    assert tasks.stale() == []
    tasks.rollback("city", to=2)
    assert tasks.get("city").status == "done"
    assert tasks.stale() == ["hotel", "taxi"]


def test_a_schema_s_dependencies_are_there_from_the_start(memory: Memory) -> None:
    """Of every slot that it names, however it comes; they are open until somebody sets them."""
    requires = {"Flight": ["origin", "city"], "city": ["season"]}
    tasks = memory.user("u").tasks("trip", requires=requires)
    tasks.tell("flight: the one at noon")
    assert tasks.links("flight")["depends_on"] == ["origin", "city"]
    assert tasks.links("city")["depends_on"] == ["season"]
    assert tasks.ready() == ["origin", "season"]


def test_a_circle_is_refused_and_shown(tasks: TaskMemory) -> None:
    """By every verb that could close one; nothing is half done."""
    before = tasks.log()
    with pytest.raises(RejectedChange, match="city → taxi → hotel → city"):
        tasks.depend("city", ["taxi"])
    with pytest.raises(RejectedChange, match="circle"):
        tasks.add("boat", after=["taxi"], blocks=["city"])
    with pytest.raises(RejectedChange, match="circle"):
        tasks.drop("city", replaced_by="taxi")
    assert tasks.log() == before


def test_a_prompt_holds_what_a_slot_depends_on_and_stands_under(tasks: TaskMemory) -> None:
    """Each after what it depends on; what it has nothing to do with is left out."""
    assert tasks.prompt("taxi") == (
        "Task trip, now: taxi: to the Roma\n- plan: a week\n- city: Rome\n- hotel: Roma"
    )
    near = tasks.prompt("taxi", tokens=22)
    assert "hotel" in near
    assert "plan" not in near


@pytest.mark.parametrize("tokens", [12, 16, 20, 30, 40, 300])
def test_a_prompt_is_never_over_its_budget(tasks: TaskMemory, tokens: int) -> None:
    """Whatever the budget, and it is used."""
    told = tasks.prompt("taxi", tokens=tokens)
    assert count_tokens(told) <= tokens
    assert told.startswith("Task trip, now: taxi: to the Roma")


def test_a_name_is_no_reference(tasks: TaskMemory) -> None:
    """A slot that is renamed keeps its history, parts and dependents."""
    tasks.rename("city", "destination")
    assert tasks.links("hotel")["depends_on"] == ["destination"]
    tasks.set("destination", "Porto")
    assert tasks.stale() == ["hotel", "taxi"]


def test_what_is_dropped_hands_on_what_depended_on_it(tasks: TaskMemory) -> None:
    """To what takes its place; its parts go to its own parent when that is one of them."""
    tasks.add("hostel", "Sole", after=["city"], discovered_from="hotel")
    assert tasks.links("hostel")["discovered_from"] == ["hotel"]
    tasks.drop("hotel", replaced_by="hostel")
    assert tasks.links("taxi")["depends_on"] == ["hostel"]
    tasks.drop("plan", replaced_by="city")
    assert tasks.links("city")["parent"] == []
    assert tasks.links("city")["blocks"] == ["hostel"]
