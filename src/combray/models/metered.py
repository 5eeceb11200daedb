"""A model whose calls are recorded in a ledger and kept within a hard limit.

Before a call the limit is checked against the most it can cost: the request, and an answer of the
greatest allowed length. A call that could exceed the limit is refused.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from combray.core.errors import BudgetExceeded, CombrayError, InputError, ModelError, quoted
from combray.core.ports import Call, ChatModel, ChatRequest, Completion
from combray.core.text import count_tokens
from combray.core.time import now
from combray.models.openai_chat import OpenAIChat, tokens_of
from combray.models.prices import Price, cost, price_of

_FOREIGN = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    ArithmeticError,
    AssertionError,
)
"""What an object of the user's may raise; it becomes a ModelError."""


_REFUSED = "It was not made and nothing was changed. Raise the budget and consolidate again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most that may be spent while a memory is open, in US dollars or tokens or both.

    `price` is US dollars for a million tokens in and out, where ours is missing or wrong.
    """

    usd: float | None = None
    tokens: int | None = None
    price: Price | None = None


def read_budget(given: Any) -> Budget:
    """A budget of dollars, or of a mapping with `usd`, `tokens`, `price`; InputError otherwise."""
    if given is None or isinstance(given, Budget):
        return given or Budget()
    if isinstance(given, int | float) and not isinstance(given, bool):
        given = {"usd": given}
    if not isinstance(given, Mapping) or not set(given) <= {"usd", "tokens", "price"}:
        raise InputError(
            "budget must be US dollars, or a mapping with usd, tokens or price, not "
            f"{quoted(given)}."
        )
    for name in ("usd", "tokens"):
        value = given.get(name)
        if value is not None and (isinstance(value, bool) or not value >= 0):
            raise InputError(f"budget {name} must be a number from 0, not {quoted(value)}.")
    price = given.get("price")
    if price is not None and len(price) != 2:
        raise InputError("budget price must be (dollars in, dollars out) for a million tokens.")
    return Budget(
        usd=given.get("usd"),
        tokens=given.get("tokens"),
        price=None if price is None else (float(price[0]), float(price[1])),
    )


class Expenditure:
    """What was spent of one budget, by one model or by several."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._lock = threading.Lock()
        self._tokens, self._usd = 0, 0.0

    def reserve(self, tokens: int, usd: float) -> None:
        """Hold back the worst that a call can cost; BudgetExceeded when that is too much."""
        limit = self.budget
        with self._lock:
            if limit.tokens is not None and self._tokens + tokens > limit.tokens:
                raise BudgetExceeded(
                    f"The call could take {tokens} tokens; {self._tokens} of {limit.tokens} are "
                    f"spent. {_REFUSED}"
                )
            if limit.usd is not None and self._usd + usd > limit.usd:
                raise BudgetExceeded(
                    f"The call could cost ${usd:.4f}; ${self._usd:.4f} of ${limit.usd:.2f} are "
                    f"spent. {_REFUSED}"
                )
            self._tokens += tokens
            self._usd += usd

    def settle(self, tokens: int, usd: float) -> None:
        """Add the difference between the actual and the reserved cost of a call."""
        with self._lock:
            self._tokens += tokens
            self._usd += usd


class Metered:
    """A model behind the ledger.

    Raises BudgetExceeded before a call that could go over the budget, and ModelError for whatever
    an object of the user's raises. Several models may share one `Expenditure`.
    """

    def __init__(
        self,
        chat: ChatModel,
        record: Callable[[Call], None],
        budget: Budget | Expenditure | None = None,
    ) -> None:
        self.name = str(getattr(chat, "name", type(chat).__name__))
        self._spending = (
            budget if isinstance(budget, Expenditure) else Expenditure(budget or Budget())
        )
        self.budget = self._spending.budget
        self.price = self.budget.price or _price(chat, self.name)
        if self.budget.usd is not None and self.price is None:
            raise InputError(
                f"No price is known for the model {self.name!r}, so a budget in dollars cannot be "
                "kept. Give budget={'usd': …, 'price': (in, out)}, or a budget of tokens."
            )
        self._chat = chat
        self._record = record

    def complete(self, request: ChatRequest, /) -> Completion:
        """The answer, entered in the ledger with what it cost."""
        worst_in, worst_out = tokens_of(request), request.max_tokens
        worst = worst_in + worst_out, cost(self.price, worst_in, worst_out) or 0.0
        self._spending.reserve(*worst)
        began, at, outcome = time.perf_counter(), now(), "failed"
        tokens_in, tokens_out = worst_in, 0
        try:
            answer = self._ask(request, worst_in)
            tokens_in, tokens_out, outcome = answer.tokens_in, answer.tokens_out, "ok"
        except CombrayError as error:
            outcome = type(error).__name__
            raise
        finally:
            usd = cost(self.price, tokens_in, tokens_out)
            self._spending.settle(tokens_in + tokens_out - worst[0], (usd or 0.0) - worst[1])
            self._record(
                Call(
                    at_us=at,
                    tenant=request.tenant,
                    system=request.system,
                    step=request.step,
                    model=self.name,
                    tokens_in=tokens_in,
                    tokens_out=tokens_out,
                    ms=round(1000 * (time.perf_counter() - began), 3),
                    usd=usd,
                    outcome=outcome,
                )
            )
        return answer

    def close(self) -> None:
        """Release the model's connections, if it has any."""
        if isinstance(self._chat, OpenAIChat):
            self._chat.close()

    def _ask(self, request: ChatRequest, tokens_in: int) -> Completion:
        try:
            text = self._chat.complete(request)
        except CombrayError:
            raise
        except _FOREIGN as error:
            raise ModelError(
                f"The model {self.name} raised {type(error).__name__}: {error}"
            ) from error
        if not isinstance(text, str):
            raise ModelError(
                f"The model {self.name} answered {type(text).__name__}; complete() must give text.",
                raw=quoted(text),
            )
        if isinstance(text, Completion):
            return text
        return Completion(text, tokens_in, count_tokens(text))


def _price(chat: ChatModel, name: str) -> Price | None:
    return chat.price if isinstance(chat, OpenAIChat) else price_of(name)
