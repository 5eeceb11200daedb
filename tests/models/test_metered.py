"""The ledger and the hard limit around a model."""

from __future__ import annotations

from typing import Any

import pytest

from combray.core.errors import BudgetExceeded, InputError, ModelError
from combray.core.ports import Call, ChatRequest, Completion
from combray.models.metered import Metered, read_budget
from combray.models.prices import cost, price_of

REQUEST = ChatRequest(
    system="mem0",
    step="decide",
    messages=[{"role": "user", "content": "hello there"}],
    tenant="u1",
    max_tokens=10,
)


class Says:
    """A model that answers the same, or raises."""

    def __init__(self, answer: Any, name: str = "says") -> None:
        self.name, self.answer, self.calls = name, answer, 0

    def complete(self, request: ChatRequest) -> Any:
        """The answer it was given."""
        self.calls += 1
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def metered(model: Says, budget: Any = None) -> tuple[Metered, list[Call]]:
    """A model behind a ledger that is a list."""
    calls: list[Call] = []
    return Metered(model, calls.append, read_budget(budget)), calls


def test_every_call_is_entered_with_who_what_and_how_much() -> None:
    """The row names system, step, tenant and model, and what the model counted."""
    chat, calls = metered(Says(Completion("yes", 12, 3), "gpt-4o-mini"))
    assert chat.complete(REQUEST) == "yes"
    (call,) = calls
    assert (call.system, call.step, call.tenant, call.model) == (
        "mem0",
        "decide",
        "u1",
        "gpt-4o-mini",
    )
    assert (call.tokens_in, call.tokens_out, call.outcome) == (12, 3, "ok")
    assert call.usd == pytest.approx((12 * 0.15 + 3 * 0.60) / 1e6)
    assert call.ms >= 0


def test_a_model_that_does_not_count_is_counted_for() -> None:
    """Plain text from an object of the user's is given an estimate; the price is not known."""
    chat, calls = metered(Says("four words are here"))
    chat.complete(REQUEST)
    assert calls[0].tokens_in > 0
    assert calls[0].tokens_out >= 4
    assert calls[0].usd is None


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (ModelError("no"), "ModelError"),
        (ConnectionError("gone"), "ModelError"),
        (None, "ModelError"),
    ],
    ids=["ours", "foreign", "no text"],
)
def test_a_failed_call_is_entered_and_is_an_error_of_ours(answer: Any, outcome: str) -> None:
    """Whatever the model raises, the ledger has the row and the caller has a ModelError."""
    chat, calls = metered(Says(answer))
    with pytest.raises(ModelError):
        chat.complete(REQUEST)
    assert [call.outcome for call in calls] == [outcome]


def test_a_call_that_could_go_over_is_not_made() -> None:
    """The worst case counts before the call; the refusal is not in the ledger."""
    model = Says(Completion("yes", 20, 5))
    chat, calls = metered(model, {"tokens": 40})
    chat.complete(REQUEST)
    with pytest.raises(BudgetExceeded, match="25 of 40"):
        chat.complete(REQUEST)
    assert model.calls == len(calls) == 1


def test_what_was_held_back_and_not_used_is_given_back() -> None:
    """After a short answer the rest of its allowance can be spent."""
    model = Says(Completion("yes", 1, 1))
    chat, _ = metered(model, {"tokens": 60})
    for _ in range(10):
        chat.complete(REQUEST)
    assert model.calls == 10


def test_a_budget_in_dollars_needs_a_price() -> None:
    """Without a known price it is refused at once; with one it holds."""
    with pytest.raises(InputError, match="No price is known"):
        metered(Says("x"), 1.0)
    chat, _ = metered(Says(Completion("x", 10, 1)), {"usd": 0.0001, "price": (1.0, 1.0)})
    assert chat.complete(REQUEST) == "x"
    chat, _ = metered(Says("x"), {"usd": 0.000001, "price": (1.0, 1.0)})
    with pytest.raises(BudgetExceeded, match=r"\$0\.00"):
        chat.complete(REQUEST)


@pytest.mark.parametrize(
    "wrong", [-1, True, "1", {"euro": 1}, {"tokens": -5}, {"usd": 1, "price": (1,)}]
)
def test_a_budget_that_is_none_is_refused(wrong: Any) -> None:
    """Negative, nameless or misnamed limits are InputErrors."""
    with pytest.raises(InputError):
        read_budget(wrong)


def test_prices_are_found_by_name_and_version() -> None:
    """A dated version has the price of its model, a longer name is another model."""
    assert price_of("gpt-4o-mini-2024-07-18") == price_of("gpt-4o-mini")
    assert price_of("gpt-4o") != price_of("gpt-4o-mini")
    assert price_of("gpt-4o-mini-fine") is None
    assert cost(None, 5, 5) is None
