"""The judgements by rule, each where it turns: what states, what is the same, where topics end."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from combray.core.items import Item, Scope
from combray.recall.runtime.neighbours import Neighbour
from combray.write.extract.base import ADD, NONE, SUPERSEDE, UPDATE, Mention, Statement
from combray.write.extract.rules import (
    GAP,
    LIKE,
    RELATED,
    SAME,
    SHARED,
    RulesExtractor,
    centrality,
)
from tests.words import Words

RULES = RulesExtractor(Words())


def turn(text: str, at: int = 0, **fields: Any) -> Item:
    """A turn of Ann's at a moment in microseconds."""
    given = {"id": f"{at} {text}", "kind": "turn", "role": "user", "name": "Ann", **fields}
    return Item(text=text, scope=Scope("u1"), first_at_us=at, last_at_us=at, **given)


def held(text: str, cosine: float, name: str | None = "Ann", **fields: Any) -> Neighbour:
    """What stands already, at a cosine."""
    return Neighbour(Item(id="old", text=text, kind="memory", name=name, **fields), cosine)


def said(text: str, speaker: str | None = "Ann", **fields: Any) -> Statement:
    """A new statement."""
    return Statement(text=text, sources=(turn(text),), speaker=speaker, **fields)


def value(of: str, start: int | None = 0, end: int | None = None) -> dict[str, Any]:
    """A stored value of where Ann lives."""
    about = {"subject": "Ann", "relation": "lives in", "object": of, "functional": True}
    return {"metadata": about, "valid_from_us": start, "valid_to_us": end, "sources": ("raw",)}


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("I like tea.", True),
        ("Do I like tea?", False),
        ('She asked "do you ski?"', False),
        ("你喜欢茶？", False),
        ("Hello!", False),
        ("我喜欢茶。", True),
    ],
)
def test_what_states(text: str, stated: bool) -> None:
    """A sentence of at least two content words that is no question, quoted or not."""
    assert bool(RULES.extract([turn(text)])) == stated


@pytest.mark.parametrize("role", ["tool", "function", "system", "developer"])
def test_machines_state_nothing(role: str) -> None:
    """Output of tools and prompts are not what somebody said."""
    assert RULES.extract([turn("I like green tea.", role=role)]) == []


def test_the_speaker_is_the_name_else_the_user() -> None:
    """An assistant without a name is nobody."""
    for fields, speaker in (
        ({}, "Ann"),
        ({"name": None}, "u1"),
        ({"name": None, "role": "assistant"}, None),
    ):
        (each,) = RULES.extract([turn("I like green tea.", **fields)])
        assert each.speaker == speaker


def test_a_statement_holds_when_its_turn_does() -> None:
    """Plain sentences take the span of the item they stand in, and cite it alone."""
    item = turn("I like green tea.", valid_from_us=3, valid_to_us=7)
    (each,) = RULES.extract([item])
    assert (each.start, each.end, each.sources) == (3, 7, (item,))


@pytest.mark.parametrize(
    ("cosine", "op"),
    [(SAME, NONE), (LIKE, ADD), (LIKE - 0.01, ADD)],
)
def test_like_vectors_without_the_words_are_the_same_only_when_very_like(
    cosine: float, op: str
) -> None:
    """From SAME on two sentences are one though each has a word of its own."""
    near = [held("I adopted a grey kitten.", cosine)]
    assert RULES.decide(said("I adopted a grey cat."), near).op == op


@pytest.mark.parametrize(
    ("old", "op"),
    [("I adopted a grey cat today.", NONE), ("I adopted a cat.", UPDATE), ("I sold a boat.", ADD)],
)
def test_words_that_hold_the_others_decide(old: str, op: str) -> None:
    """All new words known: NONE; all old words in the new: UPDATE to the longer; else ADD."""
    decision = RULES.decide(said("I adopted a grey cat."), [held(old, LIKE)])
    assert decision.op == op
    assert decision.text == (
        "I adopted a grey cat today." if op == NONE else "I adopted a grey cat."
    )


def test_below_like_words_do_not_count() -> None:
    """The same words far away in meaning are left as two."""
    near = [held("I adopted a grey cat.", LIKE - 0.01)]
    assert RULES.decide(said("I adopted a grey cat."), near).op == ADD


def test_another_speakers_words_are_passed_over() -> None:
    """The next neighbour of the same speaker is looked at instead."""
    near = [held("I adopted a cat.", 0.99, name="Bob"), held("I adopted a cat.", 0.9)]
    decision = RULES.decide(said("I adopted a cat."), near)
    assert decision.target is near[1].item


def test_another_value_of_a_relation_supersedes() -> None:
    """Whatever the cosine; the first that differs is the target."""
    (new,) = RULES.extract([turn("I live in Rome.")])
    near = [held("I live in Paris.", 0.1, **value("Paris"))]
    decision = RULES.decide(new, near)
    assert (decision.op, decision.target) == (SUPERSEDE, near[0].item)


@pytest.mark.parametrize(
    ("old", "op"),
    [
        (value("Rome", start=0), NONE),
        (value("rome", start=0), NONE),
        (value("Rome", start=5), NONE),
        (value("Rome", start=9), ADD),
        (value("Rome", start=0, end=3), ADD),
    ],
    ids=["stands", "case", "same moment", "later", "ended"],
)
def test_the_same_value_is_known_while_it_stands(old: dict[str, Any], op: str) -> None:
    """A claim from before it, or after it ended, is news for the timeline."""
    about = value("Rome")["metadata"]
    assert (
        RULES.decide(said("I live in Rome.", about=about, start=5), [held("x", 0.9, **old)]).op
        == op
    )


def test_what_is_of_no_relation_is_not_compared_with_values() -> None:
    """A plain statement beside a value is judged by its words alone."""
    near = [held("I live in Paris.", 0.5, **value("Paris"))]
    assert RULES.decide(said("I like Paris a lot."), near).op == ADD


@pytest.mark.parametrize(
    ("cosine", "text", "found"),
    [
        (RELATED, "Roses bloom.", True),
        (RELATED - 0.01, "Roses bloom.", False),
        (SHARED, "I met Misty.", True),
        (SHARED - 0.01, "I met Misty.", False),
    ],
)
def test_the_bounds_of_what_is_related(cosine: float, text: str, found: bool) -> None:
    """RELATED alone, SHARED with a name in common."""
    assert bool(RULES.related("My cat Misty", [held(text, cosine)])) == found


def test_rules_join_no_names() -> None:
    """What spelling leaves apart stays apart."""
    mention = Mention(name="ibm", said="IBM sells machines.")
    assert RULES.same([mention], [mention]) == []


def test_a_silence_longer_than_the_gap_is_a_cut() -> None:
    """Exactly the gap is none."""
    for silence, runs in ((GAP, 1), (GAP + 1, 2)):
        items = [turn("We talk of roses."), turn("We talk of roses.", silence)]
        assert len(RULES.segment(items)) == runs


def test_a_change_of_words_is_a_cut() -> None:
    """Where the vectors before and after differ most, without any silence."""
    items = [turn("roses roses roses", n) for n in range(4)]
    items += [turn("boats boats boats", n) for n in range(4, 8)]
    assert [len(topic.items) for topic in RULES.segment(items)] == [4, 4]


def test_a_summary_names_the_speakers_and_cites_what_it_uses() -> None:
    """A line for each sentence that was chosen; a turn of which none was chosen is not cited."""
    items = [turn("Roses need water.", 1), turn("Zzz.", 2), turn("Roses like water.", 3, name=None)]
    summary = RULES.summarise(items, 8)
    assert "Ann: Roses need water." in summary.text
    assert items[1] not in summary.sources
    assert RULES.summarise(items, 0).sources == ()
    assert RULES.summarise([], 50).text == ""


def test_a_title_is_of_content_words_without_speakers() -> None:
    """The most frequent words, the longer first among equals."""
    (topic,) = RULES.segment([turn("Ann said roses, Ann: roses and tulips user")])
    assert topic.title.split(", ") == ["roses", "tulips", "said"]


def test_a_gist_leaves_out_who_speaks() -> None:
    """The speaker's own name is no keyword; at most six, three of them tags."""
    gist = RULES.gist(turn("Ann met Misty and Rex near Oslo with seven brave friendly sailors."))
    assert "ann" not in gist.keywords
    assert len(gist.keywords) == 6
    assert gist.tags == gist.keywords[:3]


def test_centrality_is_what_a_text_shares() -> None:
    """A text without a word of the others shares nothing with them, an empty one nothing at all."""
    scores = centrality([["a", "b"], ["a"], ["c"], []])
    assert min(scores[:2]) > scores[2]
    assert scores[3] == 0
    assert np.isclose(centrality([["a"]])[0], 1)
    assert centrality([]).shape == (0,)


def test_centrality_is_the_same_to_the_bit_in_any_process() -> None:
    """No order of a set, which differs from process to process, decides between equal texts."""
    code = (
        "from combray.core.text import terms; "
        "from combray.write.extract.rules import centrality; "
        "places = 'Rome Paris Oslo Lima Cairo Delhi Quito Seoul Tunis Malta'.split(); "
        "texts = [terms(f'I saw {p} in the year {1990 + n} with Bob.') for n in range(2) "
        "for p in places]; "
        "print([each.hex() for each in centrality(texts).tolist()])"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12345"
    }
    assert len(told) == 1
