"""The ledger: one row a call, totals that add up, and no word of what was said."""

from __future__ import annotations

from typing import Any

import pytest

from combray.core.ports import Call
from combray.core.time import to_datetime
from combray.store.engine import Engine
from combray.store.tables import ledger


def call(at: int, **fields: Any) -> Call:
    """A call with common values, but for those given."""
    given: dict[str, Any] = {
        "tenant": "u",
        "system": "mem0",
        "step": "extract",
        "model": "small",
        "tokens_in": 10,
        "tokens_out": 2,
        "ms": 1.5,
        "usd": 0.25,
    }
    return Call(at_us=at, **(given | fields))


def entered(engine: Engine, *calls: Call) -> None:
    """Enter calls in the order given."""
    for each in calls:
        ledger.record(engine, each)


def test_a_call_comes_back_as_it_was_entered(engine: Engine) -> None:
    """Every field survives, a price that is not known and a failure too."""
    odd = call(2**50, usd=None, outcome="ModelError", ms=0.1 + 0.2, tokens_out=0, tenant="日")
    entered(engine, odd)
    assert ledger.calls(engine) == [odd]


def test_the_newest_calls_come_first(engine: Engine) -> None:
    """In the order of their entry, whatever the clocks of the machines said; cut at the limit."""
    calls = [call(at) for at in (30, 10, 20)]
    entered(engine, *calls)
    assert [c.at_us for c in ledger.calls(engine)] == [20, 10, 30]
    assert [c.at_us for c in ledger.calls(engine, limit=2)] == [20, 10]
    assert ledger.calls(engine, limit=0) == []


def test_a_tenant_sees_its_own_calls(engine: Engine) -> None:
    """Another user's are neither listed nor added up; without a user all are."""
    entered(engine, call(1), call(2, tenant="v"), call(3, tenant=""))
    assert [c.at_us for c in ledger.calls(engine, "v")] == [2]
    assert [c.at_us for c in ledger.calls(engine, "")] == [3]
    assert ledger.calls(engine, "nobody") == []
    assert [row["calls"] for row in ledger.totals(engine, "u")] == [1]
    assert [row["calls"] for row in ledger.totals(engine)] == [3]


def test_totals_are_the_sums_of_the_calls(engine: Engine) -> None:
    """By system, step and model: calls, tokens, time, cost, the first and the last."""
    entered(
        engine,
        call(5, tokens_in=1, tokens_out=2, ms=0.5, usd=0.125),
        call(7, tokens_in=10, tokens_out=20, ms=1.25, usd=0.5),
    )
    (row,) = ledger.totals(engine)
    assert (row["calls"], row["tokens_in"], row["tokens_out"]) == (2, 11, 22)
    assert (row["ms"], row["usd"]) == (1.75, 0.625)
    assert (row["first"], row["last"]) == (to_datetime(5), to_datetime(7))
    assert (row["failed"], row["unpriced"]) == (0, 0)


@pytest.mark.parametrize("field", ["system", "step", "model"])
def test_each_system_step_and_model_has_its_row(engine: Engine, field: str) -> None:
    """Calls that differ in one of them are not added together; rows come sorted."""
    entered(engine, call(1, **{field: "b"}), call(2, **{field: "a"}), call(3, **{field: "b"}))
    rows = ledger.totals(engine)
    assert [(row[field], row["calls"]) for row in rows] == [("a", 1), ("b", 2)]


def test_what_has_no_price_is_counted_apart(engine: Engine) -> None:
    """`usd` adds up the known prices; without any it is None, which is not nothing."""
    entered(engine, call(1, usd=None), call(2, usd=0.25), call(3, usd=None))
    entered(engine, call(4, usd=None, model="other"), call(5, usd=0.0, model="own"))
    prices = {row["model"]: (row["usd"], row["unpriced"]) for row in ledger.totals(engine)}
    assert prices == {"small": (0.25, 2), "other": (None, 1), "own": (0.0, 0)}


def test_failed_calls_count_and_cost(engine: Engine) -> None:
    """A call that failed was made: it is in the sums, and counted as failed."""
    entered(engine, call(1, outcome="ModelError"), call(2))
    (row,) = ledger.totals(engine)
    assert (row["calls"], row["failed"], row["usd"]) == (2, 1, 0.5)


def test_an_empty_ledger_has_no_totals(engine: Engine) -> None:
    """Nothing asked is no row, not a row of zeros."""
    assert ledger.totals(engine) == []
    assert ledger.calls(engine) == []
