"""vAttention's tables: a decode step beside DynamicCache, memory of a process, waste, batch size.

Run: python benchmarks/tensor/vattention.py [--out benchmarks/results/vattention.json]
One thread; CPU time of the process; each pair of timings stands in one run, repeated in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM

from combray.systems.activation.vattention import VAttention
from combray.tensor import CACHE_ARGUMENT, attach
from combray.tensor.kv.kv_store import KV
from combray.tensor.paging.pages import HostPages
from combray.tensor.paging.simulate import Request, serve, waste
from combray.tensor.sizing.estimate import block_of

SEED, STEPS, ROUNDS = 0, 30, 5


def layer_step(heads: int, width: int, t: int = 2048) -> dict[str, Any]:
    """One layer's cache and attention for one new token: ms a step, both caches in turns."""
    rng = torch.Generator().manual_seed(SEED)
    old = torch.randn(1, heads, t, width, generator=rng)
    new, q = torch.randn(2, 1, heads, 1, width, generator=rng)
    dynamic, virtual = DynamicCache(), VAttention().store()
    dynamic.update(old, old, 0)
    virtual.append(KV(old, old))
    steps: dict[str, Callable[[], Any]] = {
        "dynamic": lambda: dynamic.update(new, new, 0),
        "virtual": lambda: virtual.append(KV(new, new)),
    }
    ms: dict[str, list[float]] = {name: [] for name in steps}
    out: dict[str, list[Any]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            start = time.process_time()
            for _ in range(STEPS):
                out[name].append(scaled_dot_product_attention(q, *step()))
            ms[name].append((time.process_time() - start) / STEPS * 1e3)
    same = all(map(torch.equal, out["dynamic"], out["virtual"]))
    return {"heads": heads, "width": width, "tokens": t, **_ratio(ms), "bit_equal": same}


def _ratio(ms: dict[str, list[float]]) -> dict[str, float]:
    each = {f"{name}_ms": statistics.median(x) for name, x in ms.items()}
    return {**each, "times_faster": each["dynamic_ms"] / each["virtual_ms"]}


def model_step(heads: int, width: int, t: int = 2048) -> dict[str, Any]:
    """A whole Llama of 4 layers with a narrow MLP decoding greedily: ms a token."""
    torch.manual_seed(SEED)
    config = LlamaConfig(
        vocab_size=128,
        hidden_size=256,
        intermediate_size=256,
        num_hidden_layers=4,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        head_dim=width,
    )
    model = LlamaForCausalLM(config).eval()
    ids = torch.randint(0, 128, (1, t), generator=torch.Generator().manual_seed(SEED))
    ms: dict[str, list[float]] = {"dynamic": [], "virtual": []}
    logits: dict[str, Any] = {}
    with torch.no_grad():
        for _ in range(3):
            cost, logits["dynamic"] = _decode(model, ids, DynamicCache(config=config))
            ms["dynamic"].append(cost)
            with attach(model, "full", store=VAttention().store) as cache:
                cost, logits["virtual"] = _decode(model, ids, cache)
            ms["virtual"].append(cost)
    same = torch.equal(logits["dynamic"], logits["virtual"])
    return {"heads": heads, "width": width, "tokens": t, **_ratio(ms), "bit_equal": same}


def _decode(model: Any, ids: Any, cache: Any) -> tuple[float, Any]:
    model(ids, **{CACHE_ARGUMENT: cache})
    x, seen = ids[:, -1:], []
    start = time.process_time()
    for _ in range(STEPS):
        seen.append(model(x, **{CACHE_ARGUMENT: cache}).logits)
        x = seen[-1][:, -1:].argmax(-1)
    return (time.process_time() - start) / STEPS * 1e3, torch.cat(seen, 1)


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory() -> dict[str, float]:
    """MiB of the process: after reserving 4 GiB, with 64 MiB of entries, and given back."""
    mib = 2**20
    pages, start = HostPages(), resident()
    pool = VAttention(pages, tokens=2**22)
    held = pages.reserve(4 << 30)
    reserved = resident() - start
    store = pool.store()
    store.append(KV(*torch.zeros(2, 1, 8, 8192, 128)))
    used, mapped = resident() - start, pool.mapped
    store.clear()
    pool.trim()
    after = resident() - start
    assert held.nbytes == 4 << 30
    return {
        "reserved_rss_mib": reserved / mib,
        "used_rss_mib": used / mib,
        "mapped_mib": mapped / mib,
        "given_back_rss_mib": after / mib,
    }


def draw(n: int) -> list[int]:
    """Log-normal lengths (7.5, 1), at most 32768 tokens."""
    rng = torch.Generator().manual_seed(SEED)
    return (7.5 + torch.randn(n, generator=rng)).exp().clamp(1, 32768).long().tolist()


def schemes() -> dict[str, int]:
    """Tokens of a block, for Llama-3-8B's heads in 16 bits."""
    page = {"64 KB": 2**16, "256 KB": 2**18, "2 MB": 2**21}
    virtual = {k: block_of(v, heads=8, width=128, nbytes=2) for k, v in page.items()}
    return {"static 32k": 32768, "paged 16": 16} | virtual


def batches() -> dict[str, Any]:
    """400 Poisson arrivals, one in 5 steps, room for 160k tokens (20 GiB of Llama-3-8B)."""
    rng = torch.Generator().manual_seed(SEED)
    gaps = -torch.rand(400, generator=rng).log() * 5
    comes = gaps.cumsum(0).long().tolist()
    prompts = [min(n, 8192) for n in draw(400)]
    answers = torch.randint(50, 500, (400,), generator=rng).tolist()
    asked = [
        Request(comes=c, prompt=p, answer=a)
        for c, p, a in zip(comes, prompts, answers, strict=True)
    ]
    table = {}
    kinds = (("sync", 0, False), ("deferred", 0, True), ("ahead", 2, True))
    for name, block in schemes().items():
        got = {
            label: serve(asked, block=block, capacity=163840, ahead=ahead, deferred=deferred)
            for label, ahead, deferred in kinds
        }
        table[name] = {
            "mean batch": got["sync"].mean_batch,
            "peak batch": got["sync"].peak_batch,
            "put back": got["sync"].preempted,
        } | {f"waits {label}": got[label].waited for label in got}
    return table


def main() -> None:
    """Measure all, print it, and write it down."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/vattention.json"))
    out = parser.parse_args().out
    torch.set_num_threads(1)
    mine = {"system": "vattention"}
    served = batches()
    tables = [
        {
            "title": "One decode step at 2k tokens beside DynamicCache",
            "note": f"CPU time, one thread, batch 1, 32 bits, median of {ROUNDS} rounds of {STEPS} "
            "steps in turns; model: Llama of 4 layers, width 256. The gain is that of the cache "
            "and attention; a whole model gains the less, the smaller the cache's part of a step "
            "is.",
            "rows": [
                {**mine, "what": what, **step(heads, width)}
                for what, step in (("cache and attention", layer_step), ("whole model", model_step))
                for heads, width in ((8, 64), (8, 128), (32, 128))
            ],
        },
        {"title": "Memory of the process", "rows": [mine | memory()]},
        {
            "title": "Waste and requests at once by scheme",
            "note": "Llama-3-8B's heads in 16 bits; 20,000 log-normal lengths (7.5, 1) up to 32k; "
            "400 Poisson arrivals, one in 5 steps, room for 160k tokens. Waits: pages that a "
            "request waited for, with pages given back at once, kept for the next, mapped ahead.",
            "rows": [
                {**mine, "scheme": name, "waste": waste(draw(20_000), block)} | served[name]
                for name, block in schemes().items()
            ],
        },
    ]
    for table in tables:
        table["command"] = "python benchmarks/tensor/vattention.py"
    results = {"tables": tables}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
