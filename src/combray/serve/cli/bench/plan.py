"""kv plan: what a long context needs, in training by MEMO and in serving by vAttention."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from combray.core.errors import InputError, Unsupported
from combray.serve.cli import show
from combray.serve.cli.app import COMPARE, verb
from combray.serve.cli.bench.kv import kv
from combray.serve.cli.options import Out

if TYPE_CHECKING:
    from rich.console import RenderableType

    from combray.tensor.sizing.estimate import Kept, Machine, ServingEstimate, TrainingEstimate
    from combray.tensor.sizing.model_config import ModelShape

UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
BAR = 40


@dataclass(frozen=True)
class Wanted:
    """The model, the length, and what there is to run it on."""

    model: Annotated[
        Path, typer.Option("--model", metavar="PATH", help="A config.json, or its folder.")
    ]
    seq: Annotated[str, typer.Option("--seq", metavar="N", help="Tokens: 128K, 1M.")] = "128K"
    gpu: Annotated[str, typer.Option("--gpu", metavar="BYTES", help="Memory of one GPU.")] = "80GB"
    gpus: Annotated[int, typer.Option("--gpus", metavar="N", help="How many share the layers.")] = 1
    host: Annotated[str, typer.Option("--host", metavar="BYTES", help="Memory of the host.")] = (
        "1TB"
    )
    link: Annotated[
        str, typer.Option("--link", metavar="BYTES", help="From a GPU to the host, per second.")
    ] = "32GB"
    speed: Annotated[
        str, typer.Option("--speed", metavar="FLOPS", help="What one GPU computes per second.")
    ] = "150T"

    def machine(self) -> Machine:
        """The amounts as numbers."""
        from combray.tensor.sizing.estimate import Machine

        if self.gpus < 1:
            raise InputError(f"--gpus counts devices and cannot be {self.gpus}.")
        return Machine(
            gpu=_amount("--gpu", self.gpu),
            gpus=self.gpus,
            host=_amount("--host", self.host),
            link=_amount("--link", self.link),
            speed=_amount("--speed", self.speed),
        )


@verb(COMPARE, "plan", group=kv)
def plan(wanted: Wanted, out: Out) -> None:
    """Say what fits, in training by MEMO and in serving by vAttention, from config.json alone."""
    from combray.tensor.sizing import estimate
    from combray.tensor.sizing.model_config import read_shape

    machine, s = wanted.machine(), int(_amount("--seq", wanted.seq))
    shape = read_shape(wanted.model)
    served = estimate.serving(shape, s, machine)
    serve = _serve_sentence(shape, s, machine, served)
    trained: TrainingEstimate | None
    try:
        trained = estimate.training(shape, s, machine)
        train = _train_sentence(s, machine, trained)
    except Unsupported as error:
        trained, train = None, f"Training: no. {error}"
    found = {
        "model": asdict(shape) | {"parameters": shape.parameters},
        "cache_bytes_per_token": shape.cache_of_a_token,
        "machine": asdict(machine) | {"seq": s},
        "answers": [train, serve],
        "training": None if trained is None else asdict(trained),
        "serving": [asdict(row) for row in served],
    }
    out.give(found, lambda: _page(shape, s, machine, trained, served, (train, serve)))


def _amount(option: str, text: str) -> float:
    match = re.fullmatch(r"^\s*+([\d.]++)\s*+([KMGT]?)(i?)B?\s*+", text, re.IGNORECASE)
    try:
        unit = (1024 if match[3] else 1000) ** UNITS[match[2].upper()] if match else 0
        value = float(match[1]) * unit if match else 0.0
    except ValueError:
        value = 0.0
    if value < 1:
        raise InputError(
            f"{option} {text!r} is not an amount; write it like 1M, 80GB, 80GiB or 150T."
        )
    return value


def _size(n: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if abs(n) < 1000:
            return f"{n:,.0f} B" if unit == "B" else f"{n:,.1f} {unit}"
        n /= 1000
    return f"{n:,.1f} TB"


def _time(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{1000 * seconds:,.1f} ms"


def _devices(n: int, machine: Machine) -> str:
    return f"{n} GPU{'s' * (n > 1)} of {_size(machine.gpu)}"


def _train_sentence(s: int, machine: Machine, found: TrainingEstimate) -> str:
    """Whether a row of that length trains, by the way that computes least again."""
    memo, row = found.ways[-1], f"one row of {s:,} tokens"
    best = min((way for way in found.ways if way.fits), key=lambda way: way.again, default=None)
    if best is None:
        state = sum(found.state.values())
        least = (
            f"{memo.longest:,} tokens would fit here"
            if memo.longest
            else f"weights, gradients and optimizer alone take {_size(state)}"
        )
        more = f"; {_devices(memo.gpus, machine)} would do" if memo.gpus else ""
        return (
            f"Training: no. By MEMO {row} needs {_size(memo.total)} of each GPU, and it has "
            f"{_size(machine.gpu)}; {least}{more}."
        )
    takes = f"takes {_size(best.total)} of each GPU's {_size(machine.gpu)}"
    if best.way == "all kept":
        return f"Training: yes, {row} {takes} with all activations kept."
    if best.way == "checkpoint":
        return (
            f"Training: yes, but by checkpointing only: {row} {takes} and every layer is computed "
            f"twice, {_time(best.again)} each. MEMO would need {_size(memo.total)}."
        )
    slow = "" if found.alpha.hidden else "; the link is too slow to hide the transfer"
    return (
        f"Training: yes, by MEMO: {row} {takes}. Of the tokens {found.alpha.value:.0%} are swapped "
        f"to the host, which uses {_size(memo.host)} of it for each GPU; the others are computed "
        f"again in {_time(memo.again)} a layer, where checkpointing takes "
        f"{_time(found.cost.forward)}{slow}."
    )


def _serve_sentence(
    shape: ModelShape, s: int, machine: Machine, rows: list[ServingEstimate]
) -> str:
    """How many requests stand beside the weights, in the largest pages; what fits if none does."""
    from combray.tensor.sizing.estimate import longest_served, room_to_serve

    last, room = rows[-1], room_to_serve(shape, machine)
    if room <= 0:
        return (
            f"Serving: no. The weights take {_size(shape.parameters * shape.nbytes)} and there are "
            f"{_size(machine.gpus * machine.gpu)}."
        )
    if not last.at_once:
        return (
            f"Serving: no. A request of {s:,} tokens takes {_size(last.request)} and the weights "
            f"leave {_size(room)}; the longest that fits has {longest_served(shape, machine):,}."
        )
    return (
        f"Serving: yes, {last.at_once:,} request{'s' * (last.at_once > 1)} of {s:,} tokens at once "
        f"in pages of {last.page}, {_size(last.request)} each, beside "
        f"{_size(shape.parameters * shape.nbytes)} of weights."
    )


def _page(
    shape: ModelShape,
    s: int,
    machine: Machine,
    trained: TrainingEstimate | None,
    served: list[ServingEstimate],
    answers: tuple[str, str],
) -> RenderableType:
    from rich.console import Group

    kind = f"{shape.family or 'a model'}: {shape.parameters / 1e9:,.2f} B weights"
    experts = f", {shape.active} of {shape.experts} experts" if shape.experts > 1 else ""
    window = f", {shape.sliding} with a window of {shape.window:,}" if shape.sliding else ""
    lines = [
        f"{kind}, {shape.layers} layers{window}{experts}; cache "
        f"{_size(shape.cache_of_a_token)} a token. {_devices(machine.gpus, machine)}, "
        f"{_size(machine.host)} beside.",
        "",
        *answers,
    ]
    if 0 < shape.positions < s:
        lines.append(f"Note: the configuration goes to {shape.positions:,} positions only.")
    parts: list[Any] = [show.line("\n".join(lines)), show.line("")]
    if trained is not None:
        parts += [_ways(machine, trained), _bytes_of(machine, trained), _split(trained)]
    return Group(*parts, _pages(served))


def _ways(machine: Machine, found: TrainingEstimate) -> RenderableType:
    def row(way: Kept) -> tuple[str, ...]:
        return (
            way.way,
            _size(way.activations),
            _size(way.total),
            "yes" if way.fits else "no",
            f"{way.longest:,}",
            "none" if way.gpus is None else f"{way.gpus:,}",
            _time(way.again),
            _size(way.host),
        )

    head = "Way Activations> Total> Fits Longest> GPUs> Again/layer> Host>".split()
    return show.table(head, map(row, found.ways), title="Training, one GPU's memory by how")


def _bytes_of(machine: Machine, found: TrainingEstimate) -> RenderableType:
    """Every byte of one device under MEMO, with a bar of its share."""
    layer, half = found.cost.sent(1), min(2, found.cost.layers)
    last = min(4, found.cost.layers) - half
    parts = dict(found.state)
    parts |= {f"{half} layers under way": half * layer, f"{last} last layers": last * layer}
    left = machine.gpu - sum(parts.values())
    parts["free" if left >= 0 else "missing"] = abs(left)
    whole = max(machine.gpu, sum(found.state.values()) + (half + last) * layer)
    rows = [
        (name, _size(n), f"{n / whole:.1%}", "█" * round(BAR * n / whole))
        for name, n in parts.items()
    ]
    return show.table(
        ("Byte goes to", "Size>", "Share>", ""), rows, title="Training by MEMO, one GPU"
    )


BOUNDS = {
    "nothing": "Nothing bounds α: everything goes out",
    "host": "α is bound by the memory of the host",
    "bandwidth": "α is bound by the link",
}


def _split(found: TrainingEstimate) -> RenderableType:
    """What one layer saves for its backward pass: what goes out, and what is computed again."""
    from rich.console import Group

    cost, alpha = found.cost, found.alpha
    rows = [
        ("its input", _size(cost.input), "swapped, always"),
        ("attention's output", _size(cost.attention), "swapped, always"),
        (
            "the rest",
            _size(alpha.value * cost.rest),
            f"swapped, α = {alpha.value:.3f} of the tokens",
        ),
        (
            "",
            _size((1 - alpha.value) * cost.rest),
            f"computed again in {_time(found.ways[-1].again)}",
        ),
    ]
    hidden = "hidden under" if alpha.hidden else "longer than"
    told = (
        f"{BOUNDS[alpha.bound]}. The transfer of a layer takes {_time(found.transfer)}, {hidden} "
        f"its forward pass of {_time(cost.forward)}. Logits are not counted: {_size(found.logits)} "
        "unless they are made in slices.\n"
    )
    head = ("A layer saves", "Size>", "By MEMO")
    return Group(show.table(head, rows, title="Swapped or computed again"), show.line(told))


def _pages(served: list[ServingEstimate]) -> RenderableType:
    head = ("Page", "Tokens>", "A request>", "Mean waste>", "At once>")
    rows = [
        (
            row.page,
            f"{row.tokens:,}",
            _size(row.request),
            _size(row.waste),
            f"{row.at_once:,}",
        )
        for row in served
    ]
    return show.table(head, rows, title="Serving, by vAttention's pages")
