"""The judgements: what the rules see, and that a model's word is checked."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from combray.core.errors import ModelError
from combray.core.items import Item, Scope
from combray.core.ports import ChatRequest
from combray.core.text import count_tokens, sentences
from combray.models.structured import Asker
from combray.recall.runtime.neighbours import Neighbour
from combray.recall.runtime.query_expansion import llm_cues
from combray.write.extract.base import ADD, NONE, SUPERSEDE, UPDATE, Decision, Statement
from combray.write.extract.llm import LLMExtractor
from combray.write.extract.rules import RulesExtractor, centrality
from tests.words import Words

DAY = 86_400_000_000
RULES = RulesExtractor(Words())


def turn(text: str, day: int = 0, name: str | None = "Ann", **fields: Any) -> Item:
    """A raw turn on a day."""
    given = {"id": f"{name}{day}{text[:9]}", "kind": "turn", "role": "user", **fields}
    return Item(
        text=text,
        name=name,
        scope=Scope("u1"),
        first_at_us=day * DAY,
        last_at_us=day * DAY,
        **given,
    )


def kept(statement: Statement, **fields: Any) -> Item:
    """A statement as it is stored."""
    return Item(
        id="old",
        text=statement.text,
        kind="memory",
        name=statement.speaker,
        valid_from_us=statement.start,
        metadata=dict(statement.about),
        sources=("raw",),
        scope=Scope("u1"),
        **fields,
    )


class Says:
    """A model that answers the same to everything."""

    name = "says"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def complete(self, request: ChatRequest) -> str:
        """The answer it was given."""
        return json.dumps(self.answer)


def asker(answer: Any) -> Asker:
    """Whoever asks that model."""
    return Asker(chat=Says(answer), system="test")


def test_sentences_are_found_in_any_script() -> None:
    """Stops of Latin and of Chinese end a sentence; titles and numbers do not."""
    text = "Dr. Lee paid 3.50 today. 我住在巴黎。我喜欢茶！\nReally?"
    assert [words for _, words in sentences(text)] == [
        "Dr. Lee paid 3.50 today.",
        "我住在巴黎。",
        "我喜欢茶！",
        "Really?",
    ]
    assert all(text[at:].startswith(words) for at, words in sentences(text))


def test_a_statement_is_a_sentence_that_says_something() -> None:
    """Questions and greetings state nothing; a functional fact comes with its triple."""
    said = RULES.extract([turn("Hi! I live in Paris. Do you ski? 我喜欢喝绿茶。")])
    assert [s.text for s in said] == ["I live in Paris.", "我喜欢喝绿茶。"]
    about = said[0].about
    assert (about["subject"], about["relation"], about["object"]) == ("Ann", "lives in", "Paris")
    assert said[0].speaker == "Ann"
    assert RULES.extract([turn("The result is 42 units.", role="tool")]) == []


@pytest.mark.parametrize(
    ("old", "new", "cosine", "op"),
    [
        ("I adopted a grey cat.", "I adopted a grey cat.", 1.0, NONE),
        ("I adopted a grey cat today.", "I adopted a grey cat.", 0.9, NONE),
        ("I adopted a grey cat.", "I adopted a grey cat today.", 0.9, UPDATE),
        ("I adopted a grey cat.", "I adopted a grey cat today.", 0.5, ADD),
        ("I adopted a grey cat.", "I sold my old boat.", 0.3, ADD),
        ("I live in Paris.", "I live in Rome.", 0.8, SUPERSEDE),
        ("I live in Paris.", "I live in Paris now.", 0.9, NONE),
    ],
)
def test_the_rules_decide(old: str, new: str, cosine: float, op: str) -> None:
    """By the same words, the same relation, or more words."""
    (before,), (after,) = RULES.extract([turn(old)]), RULES.extract([turn(new, day=9)])
    assert RULES.decide(after, [Neighbour(kept(before), cosine)]).op == op


def test_other_speakers_are_not_mixed() -> None:
    """The same words of somebody else are another statement."""
    (before,) = RULES.extract([turn("I adopted a grey cat.", name="Bob")])
    (after,) = RULES.extract([turn("I adopted a grey cat.", day=1)])
    assert RULES.decide(after, [Neighbour(kept(before), 1.0)]).op == ADD


def test_an_older_claim_of_the_same_value_is_kept() -> None:
    """A value that is said to hold from earlier on is news for its timeline."""
    (late,), (early,) = (
        RULES.extract([turn("I live in Rome.", day=9)]),
        RULES.extract([turn("I live in Rome.", day=2)]),
    )
    assert RULES.decide(early, [Neighbour(kept(late), 1.0)]).op == ADD


@pytest.mark.parametrize(
    ("old", "new", "op"),
    [
        (0, -5, ADD),
        (-5, 0, NONE),
        (None, -5, NONE),
        (None, 0, NONE),
        (-5, None, ADD),
        (0, None, ADD),
        (None, None, NONE),
    ],
)
def test_a_claim_from_before_1970_is_as_early_as_it_says(
    old: int | None, new: int | None, op: str
) -> None:
    """Times at and before 0 are ordered like others, and an open start is before them all."""
    (said,) = RULES.extract([turn("I live in Rome.")])
    before, after = replace(said, start=old), replace(said, start=new)
    assert RULES.decide(after, [Neighbour(kept(before), 1.0)]).op == op


def test_a_summary_is_made_of_the_texts_own_sentences_within_its_budget() -> None:
    """The central sentences come, in the order they were said, never over the tokens."""
    items = [
        turn("The garden has roses. It rained."),
        turn("Roses need water in the garden.", day=1),
        turn("My roses in the garden won a prize.", day=2, name="Bob"),
    ]
    for tokens in (0, 12, 25, 200):
        summary = RULES.summarise(items, tokens)
        assert count_tokens(summary.text) <= tokens
    assert "roses" in RULES.summarise(items, 12).text.lower()
    assert [item.id for item in RULES.summarise(items, 200).sources] == [i.id for i in items]
    assert np.argmax(centrality([["a"], ["a", "b"], ["b"], ["c"]])) == 1


def test_topics_are_cut_at_silences_and_cover_everything() -> None:
    """Every item is in exactly one run, in order; a day of silence is a cut."""
    items = [turn(f"We talk of roses, part {n}.", day=n // 3) for n in range(7)]
    topics = RULES.segment(items)
    assert [item for topic in topics for item in topic.items] == items
    starts = {topic.items[0].id for topic in topics}
    assert {items[3].id, items[6].id} <= starts
    assert "roses" in topics[0].title
    assert RULES.segment([]) == []


def test_a_gist_names_and_labels() -> None:
    """Names first, then content words; the context is the first sentence."""
    gist = RULES.gist(turn("Misty the cat sleeps. The cat dreams of the garden."))
    assert "misty" in gist.keywords[0]
    assert "cat" in gist.keywords
    assert gist.context == "Misty the cat sleeps."


def test_what_is_near_or_shares_a_name_is_related() -> None:
    """A cosine of .6 is enough alone, .4 with a name in common, less never."""
    near = [
        Neighbour(turn("Roses bloom."), 0.7),
        Neighbour(turn("I met Misty."), 0.5),
        Neighbour(turn("I met Rex."), 0.5),
        Neighbour(turn("I fed Misty."), 0.3),
    ]
    found = RULES.related("My cat Misty", near)
    assert [item.text for item in found] == ["Roses bloom.", "I met Misty."]


# ── a model ──────────────────────────────────────────────────────────────────────────────────────

EMPTY = {"subject": None, "relation": None, "object": None, "valid_from": None, "valid_to": None}


def test_a_model_reads_statements_with_triples_and_times() -> None:
    """Numbers become items, triples facts of the table of relations, ISO days times."""
    entry = {"text": "Ann lives in Rome.", "sources": [2], "valid_to": None}
    entry |= {
        "subject": "Ann",
        "relation": "lives_in",
        "object": "Rome",
        "valid_from": "1970-02-01",
    }
    items = [turn("Hello."), turn("Rome since February.", day=40)]
    (said,) = LLMExtractor(asker({"statements": [entry]})).extract(items)
    assert said.sources == (items[1],)
    assert (said.about["relation"], said.about["functional"]) == ("lives in", True)
    assert said.start == 31 * DAY


@pytest.mark.parametrize(
    "entry",
    [
        {"text": "x", "sources": [3], **EMPTY},
        {"text": "x", "sources": [0], **EMPTY},
        {"text": "x", "sources": [], **EMPTY},
        {"text": " ", "sources": [1], **EMPTY},
        {"text": "x", "sources": [1], **EMPTY, "valid_from": "soon"},
        {"text": "x", "sources": [1], **EMPTY, "valid_from": "2024", "valid_to": "2020-01-01"},
    ],
    ids=["not shown", "zero", "no source", "no words", "no time", "backwards"],
)
def test_a_statement_that_cannot_be_is_refused(entry: Any) -> None:
    """The whole answer fails, with the raw words kept."""
    with pytest.raises(ModelError) as caught:
        LLMExtractor(asker({"statements": [entry]})).extract([turn("a"), turn("b")])
    assert caught.value.raw


def test_a_model_decides_about_what_it_was_shown_alone() -> None:
    """Without neighbours nobody is asked; a target that was not shown is refused."""
    (new,) = RULES.extract([turn("I drink green tea.")])
    near = [Neighbour(turn("I drink coffee."), 0.6)]
    answer = {"op": "UPDATE", "target": 1, "text": "Ann drinks coffee and tea.", "why": "both"}
    extractor = LLMExtractor(asker(answer))
    assert extractor.decide(new, []) == Decision(op=ADD, text=new.text)
    decided = extractor.decide(new, near)
    assert (decided.op, decided.text) == (UPDATE, "Ann drinks coffee and tea.")
    for target in (2, None, -1):
        with pytest.raises(ModelError, match="not shown"):
            LLMExtractor(asker({**answer, "target": target})).decide(new, near)


def test_a_summary_over_its_budget_is_refused() -> None:
    """A model may not spend more tokens than it was given."""
    extractor = LLMExtractor(asker({"text": "word " * 50, "sources": [1]}))
    with pytest.raises(ModelError, match="tokens"):
        extractor.summarise([turn("a")], 20)
    assert LLMExtractor(asker({"text": "Short.", "sources": []})).summarise([turn("a")], 20).sources


def test_a_summary_that_is_too_long_is_cut_after_a_sentence() -> None:
    """Of three sentences those that fit are kept, and the model is not asked again."""
    long = {"text": f"Ann has a cat. Bob paints. {'word ' * 50}", "sources": [1]}
    assert LLMExtractor(asker(long)).summarise([turn("a")], 20).text == "Ann has a cat. Bob paints."


def test_an_update_without_words_loses_none() -> None:
    """A model that updates a memory and forgets to say to what has added to it."""
    answer = {"op": "UPDATE", "target": 1, "text": None, "why": "more"}
    near = [Neighbour(turn("Ann has a cat."), 0.9)]
    new = Statement(text="It is grey.", sources=())
    assert LLMExtractor(asker(answer)).decide(new, near).op == ADD


@pytest.mark.parametrize("starts", [[2], [1, 1], [1, 9], [], [2, 1]])
def test_topics_that_do_not_cover_the_messages_are_refused(starts: list[int]) -> None:
    """Runs begin at the first message and go up."""
    topics = [{"first": n, "title": "t"} for n in starts]
    with pytest.raises(ModelError, match="cover"):
        LLMExtractor(asker({"topics": topics})).segment([turn("a"), turn("b")])


def test_a_model_cuts_labels_and_links() -> None:
    """Topics, gists and relations come back as items and words."""
    items = [turn("a"), turn("b"), turn("c")]
    topics = [{"first": 1, "title": "x"}, {"first": 3, "title": "y"}]
    cut = LLMExtractor(asker({"topics": topics})).segment(items)
    assert [(topic.title, len(topic.items)) for topic in cut] == [("x", 2), ("y", 1)]
    gist = LLMExtractor(asker({"keywords": ["k"], "tags": [], "context": "c"})).gist(items[0])
    assert (gist.keywords, gist.context) == (("k",), "c")
    near = [Neighbour(item, 0.5) for item in items]
    assert LLMExtractor(asker({"related": [3, 1, 3]})).related("x", near) == [items[0], items[2]]


def test_clues_of_a_model_are_distinct_and_not_empty() -> None:
    """Blank and repeated clues are dropped."""
    cues = llm_cues(asker({"clues": ["grey cat", " ", "grey cat", "vet"]}), "Which pet?")
    assert [cue.text for cue in cues] == ["grey cat", "vet"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I can eat nuts.", "I can't eat nuts."),
        ("I like the new office.", "I do not like the new office."),
        ("We meet at 5 pm on Monday.", "We meet at 6 pm on Monday."),
        ("I paid 20 euros for the ticket.", "I paid 30 euros for the ticket."),
        ("Tom gave me a book.", "Tim gave me a book."),
        ("我喜欢猫。", "我不喜欢猫。"),
    ],
)
def test_what_differs_in_one_particular_is_another_statement(one: str, other: str) -> None:
    """However near their vectors are, a number, a name or a "not" makes two statements of them."""
    for first, second in ((one, other), (other, one)):
        near = [Neighbour(Item(id="1", text=first, name="Ann"), 0.99)]
        new = Statement(text=second, sources=(), speaker="Ann")
        assert RulesExtractor(Words()).decide(new, near).op == "ADD"
    again = Statement(text=one, sources=(), speaker="Ann")
    near = [Neighbour(Item(id="1", text=one, name="Ann"), 0.99)]
    assert RulesExtractor(Words()).decide(again, near).op == "NONE"
