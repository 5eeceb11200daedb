"""What the papers claim, at a small size: a full table stands in docs/activation.md."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from combray.bench.context import cases as shared
from combray.bench.scbench.symbols import symbol_mf
from combray.tensor import attach
from combray.tensor.kv.generate import Vocabulary, reading
from tests.tensor.small import run

pytestmark = pytest.mark.torch
Trained = tuple[Any, Any]


def found(trained: Trained, policy: str, budget: int | None, **options: Any) -> float:
    """The share of 4 needles in 100 contexts that a cache of this budget still answers."""
    model, task = trained
    c = task.context(100, torch.Generator().manual_seed(7))
    right = []
    with attach(model, policy, budget=budget, **options) as cache:
        run(model, c.tokens, cache)
        for i in range(4):
            said = run(model, task.question(c.key[:, i : i + 1]), cache.fork())[:, -1].argmax(-1)
            right.append((said == task.answer(c.value[:, i])).float().mean())
    return float(torch.stack(right).mean())


def test_surprise_keeps_needles(finder: Trained) -> None:
    """At a fifth of the cache SirLLM answers nearly all that the full cache does."""
    assert found(finder, "full", None) >= 0.97
    assert found(finder, "sirllm", 10) >= 0.95
    assert found(finder, "window", 10) <= 0.4


@pytest.mark.parametrize("budget", [24, 16])
def test_merging_keeps_more_than_dropping_by_attention(finder: Trained, budget: int) -> None:
    """KVMerger answers more needles than H2O at half and at a third of the cache."""
    merged = found(finder, "kvmerger", budget, sinks=1, recent=2)
    assert merged >= found(finder, "h2o", budget) + 0.1


def test_merging_keeps_what_many_tokens_say(counter: Trained) -> None:
    """Which symbol came most is answered from 35 % of the cache merged, not from its newest."""
    model, task = counter
    context = task.context(200, torch.Generator().manual_seed(7))
    right = {}
    for policy, options in (("kvmerger", {"sinks": 0, "recent": 2}), ("window", {})):
        with attach(model, policy, budget=16, **options) as cache:
            run(model, context, cache)
            said = run(model, torch.full((200, 1), task.question), cache)[:, -1].argmax(-1)
        right[policy] = (said == task.answer(context)).float().mean()
    assert right["kvmerger"] >= right["window"] + 0.1


def test_a_query_aware_cache_forgets_the_other_questions(finder: Trained) -> None:
    """Compressed with one question in sight, a cache answers it and loses those that follow."""
    model, task = finder
    c = task.context(100, torch.Generator().manual_seed(7))
    right = {}
    for policy in ("snapkv", "sirllm"):
        options = {"window": 1} if policy == "snapkv" else {}
        with attach(model, policy, budget=8, **options) as cache:
            run(model, torch.cat([c.tokens, task.question(c.key[:, :1])], dim=1), cache)
            for i in (0, 2):
                asked = task.question(c.key[:, i : i + 1])
                said = run(model, asked, cache.fork())[:, -1].argmax(-1)
                right[policy, i] = (said == task.answer(c.value[:, i])).float().mean()
    assert right["snapkv", 0] >= 0.9
    assert right["snapkv", 2] <= right["snapkv", 0] - 0.4
    assert right["sirllm", 2] >= right["snapkv", 2] + 0.2


def test_words_of_the_bench_are_words_of_the_model(counter: Trained) -> None:
    """A case made without torch is read and answered by a model trained with it."""
    model, task = counter
    cases = [symbol_mf(seed, 48) for seed in range(60)]
    with reading(model, Vocabulary(task.vocabulary), prompt=" {}", longest=1) as answerer:
        replies = shared.run_cases(cases, answerer)
    assert sum(reply.score for reply in replies) / 60 >= 0.85
