"""The seams: what a system, a model's answer and a call are."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime

from combray.core.ports import Call, Completion, Query


def test_an_answer_is_its_text() -> None:
    """It is compared, cut and written as text, and knows what it cost."""
    answer = Completion("two words", 7, 2)
    assert answer == "two words"
    assert json.dumps(answer) == '"two words"'
    assert (answer.tokens_in, answer.tokens_out) == (7, 2)
    assert type(answer.strip()) is str


def test_a_call_knows_its_moment() -> None:
    """As a datetime in UTC; without a price it costs None, not nothing."""
    call = Call(
        at_us=1_000_000, tenant="u", system="s", step="t", model="m", tokens_in=1, tokens_out=1,
        ms=1.0,
    )  # fmt: skip
    assert call.at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert (call.usd, call.outcome) == (None, "ok")


def test_a_query_is_a_value() -> None:
    """It can be sent to another process, and asks for ten of anything by default."""
    query = Query(text="who?")
    assert pickle.loads(pickle.dumps(query)) == query
    assert (query.limit, query.kinds, query.as_of, query.scope.tenant) == (10, None, None, "")
