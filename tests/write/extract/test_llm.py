"""The judgements by a model: what it is shown, and what of its answer is believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from combray.core.errors import ModelError
from combray.core.items import Item, Scope
from combray.core.ports import ChatRequest
from combray.models.structured import Asker
from combray.recall.runtime.neighbours import Neighbour
from combray.write.extract.base import NONE, SUPERSEDE, Mention, Statement
from combray.write.extract.llm import LLMExtractor, numbered, shown

DAY = 86_400_000_000
EMPTY = {"subject": None, "relation": None, "object": None, "valid_from": None, "valid_to": None}


class Says:
    """A model that answers the same to everything, and keeps what it was asked."""

    name = "says"

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[ChatRequest] = []

    def complete(self, request: ChatRequest, /) -> str:
        """The answer it was given."""
        self.asked.append(request)
        return json.dumps(self.answer)

    @property
    def data(self) -> Any:
        """What it was shown last."""
        return json.loads(self.asked[-1].messages[1]["content"])


def judge(answer: Any) -> tuple[LLMExtractor, Says]:
    """An extractor that asks a model with one answer."""
    model = Says(answer)
    return LLMExtractor(Asker(chat=model, system="test")), model


def turn(text: str, day: int = 0, **fields: Any) -> Item:
    """A turn of Ann's on a day."""
    given = {"id": text, "kind": "turn", "role": "user", "name": "Ann", **fields}
    return Item(text=text, scope=Scope("u1"), first_at_us=day * DAY, last_at_us=day * DAY, **given)


def near(*texts: str) -> list[Neighbour]:
    """What stands already."""
    return [Neighbour(turn(text), 0.9) for text in texts]


def test_items_are_shown_under_numbers_with_who_and_when() -> None:
    """Nothing else of them goes out, ids neither; without a name the role says who."""
    items = [turn("a"), turn("b", day=1, name=None)]
    assert shown(items) == [
        {"n": 1, "who": "Ann", "when": "1970-01-01T00:00:00Z", "text": "a"},
        {"n": 2, "who": "user", "when": "1970-01-02T00:00:00Z", "text": "b"},
    ]


@pytest.mark.parametrize("number", [0, -1, 3, "1", None, 1.0])
def test_a_number_that_was_not_shown_is_refused(number: Any) -> None:
    """Only the whole numbers of what was shown; the answer is kept with the error."""
    with pytest.raises(ModelError, match="not shown") as caught:
        numbered(["a", "b"], number, {"x": 1})
    assert "'x': 1" in str(caught.value.raw)


def test_a_statement_of_several_turns_has_the_speaker_they_share() -> None:
    """Two speakers leave it without one; its sources are cited once, in the answer's order."""
    entry = {**EMPTY, "text": "They met.", "sources": [2, 1, 2]}
    extractor, _ = judge({"statements": [entry]})
    one, other = turn("a", day=3), turn("b", day=1)
    (together,) = extractor.extract([one, other])
    assert (together.speaker, together.sources) == ("Ann", (other, one))
    assert together.start == DAY
    (apart,) = extractor.extract([one, turn("b", name="Bob")])
    assert apart.speaker is None


@pytest.mark.parametrize("missing", ["subject", "relation", "object"])
def test_a_triple_that_is_not_whole_is_left_out(missing: str) -> None:
    """The words stand without it."""
    triple = {"subject": "Ann", "relation": "lives in", "object": "Rome", missing: " "}
    extractor, _ = judge({"statements": [{**EMPTY, **triple, "text": "x y", "sources": [1]}]})
    (each,) = extractor.extract([turn("a")])
    assert dict(each.about) == {}


def test_a_decision_names_its_target_by_number() -> None:
    """SUPERSEDE and NONE need one; without words of its own the statement's stand."""
    for op in (SUPERSEDE, NONE):
        extractor, model = judge({"op": op, "target": 2, "text": None, "why": "so"})
        beside = near("a", "b")
        decision = extractor.decide(Statement(text="new", sources=(), start=DAY), beside)
        assert (decision.op, decision.target, decision.why) == (op, beside[1].item, "so")
        assert decision.text == "new"
        assert model.data["statement"] == {
            "who": None,
            "when": "1970-01-02T00:00:00Z",
            "text": "new",
        }
        assert [m["text"] for m in model.data["memories"]] == ["a", "b"]


def test_a_summary_asks_for_fewer_words_than_tokens_and_cites_what_it_says() -> None:
    """Sources are those it names, each once; without any, all that were shown."""
    extractor, model = judge({"text": " Ann has a cat. ", "sources": [2, 2]})
    items = [turn("a"), turn("b")]
    summary = extractor.summarise(items, 50)
    assert (summary.text, summary.sources) == ("Ann has a cat.", (items[1],))
    assert model.data["words"] == 30
    extractor, _ = judge({"text": "Ann has a cat.", "sources": []})
    assert extractor.summarise(items, 50).sources == tuple(items)


def test_an_empty_summary_is_refused() -> None:
    """Nothing said is no summary."""
    extractor, _ = judge({"text": "  ", "sources": [1]})
    with pytest.raises(ModelError, match="0 tokens"):
        extractor.summarise([turn("a")], 50)


def test_nobody_is_asked_about_nothing() -> None:
    """No items, no neighbours, no names: no call."""
    extractor, model = judge({})
    assert extractor.segment([]) == []
    assert extractor.related("x", []) == []
    assert extractor.decide(Statement(text="x", sources=()), []).op == "ADD"
    mention = Mention(name="ibm", said="IBM.")
    assert extractor.same([], [mention]) == extractor.same([mention], []) == []
    assert model.asked == []


def test_names_that_are_one_come_in_pairs_of_what_was_shown() -> None:
    """Each by its number, with the sentence it stands in; another number is refused."""
    new, known = [Mention(name="big blue", said="x")], [Mention(name="ibm", said="y")]
    extractor, model = judge({"same": [{"new": 1, "known": 1}]})
    assert extractor.same(new, known) == [(new[0], known[0])]
    assert model.data == {
        "new": [{"n": 1, "name": "big blue", "said": "x"}],
        "known": [{"n": 1, "name": "ibm", "said": "y"}],
    }
    extractor, _ = judge({"same": [{"new": 1, "known": 2}]})
    with pytest.raises(ModelError, match="not shown"):
        extractor.same(new, known)


@pytest.mark.parametrize(
    "step",
    [
        lambda each: each.extract([turn("a")]),
        lambda each: each.decide(Statement(text="x", sources=()), near("a")),
        lambda each: each.summarise([turn("a")], 50),
        lambda each: each.segment([turn("a")]),
        lambda each: each.gist(turn("a")),
        lambda each: each.related("x", near("a")),
        lambda each: each.same([Mention(name="a", said="")], [Mention(name="b", said="")]),
    ],
    ids=["extract", "decide", "summarise", "segment", "gist", "related", "same"],
)
def test_an_answer_of_another_shape_is_refused_by_each(step: Any) -> None:
    """It is asked once more with what is wrong, then ModelError with what it said."""
    extractor, model = judge({"nonsense": True})
    with pytest.raises(ModelError) as caught:
        step(extractor)
    assert "nonsense" in str(caught.value.raw)
    assert len(model.asked) == 2
