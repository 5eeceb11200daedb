"""MEMO's tables: planned memory beside a caching allocator, flat and two-level programs, shares.

Run: python benchmarks/tensor/memo.py [memory] [programs] [shares] [links] [--out FILE]
One thread. Traces are of real steps of a small Llama; the caching allocator is simulated by the
rules of PyTorch's allocator for CUDA.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.autograd.graph import save_on_cpu
from transformers import LlamaConfig, LlamaForCausalLM

from combray.core.errors import Unsupported
from combray.systems.activation.memo_swap import MemoSwap
from combray.tensor.offload.addresses import Plan, bilevel, greedy, live_bound, mip, plan
from combray.tensor.offload.host import DiskStore, RamStore
from combray.tensor.offload.trace import passes_of, reserved, training_step
from combray.tensor.sizing.estimate import Cost, solve_alpha

SEED = 0
COMMAND = "python benchmarks/tensor/memo.py"
LENGTHS = (512, 1500, 300, 1024, 700, 2000, 420, 1300)


def model_of(layers: int, width: int, *, checkpoint: bool = False) -> Any:
    """A Llama in training mode."""
    torch.manual_seed(SEED)
    config = LlamaConfig(
        vocab_size=512,
        hidden_size=width,
        intermediate_size=width * 43 // 16,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=4,
    )
    model = LlamaForCausalLM(config).train()
    if checkpoint:
        model.activation_checkpointing_enable()
    return model


def tokens(rows: int, t: int) -> Any:
    """Random tokens (rows t)."""
    return torch.randint(0, 512, (rows, t), generator=torch.Generator().manual_seed(SEED))


def memory() -> list[dict[str, Any]]:
    """Reserved over the most that ever lives: cached, planned, and each planner alone."""
    kinds = (("varying", LENGTHS), ("fixed", (1024,) * 4))
    return [asked_for(label, s, keep) for keep in (True, False) for label, s in kinds]


def asked_for(label: str, lengths: tuple[int, ...], keep: bool) -> dict[str, Any]:
    """One row: a run over these lengths, with all activations kept or checkpointed."""
    model = model_of(4, 512, checkpoint=not keep)
    traces = [training_step(model, tokens(2, s)) for s in lengths]
    most = max(live_bound(t.blocks) for t in traces)
    return {
        "system": "memo_swap",
        "activations": "all kept" if keep else "checkpointed",
        "lengths": label,
        "blocks": len(traces[0].blocks),
        "live MiB": most / 2**20,
        "caching / live": reserved(t.blocks for t in traces) / most,
        "greedy / live": max(greedy(t.blocks).peak for t in traces) / most,
        "two levels / live": max(bilevel(t.blocks, passes_of(t)).peak for t in traces) / most,
        "planned / live": max(plan(t.blocks, passes_of(t)).peak for t in traces) / most,
    }


def programs(limit: float) -> list[dict[str, Any]]:
    """The flat integer program and the two-level one in the same time, on 1 and 2 layers."""
    rows = []
    for layers in (1, 2):
        trace = training_step(model_of(layers, 64), tokens(1, 64))
        blocks, passes = trace.blocks, passes_of(trace)
        exact = partial(mip, seconds=limit / 8)
        for name, solver in (
            ("flat program", partial(mip, blocks, seconds=limit)),
            (
                "two levels, programs only",
                partial(bilevel, blocks, passes, inner=exact, outer=exact),
            ),
            ("greed, then programs", partial(bilevel, blocks, passes)),
        ):
            rows.append({"system": "memo_swap", "layers": layers, "blocks": len(blocks)})
            rows[-1] |= {"solver": name, **_solved(solver, live_bound(blocks))}
    return rows


def _solved(solver: Callable[[], Plan], bound: int) -> dict[str, Any]:
    start, worked = time.monotonic(), time.process_time()
    try:
        peak: float | None = solver().peak / bound
    except Unsupported:
        peak = None
    return {
        "peak / live": "no plan" if peak is None else peak,
        "seconds": time.monotonic() - start,
        "CPU s": time.process_time() - worked,
    }


def shares() -> list[dict[str, Any]]:
    """What a step costs in CPU seconds and in bytes alive, by how activations are kept."""
    ids, room = tokens(2, 512), 2**30
    plain = _gradients(model_of(8, 256), ids)
    rows = []

    def measure(name: str, around: Callable[[Any], AbstractContextManager[Any]], **kw: Any) -> None:
        model = model_of(8, 256, **kw)
        with around(model) as ledger:
            live = live_bound(training_step(model, ids).blocks)
            start = time.process_time()
            found = _gradients(model, ids)
            cost = time.process_time() - start
        rows.append(
            {
                "system": "memo_swap" if "α" in name else name,
                "kept": name,
                "CPU s": cost,
                "live MiB": live / 2**20,
                "sent MiB": getattr(ledger, "bytes_out", 0) / 2 / 2**20,
                "gradients": "same bits" if all(map(torch.equal, plain, found)) else "differ",
            }
        )

    measure("all kept", lambda _: nullcontext())
    measure("checkpoint", lambda _: nullcontext(), checkpoint=True)
    measure("save_on_cpu", lambda _: save_on_cpu())
    for alpha in (0.0, 0.25, 0.5, 0.75, 1.0):
        how = MemoSwap(alpha=alpha, host=DiskStore(room))
        measure(f"α = {alpha}", how.attach)
    return rows


@dataclass(frozen=True)
class Link:
    """A host behind a link of so many bytes a second, in either direction."""

    bandwidth: float
    host: RamStore

    def put(self, x: Any, /) -> Any:
        """Send a tensor out, no faster than the link allows."""
        time.sleep(x.numel() * x.element_size() / self.bandwidth)
        return _Behind(self, self.host.put(x))


@dataclass(frozen=True)
class _Behind:
    link: Link
    handle: Any

    def get(self) -> Any:
        """Bring it back, no faster than the link allows."""
        x = self.handle.get()
        time.sleep(x.numel() * x.element_size() / self.link.bandwidth)
        return x


def links() -> tuple[list[dict[str, Any]], str]:
    """Seconds of a step by the share α, over links on which the best α is 0, in between, and 1."""
    layers, width, ids = 8, 256, tokens(2, 512)
    model = model_of(layers, width)
    sent = []
    for alpha in (0.0, 1.0):
        with MemoSwap(alpha=alpha).attach(model) as ledger:
            _gradients(model, ids)
            sent.append(ledger.bytes_out / ledger.layers_out)
    with torch.no_grad():
        forward = _least(lambda: model(input_ids=ids, use_cache=False)) / layers
    names, rows = {}, []
    speeds = {"slow": sent[0] / 2, "middle": sum(sent) / 2, "fast": 20 * sent[1]}
    for name, hidden in speeds.items():
        bandwidth = hidden / forward
        cost = Cost(
            input=sent[0],
            attention=0.0,
            rest=sent[1] - sent[0],
            forward=forward,
            layers=layers,
            bandwidth=bandwidth,
            host=1e12,
        )
        names[f"{name} link, {bandwidth / 1e6:.0f} MB/s"] = cost
    for alpha in (0.0, 0.25, 0.5, 0.75, 1.0):
        row: dict[str, Any] = {"system": "memo_swap", "kept": f"α = {alpha}"}
        for name, cost in names.items():
            how = MemoSwap(alpha=alpha, host=Link(cost.bandwidth, RamStore()))
            with how.attach(model):
                row[name] = _least(partial(_gradients, model, ids))
        rows.append(row)
    solved = ", ".join(f"{solve_alpha(cost).value:.2f} ({name})" for name, cost in names.items())
    return rows, f"α by the two bounds: {solved}."


def _least(work: Callable[[], Any], times: int = 3) -> float:
    """Seconds of wall time, the least of several."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return min(spent)


def _gradients(model: Any, ids: Any) -> list[Any]:
    model.zero_grad()
    model(input_ids=ids, labels=ids, use_cache=False).loss.backward()
    return [weight.grad.clone() for weight in model.parameters()]


def tables(seconds: float) -> dict[str, Callable[[], dict[str, Any]]]:
    """Every table by its name: what it is called, how it was made, and its rows."""

    def made(title: str, note: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        return {"title": title, "note": note, "rows": rows, "command": COMMAND}

    def over_links() -> dict[str, Any]:
        rows, solved = links()
        return made(
            "Seconds of a step by the share that is swapped, over links of three speeds",
            "Llama of 8 layers, width 256, 2 rows of 512 tokens; a host in memory behind a link "
            "that waits as long as its bandwidth asks, beside the work. Wall time, the least of 3. "
            + solved,
            rows,
        )

    return {
        "memory": lambda: made(
            "Memory reserved, as a share of what lives at once",
            f"Llama of 4 layers, width 512, 2 rows; lengths {LENGTHS}; seed {SEED}.",
            memory(),
        ),
        "programs": lambda: made(
            "Integer programs",
            f"Llama of width 64, 64 tokens. The flat one has {seconds:g} s of wall "
            "time, each program of two levels an eighth of that; where other work shares the "
            "cores, CPU s is what the solver had of it.",
            programs(seconds),
        ),
        "shares": lambda: made(
            "A training step by how activations are kept",
            "Llama of 8 layers, width 256, 2 rows of 512 tokens; swapped to a file, the "
            "last two layers kept. Bytes alive of save_on_cpu include its copies: the host is "
            "the same memory here. Checkpointing keeps less alive, for it keeps no last layers; "
            "the share changes what is sent and what is computed again, not what lives.",
            shares(),
        ),
        "links": over_links,
    }


def main() -> None:
    """Measure the parts named, or all; print them, and put them in the place of their tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", help="memory programs shares links")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/memo.json"))
    parser.add_argument("--seconds", type=float, default=60, help="for each integer program")
    given = parser.parse_args()
    torch.set_num_threads(1)
    before = json.loads(given.out.read_text())["tables"] if given.out.exists() else []
    found = {table["title"]: table for table in before}
    known = tables(given.seconds)
    for part in given.parts or known:
        table = known[part]()
        found[table["title"]] = table
        print(json.dumps(table, indent=1, ensure_ascii=False), flush=True)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"tables": list(found.values())}, indent=1, ensure_ascii=False)
    given.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
