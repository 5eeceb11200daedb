"""The nulls of the text memories."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.nulls.base import Null, System, around, put

NOTHING = np.zeros(0, np.int64)


def nothing(*_: Any, **__: Any) -> None:
    """Does nothing."""


def empty(*_: Any, **__: Any) -> list[Any]:
    """Finds nothing."""
    return []


mem0 = System("mem0", "systems.text.mem0:Mem0")


def _never(op: str) -> Any:
    """A judge by rule that adds what it would have treated otherwise."""
    rules = "write.extract.rules:RulesExtractor.decide"

    def adding(decide: Any) -> Any:
        def decided(self: Any, new: Any, near: Any) -> Any:
            found = decide(self, new, near)
            return replace(found, op="ADD", target=None) if found.op == op else found

        return decided

    return around(rules, adding)


def _drop(take: Any) -> Any:
    """A draft that deletes what is superseded, as the paper does."""

    def dropping(self: Any, kind: str, said: Any, decision: Any, **more: Any) -> Any:
        if decision.op == "SUPERSEDE" and decision.target is not None:
            self.retire(decision.target, "delete", "contradicted")
        return take(self, kind, said, decision, **more)

    return dropping


def _raw(context: Any, *_: Any, **__: Any) -> Any:
    return context.allowed


def _without(signal: str) -> Any:
    """The signals of mem0 with one at nothing."""

    def make(signals: Any) -> Any:
        def weaker(self: Any, *args: Any) -> Any:
            found = signals(self, *args)
            return {**found, signal: np.zeros_like(found[signal])}

        return weaker

    return around("systems.text.mem0:Mem0._signals", make)


MEM0 = [
    mem0.null(1, "no fact is compared", {"k": 0}, "test_the_same_input_twice_changes_nothing"),
    mem0.null(1, "what is said again is added", _never("NONE"), "test_what_is_said_again_leaves_the_fact_as_it_was"),
    mem0.null(1, "the fuller fact does not replace", _never("UPDATE"), "test_update_keeps_what_was_said_before"),
    mem0.null(2, "superseding deletes", around("write.change.draft:Draft.take", _drop), "test_what_is_contradicted_is_superseded_and_not_destroyed"),
    mem0.null(3, "turns answer, not facts", put("systems.text.mem0:answerable", _raw), "test_what_is_contradicted_is_superseded_and_not_destroyed"),
    mem0.null(4, "no cosine in the sum", _without("semantic"), "test_the_added_score_is_its_formula"),
    mem0.null(4, "no keywords in the sum", _without("keyword"), "test_the_added_score_is_its_formula"),
    mem0.null(4, "no boost of shared entities", _without("entity"), "test_the_added_score_is_its_formula"),
    mem0.null(5, "no facts around entities", around("systems.text.mem0:Mem0._with_relations", lambda _: lambda self, context, rows, *rest: rows), "test_facts_around_the_entities_of_the_question_are_fused_in"),
]

SYSTEMS = (mem0,)
NULLS: list[Null] = [*MEM0]
