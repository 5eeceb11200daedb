"""The nulls of the task memories."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.nulls.base import Null, System, around, empty, put

tme = System("tme", "systems.task.tme:TME")
spatial = System("tme_spatial", "systems.task.tme_spatial:TMESpatial")


def _all_matter(slots: Any, _id: str) -> dict[str, float]:
    """Every slot matters alike."""
    return {slot.id: 1.0 for slot in slots}


def _alone(_slots: Any, id_: str) -> dict[str, float]:
    """Nothing but the slot itself matters."""
    return {id_: 1.0}


def _new(read: Any) -> Any:
    """Whatever is said is new."""
    return lambda said, *rest: replace(
        found := read(said, *rest), kind="new", title=found.title or said.text
    )


def _never(*_: Any) -> set[str]:
    return set()


def _as_an_update(_roll: Any) -> Any:
    """Going back sets the old value as a new one, as in the authors' code."""

    def rollback(self: Any, title: str, to: int, *, by: str | None = None) -> Any:
        return self.set(title, self.get(title).versions[to - 1].value, by=by)

    return rollback


def _unbounded(prompt: Any) -> Any:
    """A prompt that has all the tokens it wants."""
    return lambda task, slots, part, tokens, **more: prompt(task, slots, part, 10**6, **more)


TME = [
    tme.null(
        1,
        "a tree may have any link",
        put("systems.task.tme:TME.links", ("parent", "depends_on", "blocks", "replaced_by")),
        "test_a_step_stands_under_one_other_and_depends_on_none",
    ),
    tme.null(
        2,
        "all branches are in a prompt",
        put("recall.task.slots:Slots.path", lambda self, _: list(self.by_id)),
        "test_a_prompt_is_the_path_from_the_root",
    ),
    tme.null(
        3,
        "the active step is the last that came",
        put("systems.task.tme:TME._active", lambda self: self._tasks.slots()[-1].id),
        "test_a_prompt_without_a_title_is_of_the_active_step",
    ),
    tme.null(
        4,
        "what is told anew stands alone",
        put("systems.task.tme:TME._root", lambda self: None),
        "test_what_is_told_anew_stands_under_the_root",
    ),
]
SPATIAL = [
    spatial.null(
        1,
        "everything is new",
        around("systems.task.tme_spatial:intent_of", _new),
        "test_what_is_said_is_new_an_update_a_check_or_goes_back",
    ),
    spatial.null(
        2,
        "no slot is like a sentence",
        put("write.task.intents:slot_alike", lambda *_: None),
        "test_it_is_about_the_slot_that_it_is_most_like",
    ),
    spatial.null(
        3,
        "nothing becomes stale",
        put("recall.task.slots:Slots.stale", _never),
        "test_a_change_makes_stale_all_that_was_made_for_the_old_value",
    ),
    spatial.null(
        4,
        "going back is an update",
        around("write.task.slot_memory:SlotMemory.rollback", _as_an_update),
        "test_going_back_restores_value_status_and_what_was_made_for_it",
    ),
    spatial.null(
        5,
        "a schema requires nothing",
        put("write.task.slot_memory:SlotMemory._required", empty),
        "test_a_schema_s_dependencies_are_there_from_the_start",
    ),
    spatial.null(
        6,
        "circles are not looked for",
        (
            put("write.task.slot_memory:circle_with", empty),
            put("recall.task.slots:circle_with", empty),
        ),
        "test_a_circle_is_refused_and_shown",
    ),
    spatial.null(
        7,
        "a slot needs to know itself alone",
        put("systems.task.tme_spatial:activation", _alone),
        "test_a_prompt_holds_what_a_slot_depends_on_and_stands_under",
    ),
    spatial.null(
        7,
        "all slots matter alike",
        put("systems.task.tme_spatial:activation", _all_matter),
        "test_a_prompt_holds_what_a_slot_depends_on_and_stands_under",
    ),
    spatial.null(
        7,
        "no budget",
        around("systems.task.tme_spatial:prompt", _unbounded),
        "test_a_prompt_is_never_over_its_budget",
    ),
]

SYSTEMS = (tme, spatial)
NULLS: list[Null] = [*TME, *SPATIAL]
