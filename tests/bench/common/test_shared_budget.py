"""One model for a whole comparison: asked once for each question, held to one limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from combray.bench.common.shared_budget import SharedBudget
from combray.core.errors import BudgetExceeded
from combray.core.ports import ChatRequest, Completion
from combray.models.metered import Expenditure, read_budget
from combray.models.openai_chat import OpenAIChat


class Counting:
    """A model that answers with the number of its call, and may be told to fail."""

    name = "counting"

    def __init__(self, mark: str = "") -> None:
        self.calls, self.mark, self.fails = 0, mark, False

    def __repr__(self) -> str:
        return f"Counting({self.mark})"

    def complete(self, request: ChatRequest, /) -> str:
        """The next number, for 10 tokens in and 5 out."""
        if self.fails:
            raise RuntimeError("no line")
        self.calls += 1
        return Completion(f"answer {self.calls}", 10, 5)


def request(text: str = "Where?", step: str = "answer", most: int = 20) -> ChatRequest:
    """A question of one message."""
    return ChatRequest(
        system="reader",
        step=step,
        messages=[{"role": "user", "content": text}],
        max_tokens=most,
    )


def shared(chat: Any, budget: Any = None, kept: str = "set") -> SharedBudget:
    """The model under a limit."""
    return SharedBudget(chat, Expenditure(read_budget(budget)), kept)


def test_a_question_is_paid_once() -> None:
    """The same words get the same answer with its tokens; the model is not asked again."""
    chat = Counting()
    model = shared(chat)
    first, second = model.complete(request()), model.complete(request())
    assert first == second == "answer 1"
    assert (second.tokens_in, second.tokens_out) == (10, 5)
    assert (chat.calls, model.again, len(model.calls)) == (1, 1, 1)


@pytest.mark.parametrize(
    "other",
    [request("When?"), request(step="extract"), request(most=21)],
    ids=["text", "step", "most"],
)
def test_another_question_is_asked(other: ChatRequest) -> None:
    """Other words, another step or another length of answer is another question."""
    chat = Counting()
    model = shared(chat)
    model.complete(request())
    assert model.complete(other) == "answer 2"
    assert (chat.calls, model.again) == (2, 0)


def test_what_was_paid_outlives_an_interruption() -> None:
    """The next comparison with an equal model finds the answers; another model does not."""
    first = shared(Counting("x"))
    first.complete(request())
    first.close(done=False)
    chat, stranger = Counting("x"), Counting("y")
    assert shared(chat).complete(request()) == "answer 1"
    assert chat.calls == 0
    shared(stranger).complete(request())
    shared(chat, kept="other set").complete(request())
    assert (stranger.calls, chat.calls) == (1, 1)


def test_when_done_no_word_is_left(own_cache: Path) -> None:
    """Answers are kept until the comparison is done, and no longer."""
    model = shared(Counting())
    model.complete(request())
    assert len(list((own_cache / "bench").iterdir())) == 1
    model.close(done=True)
    assert list((own_cache / "bench").iterdir()) == []


def test_two_models_share_one_limit() -> None:
    """What one has spent the other cannot; a kept answer costs nothing and is still given."""
    spending = Expenditure(read_budget({"tokens": 60}))
    one, two = (
        SharedBudget(Counting("a"), spending, "a"),
        SharedBudget(Counting("b"), spending, "b"),
    )
    one.complete(request())
    two.complete(request())
    with pytest.raises(BudgetExceeded, match="of 60"):
        one.complete(request("Where? " * 60))
    assert two.complete(request()) == "answer 1"


def test_a_failed_call_leaves_no_answer() -> None:
    """The error goes up, and the question is asked again the next time."""
    chat = Counting()
    model = shared(chat)
    chat.fails = True
    with pytest.raises(Exception, match="no line"):
        model.complete(request())
    chat.fails = False
    assert model.complete(request()) == "answer 1"
    assert model.again == 0


def test_the_price_is_the_budget_s_own() -> None:
    """A memory is told the price and not the limit; without a price it is told nothing."""
    priced = shared(Counting(), {"usd": 5, "price": (1.0, 2.0)})
    assert priced.price == (1.0, 2.0)
    assert priced.budget == {"price": (1.0, 2.0)}
    free = shared(Counting())
    assert (free.price, free.budget, free.name) == (None, None, "counting")
    assert repr(free) == "Counting()"


def test_a_client_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection of a client of ours is closed with it; an object of the user's is left."""
    closed: list[OpenAIChat] = []
    monkeypatch.setattr(OpenAIChat, "close", lambda chat: closed.append(chat))
    chat = OpenAIChat("fake", base_url="http://127.0.0.1:9/v1", api_key="none")
    shared(chat).close(done=False)
    shared(Counting()).close(done=True)
    assert closed == [chat]
