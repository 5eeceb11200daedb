"""The nulls of the cache policies. Torch is imported when one is applied."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

from tests.nulls.base import Null, System, around, put

sirllm = System("sirllm", "systems.activation.sirllm:SirLLM")
KEPT = "test_the_kept_set_is_a_sort_by_faded_surprisal"


def _repeated(surprisal: Any) -> Any:
    """The published code's score: how unlikely it was to repeat the token before."""

    def shifted(cache: Any, step: Any, head: Any) -> Any:
        return surprisal(cache, replace(step, tokens=step.tokens.roll(1, dims=1)), head)

    return shifted


SIRLLM = [
    sirllm.null(
        1,
        "the surprisal of another token",
        around("tensor.kv.hooks:surprisal", _repeated),
        "test_the_most_surprising_tokens_stay",
    ),
    sirllm.null(2, "turns do not fade", {"decay": 1.0}, KEPT, "test_decay_lets_old_turns_go"),
    sirllm.null(3, "no sinks", {"sinks": 0}, KEPT),
    sirllm.null(
        3,
        "the newest are not kept",
        {"recent": 0},
        KEPT,
        "test_the_newest_tokens_can_be_kept_whatever_they_say",
    ),
]

kvmerger = System("kvmerger", "systems.activation.kvmerger:KVMerger")
SETS = "test_the_most_similar_neighbours_merge_around_the_most_attended"


def _equal(weight: Any) -> Any:
    """Weights that no distance lessens, as with a σ without end."""
    return lambda keys, *rest: weight(keys * 0, *rest)


def _massless(mask: Any) -> Any:
    """Attention to merged entries as if each were one token."""

    def light(layer: Any, step: Any, q: Any) -> Any:
        true = layer.entries
        layer.entries = replace(true, mass=true.mass * 0 + 1)
        made = mask(layer, step, q)
        layer.entries = true
        return made

    return light


KVMERGER = [
    kvmerger.null(
        1,
        "keys are not compared",
        put("systems.activation.kvmerger:cosine_similarity", lambda a, _b, dim: a.sum(dim) * 0),
        SETS,
    ),
    kvmerger.null(
        1,
        "one pair too few is joined",
        around(
            "systems.activation.kvmerger:_joined",
            lambda join: lambda keys, real, safe, excess: join(keys, real, safe, excess - 1),
        ),
        "test_sets_hold_every_token_once_and_in_order",
    ),
    kvmerger.null(
        2,
        "the pivot is the oldest",
        around(
            "systems.activation.kvmerger:_pivot",
            lambda pivot: lambda segment, attention, slots: pivot(segment, attention * 0, slots),
        ),
        SETS,
    ),
    kvmerger.null(
        3,
        "all of a set weigh the same",
        around("systems.activation.kvmerger:_weight", _equal),
        "test_weights_fall_with_the_distance_from_the_pivot",
    ),
    kvmerger.null(
        4,
        "heavy hitters merge too",
        {"heavy": 0.0},
        "test_sinks_recent_and_heavy_hitters_stay_alone",
    ),
    kvmerger.null(
        4, "sinks merge too", {"sinks": 0}, "test_sinks_recent_and_heavy_hitters_stay_alone"
    ),
    kvmerger.null(
        4, "the newest merge too", {"recent": 0}, "test_sinks_recent_and_heavy_hitters_stay_alone"
    ),
    kvmerger.null(
        5,
        "no mass in the logit",
        around("tensor.kv.attention:_mask", _massless),
        "test_a_model_that_sees_one_token_again_and_again_loses_nothing",
    ),
]

window = System("window", "systems.activation.baselines:Window")
random = System("random", "systems.activation.baselines:Random")
h2o = System("h2o", "systems.activation.baselines:H2O")
snapkv = System("snapkv", "systems.activation.baselines:SnapKV")
H2O = "test_h2o_keeps_the_newest_half_and_the_most_attended"


def _all_queries(needs: Any) -> Any:
    return property(lambda self: replace(needs.fget(self), attention=math.inf))


def _drawn_anew(luck: Any) -> Any:
    """Other numbers for the same positions at every step."""
    steps = itertools.count()
    return lambda position, seed: luck(position + 1000 * next(steps), seed)


BASELINES = [
    window.null(1, "no sinks", {"sinks": 0}, "test_window_keeps_sinks_and_newest"),
    random.null(1, "one seed", {"seed": 0}, "test_luck_never_changes"),
    random.null(
        1,
        "luck is drawn anew",
        around("systems.activation.baselines:_luck", _drawn_anew),
        "test_luck_never_changes",
    ),
    h2o.null(
        1,
        "attention is not heard",
        put("systems.activation.baselines:attended", lambda entries: entries.mass * 0),
        H2O,
    ),
    h2o.null(2, "none for the newest", {"recent": 0.0}, H2O),
    snapkv.null(
        1,
        "all queries look",
        around("systems.activation.baselines:SnapKV.needs", _all_queries),
        "test_snapkv_keeps_what_its_question_looked_at",
    ),
    snapkv.null(2, "no pooling", {"pool": 1}, "test_pooling_spreads_a_look_to_its_neighbours"),
]


SYSTEMS = (sirllm, kvmerger, window, random, h2o, snapkv)
NULLS: list[Null] = [*SIRLLM, *KVMERGER, *BASELINES]
