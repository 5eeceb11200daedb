"""The nulls of the memories that keep facts, thoughts and notes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from combray.index.corpus import members
from tests.nulls.base import NOTHING, Null, System, around, empty, nothing, put

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
        "test_facts_answer_and_not_the_turns_that_they_cite",
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


PAST = "recall.query.time:TimeFrame._past"
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
        put("write.change.draft:begins", lambda _: 0),
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


SYSTEMS = (mem0, zep, tim, a_mem)
NULLS: list[Null] = [*MEM0, *ZEP, *TIM, *A_MEM]
