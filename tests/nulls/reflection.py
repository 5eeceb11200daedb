"""The nulls of the memories that reflect, summarise and forget."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from combray.core.time import now
from combray.write.extract.base import Topic
from tests.nulls.base import Null, System, around, empty, nothing, put

rmm = System("rmm", "systems.text.rmm:RMM")


def _one_each(_self: Any, items: Any) -> list[Any]:
    return [Topic(title="", items=(item,)) for item in items]


def _all_one(_self: Any, items: Any) -> list[Any]:
    return [Topic(title="", items=tuple(items))]


def _praise_alone(lesson: Any) -> Any:
    """A lesson in which what was not cited is worth nothing."""
    return lambda *args: replace(
        found := lesson(*args), rewards=tuple(max(r, 0) for r in found.rewards)
    )


def _reversed(gradient: Any) -> Any:
    """The gradient of another order than the one that was served."""
    return lambda self, q, m, order, weights: gradient(self, q, m, [*order][::-1], weights)


GRADIENT = "tests/recall/rank/test_bilinear.py::test_the_gradient_is_that_of_finite_differences"
SEGMENT = "write.extract.rules:RulesExtractor.segment"
CUT = "test_a_session_is_cut_where_its_subject_changes"
RMM = [
    rmm.null(1, "one topic a message", put(SEGMENT, _one_each), CUT),
    rmm.null(1, "one topic a session", put(SEGMENT, _all_one), CUT),
    rmm.null(
        2,
        "topics are never merged",
        put("systems.text.rmm:MERGE", 2.0),
        "test_a_topic_that_goes_on_is_merged",
    ),
    rmm.null(
        3, "topics weigh nothing", {"topics": 0.0}, "test_a_turn_is_found_by_its_topic_as_well"
    ),
    rmm.null(
        3,
        "all are candidates",
        {"k": 10**6},
        "test_only_the_candidates_of_the_retriever_are_reordered",
    ),
    rmm.null(
        4,
        "nothing is learned",
        put("recall.rank.bilinear:Bilinear._step", nothing),
        "test_what_is_cited_rises_and_stays_so_after_a_restart",
    ),
    rmm.null(
        4, "W_q is not used", put("recall.rank.bilinear:Bilinear._query", lambda _, q: q), GRADIENT
    ),
    rmm.null(5, "no noise", {"explore": False}, "test_exploring_changes_only_with_what_is_learned"),
    rmm.null(
        6,
        "what is not cited loses nothing",
        around("write.derive.feedback:_lesson", _praise_alone),
        "test_what_was_shown_and_not_cited_falls",
    ),
    rmm.null(
        6,
        "the first served takes no turn",
        around("recall.rank.bilinear:Bilinear.gradient", _reversed),
        GRADIENT,
    ),
]


memorybank = System("memorybank", "systems.text.memorybank:MemoryBank")
CURVE = "tests/write/derive/test_forgetting.py::test_it_is_the_papers_formula_and_not_its_codes"


def _recall_less(**kept: Any) -> Any:
    """A recall that leaves some of a memory as it is."""

    def make(reinforced: Any) -> Any:
        def weaker(item: Any, at: int) -> Any:
            patch = reinforced(item, at)
            return replace(patch, fields={**patch.fields, **{n: f(item) for n, f in kept.items()}})

        return weaker

    return around("systems.text.memorybank:reinforced", make)


def _code(age: Any, strength: Any, days: float = 1.0) -> Any:
    """The curve of the authors' code, exp(-t S / 5)."""
    return np.exp(-np.asarray(age) / 86_400e6 * np.asarray(strength) / 5 / days)


CLOCK = "test_a_recall_starts_the_clock_again"
MEMORYBANK = [
    memorybank.null(
        1, "summaries do not answer", {"summaries": False}, "test_summaries_answer_beside_the_turns"
    ),
    memorybank.null(
        2,
        "a summary for each message",
        put("systems.text.memorybank:MemoryBank._known", lambda *_: {}),
        "test_each_day_has_one_summary",
    ),
    memorybank.null(
        2,
        "the global summary is of one day",
        put("systems.text.memorybank:DAYS", 1),
        "test_each_day_has_one_summary",
    ),
    memorybank.null(
        3,
        "nothing fades",
        put("systems.text.memorybank:retention", lambda age, *_: np.ones(len(age))),
        "test_hiding_is_reversible_and_changes_nothing_stored",
    ),
    memorybank.null(
        3, "the strong fade first", put("write.derive.forgetting:retention", _code), CURVE
    ),
    memorybank.null(
        3,
        "all have one chance",
        put("systems.text.memorybank:_chances", lambda seq, _: np.full(len(seq), 0.4)),
        "test_each_memory_has_its_own_chance",
    ),
    memorybank.null(
        3,
        "forgetting is on unless it is asked for",
        {"forget": 0.01},
        "test_hiding_is_reversible_and_changes_nothing_stored",
    ),
    memorybank.null(
        4, "a recall does not strengthen", _recall_less(strength=lambda item: item.strength), CLOCK
    ),
    memorybank.null(
        4,
        "a recall leaves the clock",
        _recall_less(last_recalled=lambda item: item.first_at_us),
        CLOCK,
    ),
    memorybank.null(
        5,
        "what ended is not marked",
        put("systems.text.memorybank:marked", lambda _, items: dict(items)),
        "test_what_ended_is_marked_in_the_summaries_that_tell_it",
    ),
]


scm = System("scm", "systems.text.scm:SCM")


def _backwards(scores: Any, k: int, allowed: Any) -> Any:
    """The farthest instead of the nearest."""
    rows = np.flatnonzero(allowed)
    return rows[np.argsort(scores[rows])[:k]]


def _greedy(groups: Any, budget: int) -> list[int | None]:
    """The first option of each group that still fits."""
    chosen: list[int | None] = []
    for group in groups:
        fits = [o for o, (cost, _) in enumerate(group) if cost <= budget]
        chosen.append(fits[0] if fits else None)
        budget -= group[fits[0]][0] if fits else 0
    return chosen


SCM = [
    scm.null(
        1,
        "the gate is always open",
        {"gate": False},
        "test_the_gate_stays_closed_when_nothing_is_asked_of_memory",
    ),
    scm.null(
        2,
        "the farthest turns",
        put("systems.text.scm:top", _backwards),
        "test_the_nearest_turn_comes_back",
    ),
    scm.null(
        3,
        "no flash memory",
        put("systems.text.scm:SCM._flash", nothing),
        "test_inside_a_session_the_turn_before_is_always_there",
    ),
    scm.null(
        4,
        "nothing is summarised",
        put("systems.text.scm:LONG", 10**9),
        "test_a_tight_budget_turns_full_into_short",
    ),
    scm.null(4, "no budget", {"tokens": 10**6}, "test_the_budget_is_never_exceeded"),
    scm.null(
        4,
        "what fits first is taken",
        put("systems.text.scm:choose", _greedy),
        "test_the_choice_is_the_best_that_fits",
    ),
]


second_me = System("second_me", "systems.text.second_me:SecondMe")


def _timeless(profile: Any) -> Any:
    """A profile that is always that of today."""
    return lambda self, query: profile(self, replace(query, as_of=None, asked_at=now()))


SECOND_ME = [
    second_me.null(
        1,
        "no chunks",
        put("systems.text.second_me:chunks", empty),
        "test_a_long_text_is_found_by_its_chunk",
    ),
    second_me.null(
        2,
        "everything is one cluster",
        {"nearness": {"join": -1.0}},
        "test_every_memory_is_in_one_cluster_or_an_outlier",
    ),
    second_me.null(
        2, "no outliers", {"nearness": {"least": 1}}, "test_an_untold_story_has_no_interest"
    ),
    second_me.null(
        3,
        "no shades",
        put("systems.text.second_me:SecondMe._tell", nothing),
        "test_shades_cite_live_evidence_and_go_with_it",
    ),
    second_me.null(
        3,
        "nothing is sure",
        put("systems.text.second_me:confidence", lambda _: "low"),
        "test_shades_cite_live_evidence_and_go_with_it",
    ),
    second_me.null(
        3,
        "a shade is told once",
        put("systems.text.second_me:GROWN", 10**6),
        "test_a_shade_is_told_anew_when_it_grew",
    ),
    second_me.null(
        4,
        "the biography is of today",
        around("systems.text.second_me:SecondMe.profile", _timeless),
        "test_the_profile_is_that_of_any_date",
    ),
    second_me.null(
        4,
        "what ended is not marked",
        put("systems.text.second_me:marked", lambda _, items: dict(items)),
        "test_what_ended_is_marked_in_a_shade",
    ),
    second_me.null(
        5, "shades are no cues", {"cue": 0.0}, "test_a_shade_that_fits_lifts_its_memories"
    ),
]


SYSTEMS = (rmm, memorybank, scm, second_me)
NULLS: list[Null] = [*RMM, *MEMORYBANK, *SCM, *SECOND_ME]
