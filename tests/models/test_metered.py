"""The ledger and the hard limit around a model."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from combray.core.errors import BudgetExceeded, InputError, ModelError
from combray.core.ports import Call, ChatRequest, Completion
from combray.models.metered import Budget, Expenditure, Metered, read_budget
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


@pytest.mark.parametrize(
    ("given", "budget"),
    [
        (None, Budget()),
        (2, Budget(usd=2)),
        (0.5, Budget(usd=0.5)),
        (0, Budget(usd=0)),
        ({}, Budget()),
        ({"tokens": 9}, Budget(tokens=9)),
        ({"usd": None, "tokens": 0}, Budget(tokens=0)),
        ({"price": [1, 2]}, Budget(price=(1.0, 2.0))),
        (Budget(tokens=1), Budget(tokens=1)),
    ],
)
def test_a_budget_in_every_form(given: Any, budget: Budget) -> None:
    """A number is dollars; a mapping names what it limits; zero is a limit, None is none."""
    assert read_budget(given) == budget


def test_a_budget_of_nothing_asks_nobody() -> None:
    """Zero tokens or zero dollars refuse the first call."""
    for given in ({"tokens": 0}, {"usd": 0, "price": (1, 1)}):
        model = Says("x")
        chat, calls = metered(model, given)
        with pytest.raises(BudgetExceeded):
            chat.complete(REQUEST)
        assert (model.calls, calls) == (0, [])


def test_what_costs_nothing_needs_no_dollars() -> None:
    """A model whose price is zero goes on for ever within a budget of dollars."""
    chat, calls = metered(Says(Completion("x", 10, 1)), {"usd": 0, "price": (0.0, 0.0)})
    for _ in range(3):
        chat.complete(REQUEST)
    assert [call.usd for call in calls] == [0.0] * 3


def test_two_models_share_what_is_spent() -> None:
    """One budget for both: what one used the other has not."""
    spending = Expenditure(Budget(tokens=80))
    calls: list[Call] = []
    one, other = (Metered(Says(Completion("x", 20, 5)), calls.append, spending) for _ in range(2))
    one.complete(REQUEST)
    other.complete(REQUEST)
    with pytest.raises(BudgetExceeded, match="50 of 80"):
        one.complete(ChatRequest(system="s", step="t", messages=REQUEST.messages, max_tokens=40))
    assert len(calls) == 2


def test_a_failed_call_costs_what_was_sent() -> None:
    """The answer that did not come is given back; the question was paid for."""
    chat, calls = metered(Says(ConnectionError("gone")), {"tokens": 1000})
    with pytest.raises(ModelError):
        chat.complete(REQUEST)
    assert calls[0].tokens_out == 0
    assert calls[0].tokens_in > 0
    assert chat._spending._tokens == calls[0].tokens_in


def test_a_model_that_answers_more_than_allowed_is_counted_in_full() -> None:
    """The limit is then overdrawn once, and holds from there on."""
    chat, calls = metered(Says(Completion("x", 5, 500)), {"tokens": 100})
    chat.complete(REQUEST)
    assert calls[0].tokens_out == 500
    with pytest.raises(BudgetExceeded, match="505 of 100"):
        chat.complete(REQUEST)


def test_an_interruption_is_in_the_ledger_and_goes_on_up() -> None:
    """It is no error of the model's, but the call was made."""
    chat, calls = metered(Says(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        chat.complete(REQUEST)
    assert [call.outcome for call in calls] == ["failed"]


def test_threads_never_overdraw_together() -> None:
    """Each call holds back its worst before it is made: of twenty at once only some are."""
    together = threading.Barrier(20)
    chat, calls = metered(Says(Completion("x", 20, 5)), {"tokens": 130})
    refused = []

    def ask() -> None:
        together.wait(20)
        try:
            chat.complete(REQUEST)
        except BudgetExceeded:
            refused.append(1)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(call.tokens_in + call.tokens_out for call in calls) <= 130
    assert len(calls) + len(refused) == 20
    assert calls
    assert refused


def test_a_nameless_model_is_called_like_its_class() -> None:
    """The ledger has a name for every row."""

    class Mine:
        def complete(self, request: ChatRequest) -> str:
            """Anything."""
            return "x"

    calls: list[Call] = []
    chat = Metered(Mine(), calls.append)  # type: ignore[arg-type]
    chat.complete(REQUEST)
    chat.close()
    assert (chat.name, calls[0].model) == ("Mine", "Mine")


def test_closing_ends_a_client_and_leaves_a_users_object_alone() -> None:
    """Only what we opened is ours to close."""

    class Closing(Says):
        def close(self) -> None:
            """Must not be called."""
            raise AssertionError

    metered(Closing("x"))[0].close()
