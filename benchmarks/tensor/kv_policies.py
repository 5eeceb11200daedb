"""What cache policies keep: needles, runs, decay, and turns, on small models trained here.

    python benchmarks/tensor/kv_policies.py [needles] [runs] [decay] [turns]

Training seed 0, evaluation seeds 100, 101, 102. A cell of `needles` is 3 x 72 contexts x 8
questions. Results go to benchmarks/results/kv_policies.json.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import torch

from combray.tensor import CACHE_ARGUMENT, attach
from combray.tensor.learn import tiny

RESULTS = Path(__file__).parents[1] / "results" / "kv_policies.json"
SEEDS = (100, 101, 102)
BUDGETS = (0.5, 0.35, 0.2, 0.1)
TRAINED = {
    "needles": tiny.Recipe(task=tiny.Needles()),
    "rebind": tiny.Recipe(task=tiny.Needles(rebind=True)),
    "runs": tiny.Recipe(task=tiny.Runs(), steps=600),
}


def read(model: Any, tokens: torch.Tensor, cache: Any) -> torch.Tensor:
    """(b V) logits after the tokens."""
    with torch.no_grad():
        logits: torch.Tensor = model(tokens, **{CACHE_ARGUMENT: cache}).logits
    return logits[:, -1]


def asked(model: Any, cache: Any, question: torch.Tensor) -> torch.Tensor:
    """(b,) the answer to a question (b,) put to a copy of the cache."""
    return read(model, question[:, None], cache.fork()).argmax(-1)


def needles(policy: str, budget: float | None, length: int = 128, **options: Any) -> dict[str, Any]:
    """Every needle asked for once, each on a copy of the cache that read the context."""
    recipe = TRAINED["needles"]
    model, task = tiny.trained(recipe), recipe.task
    entries = None if budget is None else max(6, int(budget * length))
    right = []
    for seed in SEEDS:
        c = task.context(72, torch.Generator().manual_seed(seed), length)
        with attach(model, policy, budget=entries, **options) as cache:
            read(model, c.tokens, cache)
            said = [asked(model, cache, task.question(c.key[:, i])) for i in range(task.needles)]
        right.append((torch.stack(said, 1) == task.answer(c.value)).float().mean().item())
    return cell(right, 72 * task.needles, policy=policy, budget=budget, length=length, **options)


def runs(policy: str, budget: float | None, **options: Any) -> dict[str, Any]:
    """Which symbol came most, in contexts of 96."""
    recipe = TRAINED["runs"]
    model, task = tiny.trained(recipe), recipe.task
    entries = None if budget is None else int(budget * 96)
    right = []
    for seed in SEEDS:
        context = task.context(400, torch.Generator().manual_seed(seed))
        with attach(model, policy, budget=entries, **options) as cache:
            read(model, context, cache)
            said = asked(model, cache, torch.full((400,), task.question))
        right.append((said == task.answer(context)).float().mean().item())
    return cell(right, 400, policy=policy, budget=budget, **options)


def decay(rho: float, budget: int = 16) -> dict[str, Any]:
    """Keys bound again and again, 16 tokens a turn: is the newest answered, the oldest kept?"""
    recipe = TRAINED["rebind"]
    model, task = tiny.trained(recipe), recipe.task
    said_new, said_old, kept_new, kept_old = [], [], [], []
    for seed in SEEDS:
        c = rebound(task, seed)
        with attach(model, "sirllm", budget=budget, decay=rho) as cache:
            for turn in c.tokens.split(16, dim=1):
                read(model, turn, cache)
                cache.end_turn()
            kept = cache.positions()[:, 0]
            for key in range(4):
                said = asked(model, cache, task.question(torch.full((144,), key)))
                old, new = c.value[:, key], c.value[:, key + 4]
                differ = old != new
                said_new.append((said == task.answer(new))[differ].float().mean().item())
                said_old.append((said == task.answer(old))[differ].float().mean().item())
                kept_old.append((kept == c.spot[:, key : key + 1]).any(1).float().mean().item())
                kept_new.append((kept == c.spot[:, key + 4 : key + 5]).any(1).float().mean().item())
    mean = {
        "answered_newest": said_new,
        "answered_oldest": said_old,
        "kept_newest": kept_new,
        "kept_oldest": kept_old,
    }
    shown = {k: round(sum(v) / len(v), 4) for k, v in mean.items()}
    return {"rho": rho, "budget": budget, "n": 3 * 144 * 4, **shown}


def rebound(task: Any, seed: int) -> Any:
    """Contexts in which keys 0 to 3 are bound in the first half and again in the second."""
    rng = torch.Generator().manual_seed(seed)
    c = task.context(144, rng)
    key = torch.arange(8).remainder(4).expand(144, 8)
    spot = torch.cat(
        [
            8 + torch.rand(144, 48, generator=rng).argsort(-1)[:, :4],
            64 + torch.rand(144, 64, generator=rng).argsort(-1)[:, :4],
        ],
        dim=1,
    )
    motif = c.tokens[:, :8].repeat(1, 16)
    tokens = motif.scatter(1, spot, task.needle(key, c.value))
    return tiny.Context(tokens=tokens, spot=spot, key=key, value=c.value, latest=c.latest)


def turns(policy: str, budget: float, **options: Any) -> dict[str, Any]:
    """The first question stands in the prompt that is compressed; four more follow.

    Each answer is read by putting the question again to a copy of what was kept; then the session
    goes on with the question and its right answer.
    """
    recipe = TRAINED["needles"]
    model, task = tiny.trained(recipe), recipe.task
    right: list[list[float]] = [[] for _ in range(5)]
    for seed in SEEDS:
        rng = torch.Generator().manual_seed(seed)
        c = task.context(144, rng)
        order = torch.rand(144, task.needles, generator=rng).argsort(-1)
        key, value = c.key.gather(1, order), c.value.gather(1, order)
        with attach(model, policy, budget=int(budget * 128), **options) as cache:
            pending = c.tokens
            for turn in range(5):
                question, answer = task.question(key[:, turn]), task.answer(value[:, turn])
                read(model, torch.cat([pending, question[:, None]], dim=1), cache)
                said = asked(model, cache, question)
                right[turn].append((said == answer).float().mean().item())
                pending = answer[:, None]
    by_turn = [round(sum(x) / len(x), 4) for x in right]
    later = sum(by_turn[1:]) / 4
    return {
        "policy": policy,
        "budget": budget,
        "options": options,
        "turns": by_turn,
        "gap": round(by_turn[0] - later, 4),
        "n": 432,
    }


def cell(right: list[float], n: int, **what: Any) -> dict[str, Any]:
    """The mean over seeds, each seed, and the half width of a 95 % interval."""
    mean = sum(right) / len(right)
    half = 1.96 * math.sqrt(max(mean * (1 - mean), 1e-4) / (n * len(right)))
    seeds = [round(x, 4) for x in right]
    return {**what, "score": round(mean, 4), "half": round(half, 4), "seeds": seeds, "n": 3 * n}


def all_needles() -> list[dict[str, Any]]:
    """Every policy at every budget, and twice the length that was trained on."""
    rows = [needles("full", None), needles("full", None, 256)]
    for policy in ("sirllm", "window", "random", "h2o", "kvmerger"):
        for budget in BUDGETS:
            short = {"sinks": 2, "recent": 2} if policy == "kvmerger" and budget == 0.1 else {}
            rows.append(needles(policy, budget, **short))
    rows += [needles("kvmerger", budget, heavy=0.0) for budget in BUDGETS[:3]]
    rows += [needles(p, b, 256) for p in ("sirllm", "window") for b in BUDGETS]
    return rows


def all_runs() -> list[dict[str, Any]]:
    """Every policy at three budgets."""
    rows = [runs("full", None)]
    rows += [runs("kvmerger", b, heavy=0.0, recent=2, sinks=0) for b in BUDGETS[:3]]
    policies = ("kvmerger", "window", "random", "h2o", "sirllm")
    return rows + [runs(p, b) for p in policies for b in BUDGETS[:3]]


def all_turns() -> list[dict[str, Any]]:
    """A compressor that sees the question, beside those that do not."""
    rows = [turns("snapkv", 0.2, window=w) for w in (1, 4)]
    return rows + [turns(p, 0.2) for p in ("sirllm", "window", "h2o", "kvmerger", "random")]


EXPERIMENTS = {
    "needles": all_needles,
    "runs": all_runs,
    "decay": lambda: [decay(rho) for rho in (1.0, 0.95, 0.9, 0.8, 0.7, 0.5, 0.3)],
    "turns": all_turns,
}


def main() -> None:
    """Run the experiments named, or all."""
    torch.set_num_threads(1)
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in sys.argv[1:] or EXPERIMENTS:
        started = time.process_time()
        found[name] = EXPERIMENTS[name]()
        for row in found[name]:
            print(name, row, flush=True)
        print(name, f"{time.process_time() - started:.0f} s of CPU", flush=True)
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
