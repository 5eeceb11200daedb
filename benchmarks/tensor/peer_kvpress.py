"""kvpress beside our cache, on the needles of kv_policies.py, for the policies that both have.

kvpress 0.5.5 works with transformers below 5.3, ours from 5.4, so they run in two environments over
the same weights (trained and kept on disk by kv_policies.py) and the same contexts:

    python benchmarks/tensor/peer_kvpress.py ours
    PYTHONPATH=src python-with-kvpress benchmarks/tensor/peer_kvpress.py kvpress

Seeds 100 to 102, 72 contexts each, 8 questions. Results: benchmarks/results/peer_kvpress.json.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from combray.tensor.learn import tiny

RESULTS = Path(__file__).parents[1] / "results" / "peer_kvpress.json"
RECIPE = tiny.Recipe(task=tiny.Needles())
BUDGETS = (64, 44, 25)
PAIRS = {
    "window, 4 sinks": ("window", {}, "StreamingLLMPress", {"n_sink": 4}),
    "random": ("random", {"sinks": 0}, "RandomPress", {}),
    "most attended": ("h2o", {"recent": 0.0}, "ObservedAttentionPress", {}),
    "query's own, window 16": (
        "snapkv",
        {"window": 16, "pool": 5},
        "SnapKVPress",
        {"window_size": 16, "kernel_size": 5},
    ),
}


@contextmanager
def ours(pair: str, budget: int, model: Any, context: torch.Tensor) -> Iterator[Any]:
    """Our cache after the context."""
    from combray.tensor import CACHE_ARGUMENT, attach

    policy, options, *_ = PAIRS[pair]
    with attach(model, policy, budget=budget, **options) as cache, torch.no_grad():
        model(context, **{CACHE_ARGUMENT: cache})

        def ask(question: torch.Tensor) -> torch.Tensor:
            logits = model(question, **{CACHE_ARGUMENT: cache.fork()}).logits
            return logits[:, -1].argmax(-1)

        yield ask


@contextmanager
def kvpress(pair: str, budget: int, model: Any, context: torch.Tensor) -> Iterator[Any]:
    """A transformers cache compressed by a press while the context was read."""
    import kvpress as peer
    from transformers import DynamicCache

    _, _, name, options = PAIRS[pair]
    t = context.shape[1]
    model.set_attn_implementation("eager" if name == "ObservedAttentionPress" else "sdpa")
    press = getattr(peer, name)(compression_ratio=1 - budget / t, **options)
    cache = DynamicCache()
    with torch.no_grad():
        with press(model):
            model(context, past_key_values=cache, output_attentions="Observed" in name)

        def ask(question: torch.Tensor) -> torch.Tensor:
            place = torch.full((1, 1), t)
            logits = model(
                question,
                past_key_values=copy.deepcopy(cache),
                position_ids=place.expand(len(question), 1),
            ).logits
            return logits[:, -1].argmax(-1)

        yield ask


def measure(side: Any, pair: str, budget: int) -> dict[str, Any]:
    """The share answered, and the CPU time of reading and asking."""
    model, task = tiny.trained(RECIPE), RECIPE.task
    right, started = [], time.process_time()
    for seed in (100, 101, 102):
        c = task.context(72, torch.Generator().manual_seed(seed), 128)
        with side(pair, budget, model, c.tokens) as ask:
            said = [ask(task.question(c.key[:, i : i + 1])) for i in range(task.needles)]
        right.append((torch.stack(said, 1) == task.answer(c.value)).float().mean().item())
    spent = time.process_time() - started
    return {"score": round(sum(right) / 3, 4), "cpu_s": round(spent, 2)}


def main() -> None:
    """One side, added to the results of the other."""
    torch.set_num_threads(1)
    side = sys.argv[1]
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for pair in PAIRS:
        for budget in BUDGETS:
            cell = measure({"ours": ours, "kvpress": kvpress}[side], pair, budget)
            found.setdefault(f"{pair}, {budget} of 128", {})[side] = cell
            print(pair, budget, side, cell, flush=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
