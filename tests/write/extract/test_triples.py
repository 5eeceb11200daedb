"""Open triples: what a rule reads, what a model may say, and the items they become."""

from __future__ import annotations

import json
from typing import Any

import pytest

from combray.core.errors import ModelError
from combray.core.items import Item, Scope
from combray.core.ports import ChatRequest
from combray.models.structured import Asker
from combray.write.extract.triples import (
    LONGEST,
    MOST,
    model_triples,
    phrase_item,
    phrase_of,
    rule_triples,
    triple_item,
)


def turn(text: str, **fields: Any) -> Item:
    """A turn of a user's."""
    given = {"id": "1", "kind": "turn", "scope": Scope("u"), "first_at_us": 5, "last_at_us": 9}
    return Item(text=text, **{**given, **fields})


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


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("Zork-Institute", "zork institute"),
        ("  ANN  Lee ", "ann lee"),
        ("東京。", "東京"),
        ("…", ""),
    ],
)
def test_a_phrase_is_lower_case_words_without_punctuation(name: str, phrase: str) -> None:
    """In any script; what has no word is empty."""
    assert phrase_of(name) == phrase


def test_the_first_name_is_the_subject_and_the_words_between_the_relation() -> None:
    """Every other name of the sentence is an object."""
    found = rule_triples(turn("Marie Curie was born in Warsaw and died in Passy."))
    assert found == [
        ("marie curie", "was born in", "warsaw"),
        ("marie curie", "and died in", "passy"),
    ]


def test_a_sentence_with_one_name_is_about_the_text() -> None:
    """Its subject is the title, or who speaks; without either there is no triple."""
    words = "The town lies on the Tagus."
    assert ("lisbon", "with", "tagus") in [
        (s, "with", o) for s, _, o in rule_triples(turn(words, metadata={"title": "Lisbon"}))
    ]
    assert {s for s, _, _ in rule_triples(turn(words, name="Ann"))} == {"ann"}
    assert rule_triples(turn(words)) == []


def test_what_a_sentence_names_goes_with_what_the_text_is_about() -> None:
    """A subject of its own is tied to the title by "with", so that the two are joined."""
    found = rule_triples(turn("Ann met Bob.", metadata={"title": "Picnic"}))
    assert ("picnic", "with", "ann") in found
    assert ("ann", "met", "bob") in found


def test_each_sentence_stands_for_itself() -> None:
    """Names of two sentences are not joined, and a triple is given once."""
    found = rule_triples(turn("Ann met Bob. Zork met Rex. Ann met Bob."))
    assert found == [("ann", "met", "bob"), ("zork", "met", "rex")]


def test_where_nothing_is_capitalised_nothing_is_found() -> None:
    """The rule reads names and knows them by their capitals."""
    assert rule_triples(turn("ann met bob in rome")) == []


def test_relations_and_counts_are_bounded() -> None:
    """A relation keeps its last LONGEST words, an item gives at most MOST triples."""
    between = " ".join(f"w{n}" for n in range(LONGEST + 5))
    ((_, relation, _),) = rule_triples(turn(f"Ann {between} Bob."))
    assert relation.split() == between.split()[-LONGEST:]
    crowd = ". ".join(f"Ann met Zork{n}" for n in range(MOST + 9))
    assert len(rule_triples(turn(crowd))) == MOST


def test_a_model_is_shown_what_is_known_and_its_triples_are_cleaned() -> None:
    """Title, speaker and text go out, where there are any; blanks and repeats are dropped."""
    answer = {"triples": [[" Ann ", "met", "Bob"], ["Ann", "met", "Bob"], ["Ann", " ", "Bob"]]}
    model = Says(answer)
    asker = Asker(chat=model, system="test")
    assert model_triples(asker, turn("Ann met Bob.", name="Ann")) == [("Ann", "met", "Bob")]
    shown = json.loads(model.asked[0].messages[1]["content"])
    assert shown == {"speaker": "Ann", "text": "Ann met Bob."}


def test_an_answer_of_another_form_is_refused() -> None:
    """ModelError, with what it answered."""
    asker = Asker(chat=Says({"facts": []}), system="test")
    with pytest.raises(ModelError):
        model_triples(asker, turn("Ann met Bob."))


def test_a_triple_is_a_fact_that_cites_its_item_and_holds_as_it_does() -> None:
    """Times, scope and source are those of the item; it is no value of a relation."""
    source = turn("Ann met Bob.", valid_from_us=5, valid_to_us=8, known_from_us=7)
    item = triple_item(("ann", "met", "bob"), source, actor="test/1")
    assert (item.kind, item.text, item.created_by) == ("fact", "ann met bob", "test/1")
    assert (item.sources, item.scope) == (("1",), source.scope)
    assert (item.valid_from_us, item.valid_to_us, item.known_from_us) == (5, 8, 7)
    about = item.metadata
    assert (about["subject"], about["relation"], about["object"]) == ("ann", "met", "bob")
    assert about["functional"] is False


def test_a_phrase_is_an_entity_that_cites_its_holders_once() -> None:
    """It spans the time of all that hold it."""
    holders = [turn("a", id="1"), turn("b", id="2", first_at_us=1, last_at_us=3), turn("a", id="1")]
    item = phrase_item("zork", holders, actor="test/1")
    assert (item.kind, item.text, item.sources) == ("entity", "zork", ("1", "2"))
    assert (item.first_at_us, item.last_at_us) == (1, 9)
