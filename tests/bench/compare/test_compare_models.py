"""Comparing with a language model: what it costs is said first, kept to, and paid once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from combray import InputError
from combray.bench.compare import report_card
from combray.bench.compare.costs import Costs
from combray.bench.compare.forecast import Forecast
from combray.core.errors import BudgetExceeded, ModelError
from combray.models.stub_model import stub_answer
from combray.testing import FakeModelServer
from combray.testing.server import FAULTS, Asked
from tests.bench.compare.test_report_card import CHATS, written
from tests.words import Words

pytest.importorskip("openai", reason="the extra llm is not installed")
PRICE = (1000.0, 1000.0)


@pytest.fixture
def mine(tmp_path: Path) -> str:
    """A user's own file."""
    return written(tmp_path / "mine.jsonl", CHATS)


def good(asked: Asked) -> Any:
    """What a model answers that reads what it is shown."""
    if asked.step == "answer":
        return {"answer": "Misty" if "Misty" in asked.data["memories"] else "not known"}
    return stub_answer(asked.step, asked.schema, asked.data)


def compared(mine: str, server: FakeModelServer, **more: Any) -> dict[str, Any]:
    """The table of mem0 by a model."""
    given = {"systems": ["mem0", "bm25"], "extractor": "llm", "llm": server.chat(retries=0), **more}
    return report_card.compare(mine, embedder=Words(), **given)


def test_a_model_reads_every_message_before_it_is_measured(mine: str) -> None:
    """What the model made is in the memory that is asked; calls and the model are named."""
    with FakeModelServer(good) as server:
        table = compared(mine, server)
    rows = {row["system"]: row for row in table["rows"]}
    assert rows["mem0"]["calls"] > 0
    assert rows["bm25"]["calls"] == 0
    assert rows["mem0"]["R@5"] == 1
    assert "extractor llm (fake)" in table["note"]
    assert {asked.step for asked in server.asked} == {"extract", "decide"}


def test_what_it_costs_is_said_before_anybody_is_asked(mine: str) -> None:
    """The estimate comes first, and is near to what is then asked."""
    said: list[tuple[str, int]] = []
    with FakeModelServer(good) as server:
        compared(
            mine,
            server,
            reader=server.chat(),
            announce=lambda text: said.append((text, len(server.asked))),
        )
        asked = len(server.asked)
    ((text, before),) = said
    assert before == 0
    about = int(text.split("about ")[1].split()[0])
    assert abs(about - asked) <= 3
    assert text.startswith("Comparing 2 systems on 3 questions of 1 memory: ")


@pytest.mark.parametrize("budget", [{"usd": 0.01, "price": PRICE}, {"tokens": 500}])
def test_over_the_budget_nothing_is_asked(mine: str, budget: Any) -> None:
    """The estimate alone refuses; a budget in dollars without a price is refused as well."""
    with FakeModelServer(good) as server:
        with pytest.raises(BudgetExceeded, match="Nothing was asked"):
            compared(mine, server, budget=budget)
        assert server.asked == []


def test_a_budget_is_of_everything_together(mine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the estimate was too low, the limit stops the work, and both models share it."""
    monkeypatch.setattr(report_card, "forecast", lambda *_: Forecast(0, 0, 0.0))
    with FakeModelServer(good) as server:
        with pytest.raises(BudgetExceeded, match="of 3000"):
            compared(mine, server, reader=server.chat(), budget={"tokens": 3000})
        assert 0 < len(server.asked) < 6


def test_an_interrupted_comparison_pays_nothing_twice(
    mine: str, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers are kept until the table is whole; then no word of them is left."""
    whole = report_card.costs

    def interrupted(*_: Any) -> Costs:
        raise KeyboardInterrupt

    with FakeModelServer(good) as server:
        chat = server.chat()
        monkeypatch.setattr(report_card, "costs", interrupted)
        with pytest.raises(KeyboardInterrupt):
            compared(mine, server, llm=chat, reader=chat)
        paid = [json.dumps(asked.body) for asked in server.asked]
        assert list((own_cache / "bench").glob("*answers*"))
        monkeypatch.setattr(report_card, "costs", whole)
        table = compared(mine, server, llm=server.chat(), reader=server.chat())
        again = [json.dumps(asked.body) for asked in server.asked[len(paid) :]]
        assert paid
        assert not set(paid) & set(again)
        assert not list((own_cache / "bench").glob("*answers*"))
        asked = len(server.asked)
        assert compared(mine, server, reader=server.chat()) == table
        assert len(server.asked) == asked


def test_a_reader_is_named_with_its_prompt_judge_and_costs(mine: str) -> None:
    """The note says who answered, from what, judged how, and what it took."""
    with FakeModelServer(good) as server:
        table = compared(mine, server, systems=["bm25"], extractor="rules", reader=server.chat())
    (row,) = table["rows"]
    assert row["answer F1"] == pytest.approx(0.5)
    for words in ("2 questions: fake", "answer.md", "token F1", "2 calls", "tokens, $0.0000"):
        assert words in table["note"]


@pytest.mark.parametrize("fault", ["broken", "hostile", "wrong shape", "delete everything"])
def test_a_model_that_never_answers_ends_it(mine: str, fault: str) -> None:
    """No table is made of a memory that its model did not read, nor of answers there are none."""
    with FakeModelServer(lambda _: FAULTS[fault]) as server:
        with pytest.raises(ModelError):
            compared(mine, server)
        with pytest.raises(ModelError):
            compared(
                mine, server, systems=["bm25"], extractor="rules", reader=server.chat(retries=0)
            )


def test_a_model_that_fails_now_and_then_is_told_of(mine: str) -> None:
    """Jobs that failed twice and questions without an answer are in the note, not hidden."""

    def moody(asked: Asked) -> Any:
        told = str(asked.data.get("messages")) + str(asked.data.get("question"))
        return FAULTS["hostile"] if "Ada" in told else good(asked)

    with FakeModelServer(moody) as server:
        table = compared(mine, server, reader=server.chat())
    assert "1 job of the model failed twice" in table["note"]
    assert "got no answer" in table["note"]


def test_questions_without_answers_need_no_reader(tmp_path: Path) -> None:
    """Nothing could be judged, so nothing is asked."""
    path = written(tmp_path / "mine.jsonl", [*CHATS[:3], {"question": "x?", "evidence": ["m1"]}])
    with FakeModelServer(good) as server:
        with pytest.raises(InputError, match="has an answer"):
            compared(path, server, reader=server.chat())
        assert server.asked == []
