"""What a comparison will ask, before anybody is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from combray.bench.common.embedding import Clocked
from combray.bench.compare.forecast import Forecast, forecast
from combray.bench.datasets.form import Benchmark, Question
from combray.bench.measure.reader import Reader
from combray.bench.measure.runner import Contender, run
from combray.models.stub_model import StubModel
from tests.words import Words


def contender(system: str = "bm25", **more: Any) -> Contender:
    """A memory with an embedder of words."""
    return Contender(system=system, embedder=Clocked(Words()), **more)


@pytest.fixture
def answered(small: Benchmark) -> Benchmark:
    """The small set, with an answer to the first question of each person."""

    def known(question: Question) -> Question:
        return replace(question, answer="Misty") if question.id.endswith(":0") else question

    histories = [replace(h, questions=[*map(known, h.questions)]) for h in small.histories]
    return replace(small, histories=histories).only("all")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Forecast(0, 0, 0.0), "no model is asked"),
        (Forecast(1, 900, 0.5), "about 1 model call, 900 tokens, $0.50"),
        (Forecast(1200, 1_234_567, 12.345), "1,234,567 tokens, $12.3"),
        (Forecast(2, 10, None), "about 2 model calls, 10 tokens, of unknown price"),
    ],
)
def test_it_is_said_in_words(found: Forecast, said: str) -> None:
    """Calls, tokens and dollars; where nobody is asked, that."""
    assert said in str(found)


def test_memories_without_a_model_ask_nobody(answered: Benchmark) -> None:
    """No calls, no tokens, no dollars, whatever the prices."""
    free = forecast(answered, [contender(), contender("evidence")], (1.0, 1.0), None)
    assert free == Forecast(0, 0, 0.0)
    assert forecast(answered, [], None, None) == Forecast(0, 0, 0.0)


def test_a_reader_is_asked_once_for_each_question_it_can_be_judged_by(
    answered: Benchmark,
) -> None:
    """Two of the four questions have an answer; two memories make four calls."""
    reading = [
        contender(reader=Reader(StubModel())),
        contender("dense", reader=Reader(StubModel())),
    ]
    found = forecast(answered, reading, None, (10.0, 10.0))
    assert found.calls == 4
    assert found.usd == pytest.approx(found.tokens * 10 / 1e6, rel=0.01)
    unknown = forecast(answered, reading, None, None)
    assert (unknown.calls, unknown.usd) == (4, None)


def test_questions_that_nobody_can_judge_cost_nothing(small: Benchmark) -> None:
    """No question of the set has an answer."""
    found = forecast(small.only("all"), [contender(reader=Reader(StubModel()))], None, None)
    assert found == Forecast(0, 0, 0.0)


def test_the_estimate_is_near_to_what_is_asked(answered: Benchmark) -> None:
    """A memory that asks for each message: the calls of a whole run, by a model that counts."""
    asked = {"extractor": "llm"}
    chat = StubModel()
    found = forecast(answered, [contender("mem0", llm=chat, options=asked)], None, None)
    assert chat.calls == 0
    run(answered, contender("mem0", llm=chat, options=asked), resume=False)
    assert found.calls == pytest.approx(chat.calls, rel=0.3)
    assert found.tokens == pytest.approx(chat.tokens_in + chat.tokens_out, rel=0.3)


def test_a_longer_set_costs_more(answered: Benchmark) -> None:
    """What the beginning takes is multiplied by the messages of the whole."""
    asked = {"extractor": "llm"}
    one = replace(answered, histories=answered.histories[:1])
    single = forecast(one, [contender("mem0", llm=StubModel(), options=asked)], None, None)
    double = forecast(answered, [contender("mem0", llm=StubModel(), options=asked)], None, None)
    assert double.calls > 1.6 * single.calls


def test_prices_of_both_models_add_up(answered: Benchmark) -> None:
    """Each by its own; one without a price makes the sum unknown."""
    both = [
        contender("mem0", llm=StubModel(), options={"extractor": "llm"}, reader=Reader(StubModel()))
    ]
    llm = forecast(answered, both, (1e6, 1e6), (0.0, 0.0)).usd
    reader = forecast(answered, both, (0.0, 0.0), (1e6, 1e6)).usd
    whole = forecast(answered, both, (1e6, 1e6), (1e6, 1e6))
    assert llm is not None
    assert reader is not None
    assert whole.usd == pytest.approx(llm + reader) == pytest.approx(whole.tokens, rel=0.01)
    assert forecast(answered, both, (1.0, 1.0), None).usd is None
