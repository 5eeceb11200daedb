"""What reading raw items would cost, found by reading a part of them with a model that agrees.

Nothing is stored and nobody is asked. The stand-in states as much as it is told, so the figure is
nearer to too much than to too little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from combray.core.errors import CombrayError
from combray.core.items import Item, Json
from combray.core.ports import DeriverLike, HasDeriver
from combray.models.prices import Price, cost
from combray.models.stub_model import StubModel
from combray.recall.runtime.runtime import Runtime

SAMPLE = 12
"""At most so many jobs are tried; the rest costs the same on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What reading some items takes: calls, tokens and US dollars (None without a price)."""

    items: int
    jobs: int
    calls: int
    tokens_in: int
    tokens_out: int
    usd: float | None

    def as_dict(self) -> Json:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


def estimate(
    runtime: Runtime,
    build: Callable[[Runtime], object],
    items: Sequence[Item],
    price: Price | None,
) -> Estimate:
    """What the system that `build` makes over a runtime would take to read raw items."""
    chat = StubModel()
    trial = runtime.beside(chat)
    system = build(trial)
    by_id = {item.id: item for item in items}
    deriver = system.deriver if isinstance(system, HasDeriver) else None
    jobs = [] if runtime.chat is None or deriver is None else deriver.jobs(items)
    sample = jobs[:: max(1, len(jobs) // SAMPLE)][:SAMPLE]
    if deriver is not None:
        for job in sample:
            _try(deriver, [by_id[str(id_)] for id_ in job.payload["ids"]])
    share = len(jobs) / max(1, len(sample))
    counts = [round(n * share) for n in (chat.calls, chat.tokens_in, chat.tokens_out)]
    return Estimate(
        items=len(items),
        jobs=len(jobs),
        calls=counts[0],
        tokens_in=counts[1],
        tokens_out=counts[2],
        usd=0.0 if not chat.calls else cost(price, counts[1], counts[2]),
    )


def _try(deriver: DeriverLike, items: Sequence[Item]) -> None:
    """Derive, and store nothing."""
    # A stand-in may be refused where a model is not; what it was asked counts.
    with suppress(CombrayError):
        deriver.change(items)
