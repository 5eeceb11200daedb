"""The nulls of the text memories."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from combray.core.time import now
from combray.index.corpus import members
from combray.write.extract.base import Topic
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
    mem0.null(
        1,
        "what is said again is added",
        _never("NONE"),
        "test_what_is_said_again_leaves_the_fact_as_it_was",
    ),
    mem0.null(
        1,
        "the fuller fact does not replace",
        _never("UPDATE"),
        "test_update_keeps_what_was_said_before",
    ),
    mem0.null(
        2,
        "superseding deletes",
        around("write.change.draft:Draft.take", _drop),
        "test_what_is_contradicted_is_superseded_and_not_destroyed",
    ),
    mem0.null(
        3,
        "turns answer, not facts",
        put("systems.text.mem0:answerable", _raw),
        "test_what_is_contradicted_is_superseded_and_not_destroyed",
    ),
    mem0.null(
        4, "no cosine in the sum", _without("semantic"), "test_the_added_score_is_its_formula"
    ),
    mem0.null(
        4, "no keywords in the sum", _without("keyword"), "test_the_added_score_is_its_formula"
    ),
    mem0.null(
        4, "no boost of shared entities", _without("entity"), "test_the_added_score_is_its_formula"
    ),
    mem0.null(
        5,
        "no facts around entities",
        around(
            "systems.text.mem0:Mem0._with_relations",
            lambda _: lambda self, context, rows, *rest: rows,
        ),
        "test_facts_around_the_entities_of_the_question_are_fused_in",
    ),
]

zep = System("zep", "systems.text.zep:Zep")


def _live(context: Any, kinds: Any, actor: str) -> Any:
    """Every live row, whenever it held."""
    return members(context.view, kinds, actor)


def _unknown(_store: Any, _tenant: str, texts: Any) -> dict[str, list[Any]]:
    return {text: [] for text in texts}


def _ungreedy(relevance: Any, vectors: Any, k: int, *, balance: float) -> list[int]:
    """Against every other candidate and not those chosen before, as in Graphiti."""
    near = vectors @ vectors.T - 2 * np.eye(len(vectors))
    gain = balance * relevance - (1 - balance) * near.max(axis=1)
    return np.argsort(-gain, kind="stable")[:k].tolist()


def _no_channel(place: int) -> Any:
    """Zep without the candidates of one search."""

    def make(rrf: Any) -> Any:
        def fused(rankings: list[Any], **options: Any) -> Any:
            left = [NOTHING if i == place else rows for i, rows in enumerate(rankings)]
            return rrf(left, **options)

        return fused

    return around("systems.text.zep:rrf", make)


PAST = "recall.query.query_context:QueryContext._past"
SPELLINGS = "test_spellings_of_a_long_name_are_one_entity_and_short_ones_are_not"
APART = "test_each_search_finds_what_the_others_do_not"
ONE_VALUE = "test_one_value_holds_at_any_instant_and_the_past_answers"
ZEP = [
    zep.null(1, "edges hold for ever", put("systems.text.zep:answerable", _live), ONE_VALUE),
    zep.null(
        1,
        "what was known then is not asked",
        put(PAST, property(lambda _: {})),
        "test_what_was_known_then_is_told_as_it_was_known",
    ),
    zep.null(
        1,
        "what is said again is another edge",
        put("store.store:Store.same_text", _unknown),
        "test_an_edge_said_again_has_more_episodes",
    ),
    zep.null(2, "no contradiction is seen", put("write.extract.rules:facts_of", empty), ONE_VALUE),
    zep.null(
        2,
        "what arrives later ends what came before",
        put("write.change.draft:_begins", lambda _: 0),
        "test_a_model_that_sees_a_contradiction_ends_the_earlier_edge",
    ),
    zep.null(
        3,
        "no gate of length and entropy",
        put("recall.entities.resolution:tellable", lambda _: True),
        SPELLINGS,
    ),
    zep.null(
        3, "spellings are never joined", put("recall.entities.resolution:JACCARD", 2.0), SPELLINGS
    ),
    zep.null(
        3, "likeness is not asked for", put("recall.entities.resolution:JACCARD", 0.1), SPELLINGS
    ),
    zep.null(
        4,
        "no model is asked about names",
        put("systems.text.zep:recognise", nothing),
        "test_a_model_joins_names_that_spelling_leaves_apart",
    ),
    zep.null(5, "no cosine", _no_channel(0), APART),
    zep.null(5, "no keywords", _no_channel(1), APART),
    zep.null(5, "no walk", _no_channel(2), APART),
    zep.null(6, "k = 60", {"k": 60.0}, "test_ranks_are_fused_by_their_reciprocals"),
    zep.null(
        6,
        "every recipe is RRF",
        {"recipe": "rrf"},
        "test_diversity_comes_from_choosing_greedily",
        "test_distance_ranks_what_is_nearer_to_the_entity_first",
        "test_what_more_episodes_mention_comes_first",
        "test_a_cross_encoder_has_the_last_word",
    ),
    zep.null(
        6,
        "MMR is not greedy",
        put("systems.text.zep:mmr", _ungreedy),
        "test_diversity_comes_from_choosing_greedily",
    ),
    zep.null(
        7,
        "no communities",
        put("write.derive.communities:Communities.follow", nothing),
        "test_communities_are_made_behind_the_words_and_follow_them",
    ),
]

a_mem = System("a_mem", "systems.text.a_mem:AMem")


def _everything(_self: Any, _text: str, near: Any) -> list[Any]:
    return [each.item for each in near]


LINKED = "test_links_join_what_belongs_together_and_live"
A_MEM = [
    a_mem.null(
        1,
        "notes are their content alone",
        put("systems.text.a_mem:canonical", lambda about: about["content"]),
        "test_the_text_of_a_note_holds_all_of_its_fields",
    ),
    a_mem.null(2, "no neighbours", {"k": 0}, LINKED),
    a_mem.null(
        2,
        "all neighbours are linked",
        put("write.extract.rules:RulesExtractor.related", _everything),
        LINKED,
    ),
    a_mem.null(
        3,
        "neighbours stay as they were",
        put("systems.text.a_mem:_evolve", lambda _draft, _by, old, _new: old),
        "test_evolution_touches_true_neighbours_only_and_can_be_undone",
    ),
    a_mem.null(4, "links are not read", {"hop": 0.0}, "test_a_hop_adds_notes_and_repeats_none"),
]

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

tim = System("tim", "systems.text.tim:TiM")


def _whole(text: str) -> list[tuple[int, str]]:
    """A text as one sentence."""
    return [(0, text)]


def _scattered(self: Any, vectors: Any) -> Any:
    """Buckets that have nothing to do with the vectors."""
    shape = (len(vectors), self.hashing.tables, self.hashing.buckets)
    return np.random.default_rng(len(vectors)).standard_normal(shape)


HASH = "test_the_hash_answers_as_an_exact_search_does"
TIM = [
    tim.null(
        1,
        "a thought is a whole turn",
        put("write.extract.rules:sentences", _whole),
        "test_a_thought_is_a_sentence_that_cites_its_turn",
    ),
    tim.null(
        2,
        "everything is looked at",
        put("index.lsh:Index.candidates", lambda _self, _view, rows, *_: np.flatnonzero(rows)),
        HASH,
    ),
    tim.null(2, "buckets are drawn", put("index.lsh:Tables._signed", _scattered), HASH),
    tim.null(
        2,
        "no cosine inside the buckets",
        put("systems.text.tim:top", lambda scores, k: np.arange(min(k, len(scores)))),
        HASH,
    ),
    tim.null(3, "everything is inserted", {"k": 0}, "test_thinking_the_same_again_changes_nothing"),
    tim.null(
        4,
        "no contradiction is seen",
        put("write.extract.rules:facts_of", empty),
        "test_what_is_contradicted_is_forgotten_and_not_destroyed",
    ),
    tim.null(
        5,
        "nothing is merged",
        put("systems.text.tim:MERGE", 2.0),
        "test_what_is_said_again_is_one_thought_that_cites_every_turn",
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

hipporag = System("hipporag", "systems.text.hipporag:HippoRAG")
hipporag2 = System("hipporag2", "systems.text.hipporag:HippoRAG2")
GRAPH = "recall.graph.phrase_graph:PhraseGraph"


def _no_triples(between: Any) -> Any:
    return lambda self, ends, spread: between(self, ends[:0], spread)


def _once(weave: Any) -> Any:
    """A graph in which every phrase counts as held by one passage."""

    def woven(self: Any, *args: Any) -> Any:
        web = weave(self, *args)
        return replace(web, spread=np.minimum(web.spread, 1))

    return woven


def _phrases_alone(weave: Any) -> Any:
    """A graph whose passages no edge leads to."""

    def woven(self: Any, *args: Any) -> Any:
        web = weave(self, *args)
        walk, more = web.phrase_walk, np.ones(len(web.passages), bool)
        size = walk.size + len(more)
        return replace(
            web, full_walk=replace(walk, size=size, stuck=np.concatenate([walk.stuck, more]))
        )

    return woven


def _massless(answer: Any) -> Any:
    return lambda runtime, context, web, mass, *rest, **options: answer(
        runtime, context, web, np.zeros_like(mass), *rest, **options
    )


def _all_phrases(reset: Any) -> Any:
    return lambda web, linked, _most: reset(web, linked, 10**6)


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
        around(f"{GRAPH}._weave", _once),
        "test_a_rare_name_weighs_more_than_a_common_one",
    ),
    hipporag.null(5, "no walk", {"damping": 0.0}, TRIPLE),
    hipporag.null(
        5, "passages get no mass", around("systems.text.hipporag:_answer", _massless), TRIPLE
    ),
    hipporag2.null(1, "no edges to passages", around(f"{GRAPH}._weave", _phrases_alone), WALK),
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
        put("systems.text.hipporag:HippoRAG2._asked", lambda _self, _context, _web, best: best),
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
                lambda web, *rest: reset(
                    SimpleNamespace(ends=web.ends, spread=np.minimum(web.spread, 1)), *rest
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
FEATURES = "recall.rank.features"


def _channels(change: Any) -> Any:
    """The scores of the channels with some replaced."""
    return around(
        f"{FEATURES}:score_channels", lambda score: lambda context: change(score(context))
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
            "recall.query.query_context:QueryContext.dense",
            property(lambda self: np.zeros(len(self.view), np.float32)),
        ),
        "test_dense_is_the_cosine",
    ),
    hybrid.null(1, "k = 60", {"k": 60.0}, "test_fusion_by_reciprocal_rank_is_its_formula"),
    convex.null(1, "vectors alone", {"weight": 1.0}, "test_convex_fusion_is_its_formula"),
]

SYSTEMS = (
    mem0, zep, a_mem, rmm, memorybank, tim, scm, memorag, second_me, hipporag, hipporag2, evidence,
    bm25, dense, hybrid, convex,
)  # fmt: skip
NULLS: list[Null] = [
    *MEM0, *ZEP, *A_MEM, *RMM, *MEMORYBANK, *TIM, *SCM, *MEMORAG, *SECOND_ME, *HIPPORAG, *EVIDENCE,
    *BASELINES,
]  # fmt: skip
