"""An estimate: a part of the jobs is tried on a stub, and the rest is taken to cost the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from combray.core.changes import ChangeSet, NewJob
from combray.core.errors import ModelError
from combray.core.items import Item
from combray.core.ports import ChatRequest
from combray.models.prices import Price, cost
from combray.models.stub_model import StubModel
from combray.recall.runtime.runtime import Runtime
from combray.store.connect import connect
from combray.write.maintain.estimate import SAMPLE, Estimate, estimate
from tests.words import Words
from tests.write.stored import raw

ACTOR = "asks/1"


class Asks:
    """A deriver with one job for each item, in which it asks the model as often as it is told."""

    actor, inline, handlers = ACTOR, False, {}  # type: ignore[var-annotated]

    def __init__(self, runtime: Runtime, calls: int = 1, error: Exception | None = None) -> None:
        self._runtime, self._calls, self._error = runtime, calls, error
        self.tried: list[str] = []

    def jobs(self, items: Sequence[Item], /) -> list[NewJob]:
        """One for each item."""
        return [NewJob(kind=ACTOR, payload={"ids": [item.id]}) for item in items]

    def change(self, items: Sequence[Item], /) -> ChangeSet:
        """Asks, and fails if it is told to."""
        self.tried += [item.text for item in items]
        chat = self._runtime.chat
        assert chat is not None
        for _ in range(self._calls):
            chat.complete(request(items[0].text))
        if self._error is not None:
            raise self._error
        return ChangeSet(tenant="u", actor=ACTOR)


def request(text: str) -> ChatRequest:
    """A question about a text."""
    said = [{"role": "system", "content": "Read."}, {"role": "user", "content": f'"{text}"'}]
    return ChatRequest(system="asks", step="read", messages=said)


class Refusing:
    """A model that nobody may ask."""

    name = "refusing"

    def complete(self, request: ChatRequest, /) -> str:
        """Never."""
        raise AssertionError("the model was asked")


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    """A runtime whose model may not be asked."""
    store = connect(":memory:")
    yield Runtime(store, Words(), Refusing())
    store.close()


def estimated(
    runtime: Runtime, items: Sequence[Item], price: Price | None = None, **how: Any
) -> tuple[Estimate, Asks]:
    """The estimate for some items, and the deriver that was tried."""
    made: list[Asks] = []

    def build(trial: Runtime) -> object:
        made.append(Asks(trial, **how))
        return SimpleNamespace(deriver=made[0])

    return estimate(runtime, build, items, price), made[0]


def items(n: int) -> list[Item]:
    """Raw items."""
    return [raw(f"This is number {i}.") for i in range(n)]


def test_a_stub_is_asked_and_nothing_is_stored(runtime: Runtime) -> None:
    """The calls and tokens are the stub's; the model of the runtime is never asked."""
    said = items(3)
    stub = StubModel()
    for item in said:
        stub.complete(request(item.text))
    found, _ = estimated(runtime, said)
    assert (found.items, found.jobs, found.calls) == (3, 3, 3)
    assert (found.tokens_in, found.tokens_out) == (stub.tokens_in, stub.tokens_out)
    assert runtime.store.tenants() == []


def test_a_part_stands_for_all(runtime: Runtime) -> None:
    """At most SAMPLE jobs are tried, spread over all; the sums are scaled to all jobs."""
    many = 10 * SAMPLE + 7
    found, deriver = estimated(runtime, items(many), calls=2)
    assert deriver.tried == [f"This is number {10 * i}." for i in range(SAMPLE)]
    assert (found.jobs, found.calls) == (many, 2 * many)
    few, deriver = estimated(runtime, items(SAMPLE - 1))
    assert len(deriver.tried) == few.calls == SAMPLE - 1


def test_what_a_refused_stub_was_asked_counts(runtime: Runtime) -> None:
    """An error of ours ends one trial; an error of the program is raised."""
    found, _ = estimated(runtime, items(4), error=ModelError("no"))
    assert found.calls == 4
    with pytest.raises(ZeroDivisionError):
        estimated(runtime, items(1), error=ZeroDivisionError())


def test_dollars_need_a_price(runtime: Runtime) -> None:
    """With a price they are its cost, without one unknown, and zero when nothing is asked."""
    price = (0.15, 0.60)
    found, _ = estimated(runtime, items(4), price)
    assert found.usd == cost(price, found.tokens_in, found.tokens_out)
    assert found.usd
    assert estimated(runtime, items(4))[0].usd is None
    assert estimated(runtime, items(4), calls=0)[0].usd == 0.0


def test_without_a_model_nothing_costs(runtime: Runtime) -> None:
    """Rules read for nothing: no job is tried; nor is one of a system that derives nothing."""
    bare = Runtime(runtime.store, Words())
    found, deriver = estimated(bare, items(3))
    assert deriver.tried == []
    assert (found.items, found.jobs, found.calls, found.usd) == (3, 0, 0, 0.0)
    plain = estimate(runtime, lambda _: object(), items(3), None)
    assert plain == found


def test_an_estimate_is_plain_data(runtime: Runtime) -> None:
    """Every field by its name."""
    found, _ = estimated(runtime, items(1))
    names = ("items", "jobs", "calls", "tokens_in", "tokens_out", "usd")
    assert found.as_dict() == {name: getattr(found, name) for name in names}
