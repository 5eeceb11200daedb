"""What a long context needs of a machine: in training by MEMO, in serving by vAttention.

s tokens of one row, L layers, n devices that share every layer, α the share of tokens that goes
out to the host. Arithmetic alone; torch is not needed.

    max α in [0, 1]    (S_in + S_attn + α S_rest) / B ≤ T        the transfer hides under a layer
                       (L - 2)(S_in + S_attn + α S_rest) ≤ M     it fits into the host
    kept on a device   4 of L layers: two under way, and the last two
    tokens of a page   page / (H · d · bytes)                     of one tensor of one layer
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from combray.core.errors import InputError, Unsupported
from combray.tensor.sizing.model_config import ModelShape

STATE = {"weights": 2, "gradients": 2, "optimizer": 12}
"""Bytes a weight in training: both in 2 bytes, the three numbers of the optimizer in 4 each."""
PAGES = {"paged, 16 tokens": 0, "64 KB": 2**16, "256 KB": 2**18, "2 MB": 2**21}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A layer's activations in bytes, its forward time in seconds, and what stands beside it.

    layers: L. bandwidth: B, bytes a second to the host. host: M, bytes that the host has.
    """

    input: float
    attention: float
    rest: float
    forward: float
    layers: int
    bandwidth: float
    host: float

    def sent(self, alpha: float) -> float:
        """Bytes that go out for one layer."""
        return self.input + self.attention + alpha * self.rest


@dataclass(frozen=True, slots=True)
class Alpha:
    """The share α, what bounds it, and whether the transfer hides under the computation."""

    value: float
    bound: str
    hidden: bool


def solve_alpha(cost: Cost) -> Alpha:
    """The largest α within both bounds; Unsupported when the host is too small even for α = 0."""
    always = cost.sent(0)
    by_time = _share(cost.forward * cost.bandwidth - always, cost.rest)
    swapped = max(0, cost.layers - 2)
    by_host = _share(cost.host / swapped - always, cost.rest) if swapped else math.inf
    if by_host < 0:
        raise Unsupported(
            f"The host has {cost.host:,.0f} bytes and {swapped * always:,.0f} are needed for the "
            "inputs and attention outputs of the layers alone. Shorten the sequence or spread it."
        )
    best = min(1.0, max(0.0, by_time), by_host)
    bound = "nothing" if best == 1 else "host" if by_host <= by_time else "bandwidth"
    return Alpha(best, bound, by_time >= best)


def _share(left: float, rest: float) -> float:
    if rest:
        return left / rest
    return math.inf if left >= 0 else -math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Devices of `gpu` bytes and `speed` operations a second, with a host of `host` bytes.

    link: bytes a second from one device to the host.
    """

    gpu: float
    gpus: int = 1
    host: float = 1e12
    link: float = 32e9
    speed: float = 150e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One way to keep activations: bytes on a device, and what it costs elsewhere.

    again, host: seconds of one layer that are computed twice, bytes of the host that are used.
    """

    way: str
    activations: float
    total: float
    fits: bool
    longest: int
    gpus: int | None
    again: float = 0.0
    host: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingEstimate:
    """One row of s tokens in training. All bytes are of one device; `cost` is of one layer."""

    cost: Cost
    alpha: Alpha
    transfer: float
    state: dict[str, float]
    logits: float
    ways: list[Kept]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingEstimate:
    """Requests of s tokens in blocks of one kind, over all devices together."""

    page: str
    tokens: int
    request: int
    waste: float
    at_once: int


def cost_of(shape: ModelShape, s: int, machine: Machine) -> Cost:
    """What one layer of s tokens costs on one device of the machine."""
    n = machine.gpus
    return Cost(
        input=shape.input_bytes(s) / n,
        attention=shape.attention_bytes(s) / n,
        rest=shape.rest_bytes(s) / n,
        forward=shape.forward_work(s) / n / machine.speed,
        layers=shape.layers,
        bandwidth=machine.link,
        host=machine.host / n,
    )


def training(shape: ModelShape, s: int, machine: Machine) -> TrainingEstimate:
    """All kept, checkpointed, and MEMO's swapping; Unsupported when the host is too small."""
    cost = cost_of(shape, s, machine)
    alpha = solve_alpha(cost)
    again = shape.token_work(s) / machine.gpus / machine.speed * (1 - alpha.value)
    host = max(0, shape.layers - 2) * cost.sent(alpha.value)
    costs = {"all kept": (0.0, 0.0), "checkpoint": (cost.forward, 0.0), "MEMO": (again, host)}
    return TrainingEstimate(
        cost=cost,
        alpha=alpha,
        transfer=cost.sent(alpha.value) / machine.link,
        state={name: n * shape.parameters / machine.gpus for name, n in STATE.items()},
        logits=s * shape.words * 4 / machine.gpus,
        ways=[_way(shape, s, machine, name, *costs[name]) for name in _LIVING],
    )


_LIVING: dict[str, Callable[[Cost], float]] = {
    "all kept": lambda c: c.layers * c.sent(1),
    "checkpoint": lambda c: c.layers * c.input + c.sent(1),
    "MEMO": lambda c: min(4, c.layers) * c.sent(1),
}
"""Activations alive at once, of all layers, by how they are kept."""


def _way(shape: ModelShape, s: int, machine: Machine, name: str, again: float, host: float) -> Kept:
    def fits(tokens: int, there: Machine = machine) -> bool:
        cost = cost_of(shape, tokens, there)
        always = max(0, shape.layers - 2) * cost.sent(0)
        room = there.gpu - sum(STATE.values()) * shape.parameters / there.gpus
        return _LIVING[name](cost) <= room and (name != "MEMO" or always <= cost.host)

    living = _LIVING[name](cost_of(shape, s, machine))
    more = (2**i for i in range(14))
    return Kept(
        way=name,
        activations=living,
        total=living + sum(STATE.values()) * shape.parameters / machine.gpus,
        fits=fits(s),
        longest=largest(fits),
        # Hosts come with their devices: twice the devices, twice the host.
        gpus=next((n for n in more if fits(s, _times(machine, n))), None),
        again=again,
        host=host,
    )


def _times(machine: Machine, n: int) -> Machine:
    return replace(machine, gpus=n, host=machine.host * n / machine.gpus)


def serving(shape: ModelShape, s: int, machine: Machine) -> list[ServingEstimate]:
    """A request of s tokens by size of block, and how many stand beside the weights at once."""
    return [_served(shape, s, machine, name, page) for name, page in PAGES.items()]


def _served(shape: ModelShape, s: int, machine: Machine, name: str, page: int) -> ServingEstimate:
    width = {"heads": shape.kv_heads, "width": shape.head, "nbytes": shape.nbytes}
    block = block_of(page, **width) if page else 16
    need = shape.cache_bytes(s, block)
    room = room_to_serve(shape, machine)
    return ServingEstimate(
        page=name,
        tokens=block,
        request=need,
        waste=(block - 1) / 2 * shape.cache_of_a_token,
        at_once=max(0, int(room // need)),
    )


def room_to_serve(shape: ModelShape, machine: Machine) -> float:
    """Bytes of all devices that the weights leave; below zero when they do not fit."""
    return machine.gpus * machine.gpu - shape.parameters * shape.nbytes


def longest_served(shape: ModelShape, machine: Machine) -> int:
    """Tokens of the longest request that stands beside the weights; 0 when they leave no room."""
    room = room_to_serve(shape, machine)
    return largest(lambda s: shape.cache_bytes(s) <= room)


def block_of(page: int, *, heads: int, width: int, nbytes: int) -> int:
    """Tokens of one tensor of one layer that a page holds."""
    block = page // (heads * width * nbytes)
    if not block:
        raise InputError(f"A page of {page} bytes holds no token of {heads * width * nbytes}.")
    return block


def largest(fits: Callable[[int], bool], most: int = 2**40) -> int:
    """The largest number up to `most` that fits, where whatever is smaller fits too; 0 for none."""
    low, high = 0, 1
    while high <= most and fits(high):
        low, high = high, 2 * high
    high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
