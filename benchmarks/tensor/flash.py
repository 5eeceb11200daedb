"""LLM in a flash: bytes and milliseconds a token, from naive to bundled, beside disk offload.

Run: python benchmarks/tensor/flash.py [reading] [mapping] [firing] [bundling] --text FILE
FILE is any plain text; a small Llama with ReLU learns its bytes first and is kept for the next run.
With the package `accelerate` installed, its disk offload of the same weights stands beside.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM

from combray.systems.activation.flash import Flash
from combray.tensor import CACHE_ARGUMENT
from combray.tensor.learn.tiny import cache_dir
from combray.tensor.offload.row_file import RowFile
from combray.tensor.offload.sparsity import Everything, LowRank, Oracle, fit

SEED, STEPS, ROWS, LENGTH = 0, 160, 8, 96
LR, SPARSE = 8e-4, 0.3
WIDTH, NEURONS, LAYERS = 1024, 8192, 4
BUDGET, RANK, RECALL, FIT = 0.5, 64, 0.98, 8192
PROMPT, SETTLE, TOKENS, ROUNDS, TIMES = 16, 64, 128, 10, 1


def text_of(path: Path) -> Any:
    """The bytes of a file (n,) as tokens."""
    return torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.uint8).long()


def model_of() -> Any:
    """A Llama whose feed-forward part, 384 MiB, is nine tenths of its parameters."""
    torch.manual_seed(SEED)
    config = LlamaConfig(
        vocab_size=256,
        hidden_size=WIDTH,
        intermediate_size=NEURONS,
        num_hidden_layers=LAYERS,
        num_attention_heads=8,
        num_key_value_heads=4,
        hidden_act="relu",
        bos_token_id=None,
        eos_token_id=None,
        tie_word_embeddings=False,
    )
    return LlamaForCausalLM(config)


def trained(text: Any) -> Any:
    """The model after STEPS steps on the first nine tenths, with a small price on activity."""
    model, path = model_of(), cache_dir() / f"flash-{WIDTH}-{SEED}-{STEPS}-{SPARSE}.safetensors"
    if path.exists():
        model.load_state_dict(load_file(path))
        return model.eval()
    part, rng = text[: len(text) * 9 // 10], torch.Generator().manual_seed(SEED)
    active: list[Any] = []
    hooks = [
        layer.mlp.act_fn.register_forward_hook(lambda _, x, y: active.append(y.mean()))
        for layer in model.model.layers
    ]
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=0.01, fused=True)
    for step in range(STEPS):
        at = torch.randint(0, len(part) - LENGTH, (ROWS,), generator=rng)
        ids = part[at[:, None] + torch.arange(LENGTH)]
        active.clear()
        with torch.autocast("cpu", torch.bfloat16):
            loss = model(input_ids=ids, labels=ids, use_cache=False).loss
            priced = loss + SPARSE * sum(active)
        priced.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = LR * min(1, (step + 1) / 20) * (1 - step / STEPS)
        optimizer.step()
        optimizer.zero_grad()
        if step % 10 == 0:
            print(step, f"{loss.item():.3f}", flush=True)
    for hook in hooks:
        hook.remove()
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, path)
    return model.eval()


Figures = tuple[float | None, float, float, float]


def from_device() -> int:
    """Bytes that this process had read from a disk, by the system's own count."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(x for x in lines if x.startswith("read_bytes")).split()[1])


def decode(model: Any, ids: Any, settle: int = SETTLE) -> Figures:
    """Nats, CPU and wall milliseconds, KiB from the device a token; the first are not counted."""
    held, logits, start, worked, read = DynamicCache(config=model.config), [], 0.0, 0.0, 0
    with torch.no_grad():
        model(ids[:, :PROMPT], **{CACHE_ARGUMENT: held})
        for i in range(PROMPT, ids.shape[1] - 1):
            if i == PROMPT + settle:
                start, worked, read = time.perf_counter(), time.process_time(), from_device()
            logits.append(model(ids[:, i : i + 1], **{CACHE_ARGUMENT: held}).logits[0, -1])
        cpu, wall = time.process_time() - worked, time.perf_counter() - start
    n = len(logits) - settle
    loss = torch.nn.functional.cross_entropy(torch.stack(logits[-n:]), ids[0, -n:])
    return float(loss), cpu / n * 1e3, wall / n * 1e3, (from_device() - read) / n / 1024


def predictors(model: Any, fitting: Any) -> list[LowRank]:
    """One for each layer, fitted once for all rows of the table."""
    return [fit(x, gate, rank=RANK, recall=RECALL) for x, gate in gates(model, fitting)]


def gates(model: Any, ids: Any) -> list[tuple[Any, Any]]:
    """What enters each feed-forward part (m h) and its gate (m n)."""
    seen: list[tuple[Any, Any]] = []
    hooks = [
        layer.mlp.gate_proj.register_forward_hook(
            lambda _, x, y: seen.append((x[0].flatten(0, -2), y.flatten(0, -2)))
        )
        for layer in model.model.layers
    ]
    with torch.no_grad():
        model(input_ids=ids, use_cache=False)
    for hook in hooks:
        hook.remove()
    return seen


Rung = tuple[str, dict[str, Any], Any]


def rungs(known: list[LowRank]) -> list[Rung]:
    """Everything, then the predictor, the window and the bundle; an oracle beside."""

    def said() -> Any:
        given = iter(known)
        return lambda weights: next(given)

    naive = lambda weights: Everything(weights.gate.out_features)  # noqa: E731
    oracle = lambda weights: Oracle(weights.gate.weight.detach().clone())  # noqa: E731
    return [
        ("everything, each token", {"window": 0, "budget": 1.0}, naive),
        ("predicted", {"window": 0}, said()),
        *((f"predicted, window {k}", {"window": k}, said()) for k in (5, 8, 16, 32, 64)),
        ("predicted, window 5, not bundled", {"window": 5, "bundled": False}, said()),
        ("oracle, window 32", {"window": 32}, oracle),
    ]


def ladder(model: Any, rung: Rung, ids: Any, folder: Path) -> dict[str, Any]:
    """One row: what was read for a token, what is held, and what it took."""
    name, options, predictor = rung
    how = Flash(folder=folder, **{"budget": BUDGET, "rank": RANK, "recall": RECALL, **options})
    # Everything takes seconds a token, and every token the same.
    settle, n = (1, PROMPT + 6) if name.startswith("everything") else (SETTLE, ids.shape[1])
    with how.attach(model, predictor=predictor) as ledger:
        found, reads, nbytes = _counted(model, ids[:, :n], ledger, settle)
        held = sum(float(part.held) for part in ledger.parts) / len(ledger.parts)
    return {
        **row("flash", name, found if settle == SETTLE else (None, *found[1:])),
        "KiB a token": nbytes / 1024,
        "reads a token": reads,
        "neurons held": held,
    }


def row(system: str, name: str, found: Figures) -> dict[str, Any]:
    """The figures of one decoding by name."""
    names = ("nats", "CPU ms a token", "wall ms a token", "KiB from the device")
    figures = dict(zip(names, found, strict=True))
    return {"system": system, "read": name, **figures}


def quickest(rounds: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Row by row over rounds that decode the same: the least CPU time and the least wall time."""
    rows = []
    for same in zip(*rounds, strict=True):
        times = {k: min(x[k] for x in same) for k in ("CPU ms a token", "wall ms a token")}
        rows.append(same[0] | times)
    return rows


def _counted(model: Any, ids: Any, ledger: Any, settle: int) -> tuple[Figures, float, float]:
    """As `decode`, with reads and bytes of a token that is counted."""
    seen: list[tuple[int, int]] = []
    handle = model.register_forward_hook(lambda *_: seen.append((ledger.reads, ledger.nbytes)))
    found = decode(model, ids, settle)
    handle.remove()
    (r, n), (rest, last) = seen[settle], seen[-1]
    tokens = len(seen) - settle - 1
    return found, (rest - r) / tokens, (last - n) / tokens


def bundling(folder: Path) -> list[dict[str, Any]]:
    """Useful MiB a second for the same random neurons, each in three reads or in one."""
    rows, width, n = [], 4096, 1024
    records = torch.zeros(n, 3 * width)
    files = {
        "three reads of 16 KiB": [
            RowFile.write(folder / f"p{i}", x) for i, x in enumerate(torch.split(records, width, 1))
        ],
        "one read of 48 KiB": [RowFile.write(folder / "whole", records)],
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


def offload(model: Any, resident: int, folder: Path) -> Any:
    """The same weights under accelerate: so many of the matrices in memory, the rest on disk."""
    from accelerate import dispatch_model

    parts = ("gate", "up", "down")
    names = [f"model.layers.{i}.mlp.{x}_proj" for i in range(LAYERS) for x in parts]
    leaves = [name for name, x in model.named_modules() if not list(x.children())]
    places: dict[str, Any] = dict.fromkeys(leaves, "cpu")
    places |= dict.fromkeys(names[resident:], "disk")
    other = model_of().eval()
    other.load_state_dict(model.state_dict())
    return dispatch_model(other, places, main_device="cpu", offload_dir=str(folder))


def offloaded(other: Any, ids: Any, folder: Path) -> list[dict[str, Any]]:
    """It with its files in the page cache, and with what it read dropped after every token."""
    rows, kept = [], list(folder.glob("*.dat"))

    def cold(*_: Any) -> None:
        for path in kept:
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    for path in kept:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    size = sum(path.stat().st_size for path in kept) / 1024
    for name in ("page cache warm", "page cache dropped each token"):
        handle = other.register_forward_hook(cold) if "dropped" in name else None
        # Every token reads the same, so fewer are decoded; the logits are those in memory.
        rows.append(row("accelerate", name, decode(other, ids[:, : PROMPT + 45], 4)))
        rows[-1] |= {"nats": None, "KiB a token": size, "reads a token": None}
        if handle:
            handle.remove()
    return rows


def firing(known: list[LowRank], fresh: list[tuple[Any, Any]]) -> list[dict[str, Any]]:
    """Share of neurons that fire, and how many of those the predictor finds."""
    rows = []
    for i, (predictor, (x, gate)) in enumerate(zip(known, fresh, strict=True)):
        said, fires = predictor(x), gate > 0
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


def measured(model: Any, known: list[LowRank], ids: Any, folder: Path) -> tuple[Any, int, int]:
    """The rows, the bytes that flash keeps, and the matrices that accelerate keeps for them."""
    matrix = WIDTH * NEURONS * 4
    budget = BUDGET * 3 * LAYERS * matrix + sum(x.nbytes for x in known)
    # Rounded up: the other side never has less memory.
    resident = -int(-budget // matrix)
    try:
        other = offload(model, resident, folder / "offload")
    except ImportError:
        print("accelerate is not installed: its rows are left out")
        other = None
    rounds = []
    for i in range(TIMES):
        rows = [row("in memory", "nothing", decode(model, ids))]
        rows[0] |= {"KiB a token": 0.0, "reads a token": 0.0}
        for rung in rungs(known):
            rows.append(ladder(model, rung, ids, folder))
            print(i, json.dumps(rows[-1]), flush=True)
        rows += offloaded(other, ids, folder / "offload") if other is not None else []
        print(i, json.dumps(rows[-2:]), flush=True)
        rounds.append(rows)
    return quickest(rounds), int(budget), resident


@contextmanager
def mapped(model: Any, resident: int, folder: Path) -> Iterator[list[tuple[mmap.mmap, Path]]]:
    """The same weights, all but so many matrices mapped from files as they are."""
    parts = [x for layer in model.model.layers for x in (layer.mlp.gate_proj, layer.mlp.up_proj)]
    parts += [layer.mlp.down_proj for layer in model.model.layers]
    before, maps = [x.weight.data for x in parts], []
    for i, part in enumerate(parts[resident:]):
        path = folder / f"mapped-{i}"
        with path.open("wb") as file:
            file.write(part.weight.data.numpy().data)
            os.fsync(file.fileno())
        with path.open("rb") as file:
            maps.append((mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY), path))
        flat = torch.frombuffer(maps[-1][0], dtype=torch.float32)
        part.weight.data = flat.view(part.weight.shape)
    yield maps
    for part, weight in zip(parts, before, strict=True):
        part.weight.data = weight


def mapping(model: Any, ids: Any, resident: int, folder: Path) -> list[dict[str, Any]]:
    """Files mapped and not read: all in memory, then with the page cache warm, then cold."""
    ids = ids[:, : PROMPT + 45]
    rows = [row("in memory", "nothing", decode(model, ids, 4))]
    with mapped(model, resident, folder) as maps:

        def cold(*_: Any) -> None:
            for mapping, path in maps:
                mapping.madvise(mmap.MADV_DONTNEED)
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

        rows.append(row("mapped files", "page cache warm", decode(model, ids, 4)))
        handle = model.register_forward_hook(cold)
        rows.append(row("mapped files", "page cache dropped each token", decode(model, ids, 4)))
        handle.remove()
    return rows


def tables(model: Any, text: Any, folder: Path) -> dict[str, Callable[[], dict[str, Any]]]:
    """Every table by its name: what it is called, how it was made, and its rows."""
    ids = text[None, -PROMPT - SETTLE - TOKENS - 1 :]
    known = cache(lambda: predictors(model, text[:FIT].view(-1, 256)))
    note = (
        f"Llama of {LAYERS} layers, width {WIDTH}, {NEURONS} neurons with ReLU, trained {STEPS} "
        f"steps of {ROWS * LENGTH} bytes of text with {SPARSE} of mean activity in the loss; "
        f"held-out text; predictors of rank {RANK}, recall {RECALL}, fitted on {FIT} tokens of the "
        f"training text; one thread, seed {SEED}. "
    )

    def made(title: str, told: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        command = "python benchmarks/tensor/flash.py --text tinyshakespeare.txt"
        return {"title": title, "note": told, "rows": rows, "command": command}

    def reading() -> dict[str, Any]:
        rows, budget, resident = measured(model, known(), ids, folder)
        told = (
            f"{TOKENS} tokens decoded after {SETTLE}, the least of {TIMES} rounds. flash keeps "
            f"{BUDGET:.0%} of the neurons and its predictors, {budget / 2**20:.0f} MiB; "
            f"accelerate keeps {resident} of {3 * LAYERS} matrices, "
            f"{resident * WIDTH * NEURONS * 4 / 2**20:.0f} MiB, and maps the others from files. "
            "Reads of flash pass by the page cache."
        )
        return made("What is read for a token, and what that costs", note + told, rows)

    def fires() -> dict[str, Any]:
        fresh = gates(model, text[-2048:].view(-1, 256))
        return made("Neurons that fire on held-out text", note, firing(known(), fresh))

    def maps() -> dict[str, Any]:
        told = "The same model, dense, 7 of its 12 matrices in memory and 5 mapped; 40 tokens."
        return made("Files that are mapped as they are", told, mapping(model, ids, 7, folder))

    told = f"Random neurons of width 4096, 8 reads at once, {ROUNDS} rounds of 64."
    return {
        "reading": reading,
        "mapping": maps,
        "firing": fires,
        "bundling": lambda: made("Bundling", told, bundling(folder)),
    }


def main() -> None:
    """Measure the parts named, or all; print them, and put them in the place of their tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", help="reading mapping firing bundling")
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/flash.json"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    text = text_of(given.text)
    before = json.loads(given.out.read_text())["tables"] if given.out.exists() else []
    found = {table["title"]: table for table in before}
    with tempfile.TemporaryDirectory(dir=given.out.parent) as name:
        folder = Path(name)
        (folder / "offload").mkdir()
        known = tables(trained(text), text, folder)
        for part in given.parts or known:
            table = known[part]()
            found[table["title"]] = table
            print(json.dumps(table, indent=1), flush=True)
    given.out.write_text(json.dumps({"tables": list(found.values())}, indent=1) + "\n")


if __name__ == "__main__":
    main()
