"""kv plan: what a long context needs, in training by MEMO and in serving by vAttention."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recollect.core.errors import InputError
from recollect.serve.cli import show
from recollect.serve.cli.app import COMPARE, verb
from recollect.serve.cli.kv import kv
from recollect.serve.cli.options import Out

if TYPE_CHECKING:
    from rich.console import RenderableType

    from recollect.tensor.shapes import Shape

UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
PAGES = {"64 KB": 2**16, "256 KB": 2**18, "2 MB": 2**21}


@dataclass(frozen=True)
class Machine:
    """The model, the length, and what there is to run it on."""

    model: Annotated[
        Path, typer.Option("--model", metavar="PATH", help="A config.json, or its folder.")
    ]
    seq: Annotated[str, typer.Option("--seq", metavar="N", help="Tokens: 128K, 1M.")] = "128K"
    gpu: Annotated[str, typer.Option("--gpu", metavar="BYTES", help="Memory of one.")] = "80GB"
    gpus: Annotated[int, typer.Option("--gpus", metavar="N", help="That share the layers.")] = 1
    host: Annotated[str, typer.Option("--host", metavar="BYTES", help="Memory beside.")] = "1TB"
    link: Annotated[
        str, typer.Option("--link", metavar="BYTES", help="To the host, a second and GPU.")
    ] = "32GB"
    speed: Annotated[
        str, typer.Option("--speed", metavar="FLOPS", help="That one GPU reaches, a second.")
    ] = "150T"


@verb(COMPARE, "plan", group=kv)
def plan(machine: Machine, out: Out) -> None:
    """The share to swap in training, and requests at once in serving, of a real configuration."""
    from recollect.tensor.shapes import read_shape

    if machine.gpus < 1:
        raise InputError(f"--gpus counts devices and cannot be {machine.gpus}.")
    shape, s = read_shape(machine.model), int(_amount(machine.seq))
    found = {
        "parameters": shape.parameters,
        "cache_bytes_per_token": shape.cache_of_a_token,
        "training": _training(shape, s, machine),
        "serving": _serving(shape, s, machine),
    }
    out.give(found, lambda: _show(found))


def _training(shape: Shape, s: int, machine: Machine) -> dict[str, Any]:
    from recollect.systems.activation.memo_swap import Cost, solve_alpha

    n = machine.gpus
    parts = {
        "input_bytes": shape.input_bytes(s) / n,
        "attention_bytes": shape.attention_bytes(s) / n,
        "rest_bytes": shape.rest_bytes(s) / n,
    }
    cost = Cost(
        input=parts["input_bytes"],
        attention=parts["attention_bytes"],
        rest=parts["rest_bytes"],
        forward=shape.forward_work(s) / n / _amount(machine.speed),
        layers=shape.layers,
        bandwidth=_amount(machine.link),
        host=_amount(machine.host) / n,
    )
    alpha = solve_alpha(cost)
    layer = sum(parts.values())
    return parts | {
        "layer_forward_seconds": cost.forward,
        "alpha": alpha.value,
        "bound_by": alpha.bound,
        "transfer_hidden": alpha.hidden,
        "kept_without_bytes": shape.layers * layer,
        # Two layers under way in rounding buffers and the last two kept: four layers at most.
        "kept_with_bytes": min(4, shape.layers) * layer,
        # Weights and gradients in 2 bytes, the optimizer's three numbers in 4.
        "state_bytes": shape.parameters * 16 / n,
        "fits": min(4, shape.layers) * layer + shape.parameters * 16 / n <= _amount(machine.gpu),
    }


def _serving(shape: Shape, s: int, machine: Machine) -> list[dict[str, Any]]:
    from recollect.tensor.serving import block_of

    room = machine.gpus * _amount(machine.gpu) - shape.parameters * shape.nbytes
    rows = []
    for name, page in PAGES.items():
        block = block_of(page, heads=shape.kv_heads, width=shape.head, nbytes=shape.nbytes)
        need = -(-s // block) * block * shape.cache_of_a_token
        rows.append(
            {
                "page": name,
                "tokens_per_page": block,
                "request_bytes": need,
                "mean_waste_bytes": block / 2 * shape.cache_of_a_token,
                "requests_at_once": max(0, int(room // need)),
            }
        )
    return rows


def _amount(text: str) -> float:
    match = re.fullmatch(r"\s*([\d.]+)\s*([KMGT]?)i?B?\s*", text, re.IGNORECASE)
    try:
        value = float(match[1]) * UNITS[match[2].upper()] if match else 0.0
    except ValueError:
        value = 0.0
    if value <= 0:
        raise InputError(f"{text!r} is not an amount; write it like 1M, 80GB or 150T.")
    return value


def _size(n: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if n < 1000:
            return f"{n:,.1f} {unit}"
        n /= 1000
    return f"{n:,.1f} TB"


def _show(found: dict[str, Any]) -> RenderableType:
    from rich.console import Group

    training = {
        key.removesuffix("_bytes").replace("_", " "): _size(value)
        if key.endswith("_bytes")
        else f"{value:.3g}"
        if isinstance(value, float)
        else value
        for key, value in found["training"].items()
    }
    head = ("Page", "Tokens>", "A request>", "Mean waste>", "At once>")
    rows = [
        (
            row["page"],
            f"{row['tokens_per_page']:,}",
            _size(row["request_bytes"]),
            _size(row["mean_waste_bytes"]),
            f"{row['requests_at_once']:,}",
        )
        for row in found["serving"]
    ]
    return Group(show.pairs(training), show.table(head, rows))
