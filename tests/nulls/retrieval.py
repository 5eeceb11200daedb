"""The nulls of the memories that are ways to retrieve, and of the baselines."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.nulls.base import Null, System, around, empty, nothing, put

memorag = System("memorag", "systems.text.memorag:MemoRAG")


def _clues_alone(rrf: Any) -> Any:
    """A fusion in which the rankings of the question itself count nothing."""
    return lambda rankings, **options: rrf(rankings if len(rankings) == 1 else [], **options)


CLUES = "test_the_statistics_and_the_gists_give_clues"
MEMORAG = [
    memorag.null(
        1,
        "no global memory",
        put("systems.text.memorag:MemoRAG.derive", nothing),
        "test_every_block_of_sixteen_turns_has_a_gist",
        "test_a_model_sees_the_gists_and_gives_the_clues",
    ),
    memorag.null(2, "no terms", put("systems.text.memorag:rules_cues", empty), CLUES),
    memorag.null(2, "no names", put("systems.text.memorag:names_beside", empty), CLUES),
    memorag.null(2, "no gists", put("systems.text.memorag:GISTS", 0), CLUES),
    memorag.null(
        3,
        "clues are not asked",
        put("systems.text.memorag:MemoRAG._led", empty),
        "test_a_clue_finds_what_the_question_does_not_say_and_drops_nothing",
        "test_a_clue_of_a_model_weighs_as_the_question_does",
    ),
    memorag.null(
        4,
        "clues in the place of the question",
        around("systems.text.memorag:rrf", _clues_alone),
        "test_a_clue_of_a_model_weighs_as_the_question_does",
    ),
]


hipporag = System("hipporag", "systems.text.hipporag:HippoRAG")
hipporag2 = System("hipporag2", "systems.text.hipporag:HippoRAG2")
GRAPH = "recall.graph.phrase_graph:PhraseGraph"


def _no_triples(between: Any) -> Any:
    return lambda self, ends, spread: between(self, ends[:0], spread)


def _once(build: Any) -> Any:
    """A graph in which every phrase counts as held by one passage."""

    def woven(self: Any, *args: Any) -> Any:
        snapshot = build(self, *args)
        return replace(snapshot, spread=np.minimum(snapshot.spread, 1))

    return woven


def _phrases_alone(build: Any) -> Any:
    """A graph whose passages no edge leads to."""

    def woven(self: Any, *args: Any) -> Any:
        snapshot = build(self, *args)
        walk, more = snapshot.phrase_walk, np.ones(len(snapshot.passages), bool)
        size = walk.size + len(more)
        return replace(
            snapshot, full_walk=replace(walk, size=size, stuck=np.concatenate([walk.stuck, more]))
        )

    return woven


def _massless(answer: Any) -> Any:
    return lambda runtime, context, snapshot, mass, *rest, **options: answer(
        runtime, context, snapshot, np.zeros_like(mass), *rest, **options
    )


def _all_phrases(reset: Any) -> Any:
    return lambda snapshot, linked, _most: reset(snapshot, linked, 10**6)


TRIPLE, WALK = "test_a_triple_joins_its_phrases", "test_a_walk_goes_beyond_its_seeds"
SEEDED = "test_phrases_are_seeded_by_their_facts"
HIPPORAG = [
    hipporag.null(1, "no edges from triples", around(f"{GRAPH}._between", _no_triples), TRIPLE),
    hipporag.null(
        2,
        "no edges from likeness",
        put("recall.graph.phrase_graph:ALIKE", 2.0),
        "test_like_phrases_are_joined",
    ),
    hipporag.null(
        3,
        "unknown names are not linked",
        {"floor": 2.0},
        "test_an_unknown_name_is_linked_to_the_nearest_phrase",
    ),
    hipporag.null(
        4,
        "common phrases weigh as much",
        around(f"{GRAPH}._build", _once),
        "test_a_rare_name_weighs_more_than_a_common_one",
    ),
    hipporag.null(5, "no walk", {"damping": 0.0}, TRIPLE),
    hipporag.null(
        5, "passages get no mass", around("systems.text.hipporag:_answer", _massless), TRIPLE
    ),
    hipporag2.null(1, "no edges to passages", around(f"{GRAPH}._build", _phrases_alone), WALK),
    hipporag2.null(
        2, "no triples are linked", {"facts": 0}, "test_given_facts_stand_for_the_rules"
    ),
    hipporag2.null(
        2,
        "all triples are linked",
        {"facts": 10**6},
        "test_no_more_facts_are_linked_than_asked_for",
    ),
    hipporag2.null(
        3,
        "everything is recognised",
        {"floor": -1.0},
        "test_only_what_is_recognised_seeds_the_walk",
        "test_without_links_the_order_is_that_of_the_cosine[hipporag2]",
    ),
    hipporag2.null(
        3,
        "a model's word counts nothing",
        put(
            "systems.text.hipporag:HippoRAG2._asked", lambda _self, _context, _snapshot, best: best
        ),
        "test_a_model_reads_the_triples_and_recognises_facts",
    ),
    hipporag2.null(
        4,
        "all phrases are seeds",
        around("systems.text.hipporag:_phrase_reset", _all_phrases),
        SEEDED,
    ),
    hipporag2.null(
        4,
        "common phrases weigh as much",
        around(
            "systems.text.hipporag:_phrase_reset",
            lambda reset: (
                lambda snapshot, *rest: reset(
                    SimpleNamespace(ends=snapshot.ends, spread=np.minimum(snapshot.spread, 1)),
                    *rest,
                )
            ),
        ),
        SEEDED,
    ),
    hipporag2.null(
        5, "passages are no seeds", {"passage_weight": 0.0}, "test_every_passage_is_seeded_a_little"
    ),
    hipporag2.null(6, "no walk", {"damping": 0.0}, WALK),
]


evidence = System("evidence", "systems.text.evidence:Evidence")


def _channels(change: Any) -> Any:
    """The scores of the channels with some replaced."""
    return around(
        "recall.query.scores:Scores.channels", lambda channels: lambda self: change(channels(self))
    )


def _alone(scores: Any) -> Any:
    """A turn without the conversation around it."""
    return {name: scores["bm25" if "bm25" in name else "dense"] for name in scores}


def _silent(kind: str) -> Any:
    return lambda scores: {n: np.zeros_like(s) if kind in n else s for n, s in scores.items()}


def _one_rule(load: Any) -> Any:
    return lambda *args, **options: dict.fromkeys(
        rules := load(*args, **options), rules["dialogue"]
    )


def _as_ranked(rows: Any, scores: Any, _found: Any, _allowed: Any, limit: int) -> Any:
    return list(rows)[:limit], list(scores)[:limit]


FOUND = "test_a_turn_is_found_through_its_conversation"
EVIDENCE = [
    evidence.null(1, "no conversation around a turn", _channels(_alone), FOUND),
    evidence.null(1, "no keywords", _channels(_silent("bm25")), FOUND),
    evidence.null(1, "no vectors of the turn", _channels(_silent("dense")), FOUND),
    evidence.null(
        2,
        "no rule",
        put("recall.rank.linear:LinearRanker.score", lambda _, values: np.zeros(len(values))),
        "test_the_turn_that_answers_is_first",
    ),
    evidence.null(
        3,
        "one rule for all",
        around("recall.rank.linear:load", _one_rule),
        "test_turns_notes_and_passages_have_weights_of_their_own",
    ),
    evidence.null(
        4,
        "the past stays where it ranks",
        put("systems.text.evidence:reorder", _as_ranked),
        "test_what_replaced_a_past_value_is_lifted_before_it",
    ),
    evidence.null(
        5,
        "the newer stays where it ranks",
        put("systems.text.evidence:find_updates", empty),
        "test_the_newer_of_two_that_contradict_is_lifted_before_the_older",
        "tests/recall/rank/test_recency.py::test_the_newer_stands_before_the_older",
    ),
    evidence.null(
        5,
        "whatever is alike is an update",
        put("recall.rank.recency:update", lambda *_: "alike"),
        "test_the_newer_of_two_that_contradict_is_lifted_before_the_older",
    ),
]


bm25 = System("bm25", "systems.text.baselines:BM25")
dense = System("dense", "systems.text.baselines:Dense")
hybrid = System("hybrid", "systems.text.baselines:Hybrid")
convex = System("convex", "systems.text.baselines:Convex")
BASELINES = [
    bm25.null(
        1,
        "every word is as rare",
        put("recall.query.scores:_idf", lambda _df, _size: np.float32(2.2)),
        "test_bm25_is_its_formula",
    ),
    bm25.null(1, "length does not count", put("index.corpus:B", 0.0), "test_bm25_is_its_formula"),
    dense.null(
        1,
        "no cosine",
        put(
            "recall.query.scores:Scores.dense",
            property(lambda self: np.zeros(len(self._view), np.float32)),
        ),
        "test_dense_is_the_cosine",
    ),
    hybrid.null(1, "k = 60", {"k": 60.0}, "test_fusion_by_reciprocal_rank_is_its_formula"),
    convex.null(1, "vectors alone", {"weight": 1.0}, "test_convex_fusion_is_its_formula"),
]


SYSTEMS = (memorag, hipporag, hipporag2, evidence, bm25, dense, hybrid, convex)
NULLS: list[Null] = [*MEMORAG, *HIPPORAG, *EVIDENCE, *BASELINES]
