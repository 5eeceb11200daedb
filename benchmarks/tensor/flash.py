"""LLM in a flash: bytes and milliseconds a token, from naive to bundled, beside disk offload.

Run: python benchmarks/tensor/flash.py --text FILE [--out benchmarks/results/flash.json]
FILE is any plain text; a small Llama with ReLU learns its bytes first and is kept for the next run.
With the package `accelerate` installed, its disk offload of the same weights stands beside.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM

from recollect.systems.activation.flash import Everything, Flash, Oracle, fit
from recollect.tensor import CACHE_ARGUMENT
from recollect.tensor.bundles import Bundles
from recollect.tensor.tiny import cache_dir

SEED, STEPS, ROWS, LENGTH = 0, 250, 8, 96
SPARSE = 0.3
BUDGET, RANK, RECALL, FIT, ROUNDS = 0.5, 128, 0.97, 4096, 10
TIMES = 1


def text_of(path: Path) -> Any:
    """The bytes of a file (n,) as tokens."""
    return torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.uint8).long()


def model_of() -> Any:
    """A Llama of 2 layers whose feed-forward part is 9 in 10 of its parameters."""
    torch.manual_seed(SEED)
    config = LlamaConfig(
        vocab_size=256,
        hidden_size=256,
        intermediate_size=2048,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        hidden_act="relu",
        bos_token_id=None,
        eos_token_id=None,
    )
    return LlamaForCausalLM(config)


def trained(text: Any) -> Any:
    """The model after STEPS steps on the first nine tenths, with a small price on activity."""
    model, path = model_of(), cache_dir() / f"flash-{SEED}-{STEPS}-{SPARSE}.safetensors"
    if path.exists():
        model.load_state_dict(load_file(path))
        return model.eval()
    part, rng = text[: len(text) * 9 // 10], torch.Generator().manual_seed(SEED)
    active: list[Any] = []
    hooks = [
        layer.mlp.act_fn.register_forward_hook(lambda _, x, y: active.append(y.mean()))
        for layer in model.model.layers
    ]
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    for step in range(STEPS):
        at = torch.randint(0, len(part) - LENGTH, (ROWS,), generator=rng)
        ids = part[at[:, None] + torch.arange(LENGTH)]
        active.clear()
        loss = model(input_ids=ids, labels=ids, use_cache=False).loss
        (loss + SPARSE * sum(active)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 20) * (1 - step / STEPS)
        optimizer.step()
        optimizer.zero_grad()
        if step % 25 == 0:
            print(step, f"{loss.item():.3f}", flush=True)
    for hook in hooks:
        hook.remove()
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, path)
    return model.eval()


def decode(model: Any, ids: Any) -> tuple[float, float, float]:
    """Nats, CPU and wall milliseconds a token, one token at a time after 16 of prompt."""
    cache = DynamicCache(config=model.config)
    with torch.no_grad():
        model(ids[:, :16], **{CACHE_ARGUMENT: cache})
        start, worked, logits = time.perf_counter(), time.process_time(), []
        for i in range(16, ids.shape[1] - 1):
            logits.append(model(ids[:, i : i + 1], **{CACHE_ARGUMENT: cache}).logits[0, -1])
        cpu, wall = time.process_time() - worked, time.perf_counter() - start
    loss = torch.nn.functional.cross_entropy(torch.stack(logits), ids[0, 17:])
    return float(loss), cpu / len(logits) * 1e3, wall / len(logits) * 1e3


def quickest(*found: tuple[float, float, float]) -> dict[str, float]:
    """Of runs that decode the same, the least CPU time and the least wall time."""
    cpu, wall = min(x[1] for x in found), min(x[2] for x in found)
    return {"nats": found[0][0], "CPU ms a token": cpu, "wall ms a token": wall}


def ladder(model: Any, fitting: Any, ids: Any, folder: Path) -> list[dict[str, Any]]:
    """Everything, then the predictor, the window and the bundle; an oracle beside."""
    naive = lambda weights: Everything(weights.gate.out_features)  # noqa: E731
    oracle = lambda weights: Oracle(weights.gate.weight.detach().clone())  # noqa: E731
    steps: list[tuple[str, dict[str, Any], Any]] = [
        ("everything, each token", {"window": 0, "budget": 1.0}, naive),
        ("predicted", {"window": 0}, None),
        ("predicted, window 4", {"window": 4}, None),
        ("predicted, window 16", {"window": 16}, None),
        ("predicted, window 4, not bundled", {"window": 4, "bundled": False}, None),
        ("oracle", {"window": 0}, oracle),
        ("oracle, window 4", {"window": 4}, oracle),
    ]
    rows: list[dict[str, Any]] = [{"system": "in memory", "read": "nothing"}]
    rows[0] |= quickest(*(decode(model, ids) for _ in range(TIMES)))
    rows[0] |= {"KiB a token": 0.0, "reads a token": 0.0}
    for name, options, predictor in steps:
        how = Flash(folder=folder, **{"budget": BUDGET, "rank": RANK, "recall": RECALL, **options})
        with how.attach(model, fitting, predictor=predictor) as ledger:
            first, reads, nbytes = _counted(model, ids, ledger)
            took = quickest(first, *(decode(model, ids) for _ in range(TIMES - 1)))
        rows.append({"system": "flash", "read": name, **took})
        rows[-1] |= {"KiB a token": nbytes / 1024, "reads a token": reads}
    return rows


def _counted(model: Any, ids: Any, ledger: Any) -> tuple[tuple[float, float, float], float, float]:
    """As `decode`, with reads and bytes of a token."""
    before = [0, 0]

    def mark(*_: Any) -> None:
        if not before[0]:
            before[:] = [ledger.reads, ledger.nbytes]

    handle = model.register_forward_hook(mark)
    found = decode(model, ids)
    handle.remove()
    n = ids.shape[1] - 17
    return found, (ledger.reads - before[0]) / n, (ledger.nbytes - before[1]) / n


def bundling(folder: Path) -> list[dict[str, Any]]:
    """Useful MiB a second for the same random neurons, each in three reads or in one."""
    rows, width, n = [], 4096, 1024
    records = torch.zeros(n, 3 * width)
    files = {
        "three reads of 16 KiB": [
            Bundles.write(folder / f"p{i}", x) for i, x in enumerate(torch.split(records, width, 1))
        ],
        "one read of 48 KiB": [Bundles.write(folder / "whole", records)],
    }
    spent = dict.fromkeys(files, 0.0)
    rng = torch.Generator().manual_seed(SEED)
    for _ in range(ROUNDS):
        ids = torch.randperm(n // 2, generator=rng)[:64].sort().values * 2
        for name, parts in files.items():
            start = time.perf_counter()
            for part in parts:
                part.read(ids)
            spent[name] += time.perf_counter() - start
    useful = ROUNDS * 64 * 3 * width * 4 / 2**20
    rows = [{"system": "flash", "neuron": k, "MiB a second": useful / v} for k, v in spent.items()]
    for part in (part for parts in files.values() for part in parts):
        part.close()
        part.path.unlink()
    return rows


def offload(model: Any, ids: Any, folder: Path) -> list[dict[str, Any]]:
    """Disk offload by accelerate of what our buffer does not hold: half of the six matrices."""
    try:
        from accelerate import dispatch_model
    except ImportError:
        print("accelerate is not installed: its row is left out")
        return []
    names = [f"model.layers.{i}.mlp.{x}_proj" for i in range(2) for x in ("gate", "up", "down")]
    leaves = [name for name, x in model.named_modules() if not list(x.children())]
    places: dict[str, Any] = dict.fromkeys(leaves, "cpu")
    places |= dict.fromkeys(names[len(names) // 2 :], "disk")
    other = model_of().eval()
    other.load_state_dict(model.state_dict())
    other = dispatch_model(other, places, main_device="cpu", offload_dir=str(folder))
    rows, kept = [], list(folder.glob("*.dat"))

    def cold(*_: Any) -> None:
        for path in kept:
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    size = sum(path.stat().st_size for path in kept) / 1024
    for name in ("page cache warm", "page cache dropped each token"):
        handle = other.register_forward_hook(cold) if "dropped" in name else None
        took = quickest(*(decode(other, ids) for _ in range(TIMES)))
        rows.append({"system": "accelerate", "read": name, **took})
        rows[-1] |= {"KiB a token": size, "reads a token": None}
        if handle:
            handle.remove()
    return rows


def firing(model: Any, ids: Any) -> list[dict[str, Any]]:
    """Share of neurons that fire, and how many of those the predictor finds."""
    seen: list[tuple[Any, Any]] = []
    hooks = [
        layer.mlp.gate_proj.register_forward_hook(lambda _, x, y: seen.append((x[0][0], y[0])))
        for layer in model.model.layers
    ]
    with torch.no_grad():
        for part in ids:
            model(input_ids=part, use_cache=False)
    for hook in hooks:
        hook.remove()
    rows = []
    layers = len(hooks)
    for i in range(layers):
        (x, gate), (fresh, truth) = seen[i], seen[layers + i]
        said, fires = fit(x, gate, rank=RANK, recall=RECALL)(fresh), truth > 0
        rows.append(
            {
                "system": "flash",
                "layer": i,
                "fires": float(fires.float().mean()),
                "predicted": float(said.float().mean()),
                "recall": float(said[fires].float().mean()),
            }
        )
    return rows


def main() -> None:
    """Measure all, print it, and write it down."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/flash.json"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    text = text_of(given.text)
    model = trained(text)
    fitting, ids = text[None, :FIT], text[None, -113:]
    note = (
        f"Llama of 2 layers, width 256, 2048 neurons with ReLU, trained {STEPS} steps on bytes; "
        f"held-out text, 96 tokens; buffer {BUDGET:.0%} of the neurons; rank {RANK}, recall "
        f"{RECALL}; one thread, {TIMES} run; seed {SEED}. "
    )
    with tempfile.TemporaryDirectory(dir=given.out.parent) as name:
        folder = Path(name)
        rows = ladder(model, fitting, ids, folder)
        (folder / "offload").mkdir()
        others = offload(model, ids, folder / "offload")
        tables = [
            {
                "title": "What is read for a token, and what that costs",
                "note": note + "Reads of flash pass by the page cache. accelerate keeps as many "
                "matrices in memory as the buffer has room for, and maps the rest from files"
                + ("." if others else "; it was not installed here."),
                "rows": rows + others,
            },
            {
                "title": "Neurons that fire on held-out text",
                "note": note,
                "rows": firing(model, [fitting, text[None, -2048:]]),
            },
            {
                "title": "Bundling",
                "note": f"Random neurons of width 4096, 8 reads at once, {ROUNDS} rounds of 64.",
                "rows": bundling(folder),
            },
        ]
    for table in tables:
        table["command"] = "python benchmarks/tensor/flash.py --text tinyshakespeare.txt"
    given.out.write_text(json.dumps({"tables": tables}, indent=1) + "\n")
    print(given.out.read_text())


if __name__ == "__main__":
    main()
