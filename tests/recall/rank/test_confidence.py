"""Confidence: does the memory hold an answer at all?"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.recall.answer.context import NOTHING
from combray.recall.query.query_context import QueryContext
from combray.recall.rank import linear
from combray.recall.rank.confidence import (
    CONTENT,
    FIRST,
    OF_COSINES,
    READ,
    SPEAKER,
    SPOKEN,
    confidence,
    likelihood,
    question_signals,
    weights,
)
from combray.recall.rank.features import NAMES, Candidates, score_candidates, scored
from combray.testing.story import STORY, messages
from tests.recall.contexts import context_of, cosines_of, filled, talked
from tests.words import Words


@pytest.fixture
def memory() -> Memory:
    """The story of two people."""
    made = Memory(embedder=Words())
    for session in dict.fromkeys(turn[0] for turn in STORY):
        made.add(messages(session), session_id=session)
    return made


def sure(memory: Memory, question: str) -> float:
    """How likely an answer is, as explain says."""
    return memory.explain(question).confidence


def test_an_empty_memory_holds_no_answer() -> None:
    """Nothing remembered, no confidence, and no error."""
    assert sure(Memory(embedder=Words()), "Who is allergic to cats?") == 0


def test_words_that_stand_nowhere_lower_it(memory: Memory) -> None:
    """A question about what was never spoken of is less sure than one about what was."""
    told = sure(memory, "Which pottery class did Bob start on Thursdays?")
    never = sure(memory, "Which submarine did Bob purchase from Norway?")
    assert 0 < never < told < 1


def test_what_somebody_else_said_lowers_it(memory: Memory) -> None:
    """Asked of the person who said it, a thing is surer than asked of the other."""
    assert sure(memory, "What grey cat did Ann adopt?") > sure(
        memory, "What grey cat did Bob adopt?"
    )


def test_a_search_abstains_when_it_is_not_sure_enough(memory: Memory) -> None:
    """Below the least confidence nothing is answered, and a context says so."""
    question = "What grey cat did Ann adopt?"
    least = sure(memory, question)
    assert memory.search(question, min_confidence=least) == memory.search(question)
    assert memory.search(question, min_confidence=1.0) == []
    assert memory.context(question, tokens=50, min_confidence=1.0).text == NOTHING


@pytest.mark.parametrize("least", [-0.1, 1.5, True, "much"])
def test_what_is_no_share_is_refused(memory: Memory, least: object) -> None:
    """The least confidence is a number from 0 to 1."""
    with pytest.raises(InputError, match="min_confidence"):
        memory.search("cat", min_confidence=least)


# ── the signals of a question ────────────────────────────────────────────────────────────────────

TALK = (
    ("Ann", "I adopted a grey cat."),
    ("Bob", "My boat leaks."),
    ("Ann", "The grey heron stands."),
    ("Bob", "A heron, a grey one."),
)


def ranked(context: QueryContext) -> tuple[Candidates, np.ndarray]:
    """The candidates of a question, and their z by the rule that ships."""
    found = score_candidates(context)
    return found, scored(found, linear.load(embedder=context.embedder.name))


def signals_of(context: QueryContext) -> dict[str, float]:
    """Every signal of a question by its name."""
    return question_signals(context, score_candidates(context))


def everywhere(context: QueryContext, name: str) -> list[float]:
    """A candidate's signal over all candidates."""
    return [float(v) for v in score_candidates(context).values[:, NAMES.index(name)]]


def test_the_greatest_cosine_is_that_of_the_question_as_it_is_put() -> None:
    """Of all candidates, with the names of speakers in the question."""
    context = context_of(talked(TALK), "Did Ann see the grey heron?")
    told = signals_of(context)
    cosines = cosines_of(context, np.arange(4))
    assert told["dense"] == pytest.approx(cosines.max())
    assert told["dense"] != pytest.approx(max(everywhere(context, "dense")))


def rare(count: float, size: int, common: bool = False) -> float:
    """The rarity of a word in so many of so many texts, beside a hundred others."""
    return math.log1p((size + 100) / max(count + 10 * common, 0.5))


def test_words_count_by_their_rarity() -> None:
    """The share that the best candidate holds; what stands nowhere is the rarest."""
    context = context_of(filled("grey cat", "grey heron", "grey dog"), "grey heron boat")
    grey, heron, boat = rare(3, 3), rare(1, 3), rare(0, 3)
    told = signals_of(context)
    assert told["coverage"] == pytest.approx((grey + heron) / (grey + heron + boat))
    assert told["rarest_found"] == 0


def test_the_coverage_is_that_of_the_best_of_twelve(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first may hold less than another; where one is read, it is that of the first."""
    said = ("heron boat", "grey boat", "grey heron boat cat dog mouse fish bird stone tree")
    context = context_of(filled(*said), "grey heron boat")
    assert signals_of(context)["coverage"] == 1
    monkeypatch.setattr("combray.recall.rank.confidence.READ", 1)
    assert 0 < signals_of(context)["coverage"] < 0.7
    assert READ == 12


def test_a_turn_is_covered_by_those_beside_it() -> None:
    """What the turn before and after say is said with it; notes that stand alone have none."""
    said = ("A boat.", "A heron.", "A grey one.", "It rained.")
    talk = talked([("Ann", text) for text in said])
    assert signals_of(context_of(talk, "grey heron boat"))["coverage"] == 1
    notes = signals_of(context_of(filled(*said), "grey heron boat"))["coverage"]
    assert notes == pytest.approx(1 / 3)


def test_what_is_asked_about_is_named_or_not() -> None:
    """The share of its topics, weighted by rarity, that none of the first five names."""
    memory = filled("The payments service is owned by Dmitri.", "The boat leaks.")
    service, billing = rare(1, 2), rare(0, 2)
    for question, share in (
        ("Who owns the payments service?", 0),
        ("Who owns the billing service?", billing / (billing + service)),
        ("Who owns the billing office?", 1),
        ("Who leaks?", 0),
        ("Who travels with me?", 0),
    ):
        assert signals_of(context_of(memory, question))["unnamed"] == pytest.approx(share), question


def test_the_turn_beside_it_may_name_it_and_the_sixth_may_not() -> None:
    """Neighbours of the first five count; what stands further down does not."""
    talk = talked([("Ann", "The payments service."), ("Bob", "Dmitri owns it.")])
    assert signals_of(context_of(talk, "Who owns the payments service?"))["unnamed"] == 0
    late = filled(
        *(f"The grey heron of the harbour {n}." for n in range(8)), "A long tale of a boat."
    )
    question = "Where is the grey heron of the harbour with a boat?"
    assert signals_of(context_of(late, question))["unnamed"] > 0.3


def test_what_a_note_that_stands_alone_does_not_name_counts_twice() -> None:
    """The same share again for notes and titled passages, and nothing for turns."""
    question = "Who fed the grey heron in the harbour?"
    notes = signals_of(context_of(filled("A grey heron.", "It rained."), question))
    assert notes["unnamed_alone"] == notes["unnamed"] > 0
    talk = signals_of(context_of(talked(TALK), question))
    assert talk["unnamed"] > 0 == talk["unnamed_alone"]


def test_when_and_common_words_are_no_topic() -> None:
    """A day that is asked about, and words of questions, need not be named."""
    memory = talked(TALK)
    for question in ("Who saw the heron on May 30, 2024?", "Who saw the heron in our discussion?"):
        assert signals_of(context_of(memory, question))["unnamed"] == 0, question
    assert signals_of(context_of(memory, "Who saw the heron in the harbour?"))["unnamed"] > 0


def test_a_common_verb_tells_little_where_little_is_remembered() -> None:
    """It counts as if it stood in every tenth of a hundred other texts."""
    told = signals_of(context_of(filled("I need a boat.", "It rained."), "Do I need a heron?"))
    need, heron = rare(1, 2, common=True), rare(0, 2)
    assert told["coverage"] == pytest.approx(need / (need + heron))
    assert told["coverage"] < 1 / 3
    boat = signals_of(context_of(filled("I need a boat.", "It rained."), "Is the boat a heron?"))
    assert boat["coverage"] > told["coverage"]


def test_the_gap_is_from_the_first_to_the_fifth() -> None:
    """How far the best candidate stands out; of one candidate it is nothing."""
    context = context_of(filled(*(f"heron {n}" for n in range(9))), "heron 7")
    _, z = ranked(context)
    best = sorted(z, reverse=True)
    assert signals_of(context)["gap"] == pytest.approx(best[0] - best[FIRST - 1])
    assert signals_of(context_of(filled("heron"), "heron"))["gap"] == 0


def test_the_rarest_word_is_looked_for_among_the_first() -> None:
    """One that stands nowhere is the rarest; else it is there when a first candidate holds it."""
    said = ["heron boat", *(f"grey grey grey {n}" for n in range(9))]
    assert signals_of(context_of(filled(*said), "grey boat"))["rarest_found"] == 1
    assert signals_of(context_of(filled(*said), "grey boat submarine"))["rarest_found"] == 0
    tale = "a long tale of a boat that went on and on over many a wide sea with nothing grey"
    late = filled(*(f"grey grey heron {n}" for n in range(8)), tale)
    assert signals_of(context_of(late, "grey heron boat"))["rarest_found"] == 0, "it is the ninth"


def test_names_and_numbers_that_the_first_do_not_hold_are_counted() -> None:
    """Words with a capital that do not open the question, and numbers; speakers and dates not."""
    memory = filled("The Heron Hotel has 40 rooms.", "The boat leaks.")
    for question, missing in (
        ("Where is the Heron Hotel?", 0),
        ("Where is the Osprey Hotel?", 1),
        ("Has the Osprey Inn 50 rooms?", 3),
        ("Osprey?", 0),
        ("where is the osprey?", 0),
        ("Was the Osprey there on May 30, 2024?", 1),
    ):
        assert signals_of(context_of(memory, question))["names_missing"] == missing, question
    for question in ("Has Ann seen it?", "Who is Ann?"):
        assert signals_of(context_of(talked(TALK), question))["names_missing"] == 0


def test_a_question_without_words_is_no_error() -> None:
    """Only stop words: nothing is found or missing, and a number comes out."""
    context = context_of(filled("grey heron"), "who is it?")
    told = signals_of(context)
    assert (told["coverage"], told["rarest_found"], told["names_missing"]) == (0, 0, 0)
    assert told["unnamed"] == 0
    assert 0 < confidence(context) < 1


def test_names_that_no_memory_mentions_are_a_share() -> None:
    """Of the names in the question, without those of speakers."""
    memory = talked([("Ann", "I met Bob Ray in Oslo."), ("Cleo", "Nice.")])
    for question, share in (
        ("Did Ann see Bob Ray?", 0),
        ("Did Ann see Dora Kay?", 1),
        ("Did Dora Kay see Bob Ray?", 0.5),
        ("did anybody see it?", 0),
    ):
        assert signals_of(context_of(memory, question))["names_unknown"] == share, question


def test_a_deleted_mention_of_a_name_leaves_no_error() -> None:
    """A name whose only row is gone may still be known as a name."""
    memory = filled("Bob Ray sings.", "The heron stands.")
    memory.delete(context_of(memory, "x").view.ids[0])
    context = context_of(memory, "Where is Bob Ray?")
    assert 0 <= signals_of(context)["names_unknown"] <= 1
    assert 0 < confidence(context) < 1


def test_a_date_is_met_or_missed_or_not_asked() -> None:
    """The first candidate inside the date; one half where none is asked."""
    memory = talked(TALK)
    at = {"asked_at": "2024-06-01"}
    assert signals_of(context_of(memory, "cat on March 1, 2024?", **at))["dated"] == 1
    assert signals_of(context_of(memory, "cat on May 30, 2024?", **at))["dated"] < 0.01
    assert signals_of(context_of(memory, "cat?", **at))["dated"] == 0.5


def test_the_speaker_asked_says_more_than_their_share_or_less() -> None:
    """The odds of their share of what fits the question, over those of what they said at all."""
    ann = signals_of(context_of(talked(TALK), "Did Ann adopt a grey cat?"))["speaker"]
    bob = signals_of(context_of(talked(TALK), "Did Bob adopt a grey cat?"))["speaker"]
    assert ann > 0 > bob
    assert ann == pytest.approx(-bob, abs=1e-5), "of two people each has what the other lacks"
    more = (*TALK, *(("Cleo", f"It rained on day {n}.") for n in range(8)))
    assert signals_of(context_of(talked(more), "Did Ann adopt a grey cat?"))["speaker"] > ann


@pytest.mark.parametrize(
    "question", ["Did Ann adopt a grey cat?", "Did Bob see a grey heron?", "Does Bob's boat leak?"]
)
def test_a_statement_weighs_by_its_score_whoever_speaks(question: str) -> None:
    """exp(z) without the signals of who speaks, more for own affairs and words, less for asking."""
    asks = (*TALK, ("Ann", "Does the boat leak?"), ("Bob", "Where is the grey cat?"))
    context = context_of(talked(asks), question)
    found = score_candidates(context)
    rule = linear.load(embedder=context.embedder.name)["dialogue"]
    bare = [
        0.0 if name in SPOKEN else float(w)
        for name, w in zip(rule.names, rule.weights, strict=True)
    ]
    z = replace(rule, weights=np.array(bare)).score(found.values[:, rule.places(NAMES)])
    own, held, asking, asked = (
        found.values[:, NAMES.index(name)].astype(float)
        for name in ("own", "coverage", "question", "speaker_asked")
    )
    mass = np.exp(z + own + 2 * held - asking)
    share = min(max(float(mass[asked > 0].sum() / mass.sum()), 0.005), 0.995)
    expected = math.log(share / (1 - share))
    assert signals_of(context)["speaker"] == pytest.approx(expected, abs=1e-4)


def test_a_share_of_nothing_or_all_is_bounded() -> None:
    """Somebody who says nothing of it has log odds of 1 to 199, and who alone does of 199 to 1."""
    memory = talked(
        [("Ann", "A heron."), *(("Bob", f"My grey cat did eat {n}.") for n in range(99))]
    )
    told = signals_of(context_of(memory, "Did Ann's grey cat eat?"))["speaker"]
    said = math.log(0.01 / 0.99)
    assert told == pytest.approx(math.log(0.005 / 0.995) - said, abs=0.01)


def test_who_talks_most_is_not_expected_to_say_most() -> None:
    """Of two people each is expected to say half at most, and less who says less."""
    more = (*TALK, *(("Ann", f"It rained on day {n}.") for n in range(8)))
    ann, bob = (
        signals_of(context_of(talked(more), f"Did {name} adopt a grey cat?"))["speaker"]
        for name in ("Ann", "Bob")
    )
    said = 2 / len(more)
    assert ann + bob == pytest.approx(-math.log(said / (1 - said)), abs=1e-5)


def test_a_question_is_no_statement() -> None:
    """Who asks about a thing says less of it than who tells it."""
    for asks, tells in (("Ann", "Bob"), ("Bob", "Ann")):
        memory = talked([(asks, "Did the grey heron eat?"), (tells, "My grey heron did eat.")])
        of = {
            name: signals_of(context_of(memory, f"Did {name} feed the grey heron?"))["speaker"]
            for name in (asks, tells)
        }
        assert of[tells] > 0 > of[asks]


def test_without_a_speaker_or_with_all_there_is_no_second_factor() -> None:
    """Nobody asked of, everybody asked of, or nobody else there."""
    for memory, question in (
        (talked(TALK), "grey cat"),
        (talked(TALK), "Did Ann or Bob adopt a cat?"),
        (talked(TALK[:1]), "Did Ann adopt a cat?"),
        (filled("grey cat"), "Did Ann adopt a cat?"),
    ):
        told = signals_of(context_of(memory, question))
        assert told.keys() == set(CONTENT)
        content = weights("words")[0]
        z = content.score(np.array([[told[name] for name in content.names]]))[0]
        assert likelihood(told, weights("words")) == pytest.approx(1 / (1 + math.exp(-z)), rel=1e-4)


# ── from signals to a probability ────────────────────────────────────────────────────────────────


def test_the_weights_are_named_and_say_where_they_are_from() -> None:
    """Rules for two embedders, for any other without cosines, and for who is asked."""
    path = Path(str(files("combray.recall.rank").joinpath("confidence.json")))
    rules = json.loads(path.read_text(encoding="utf-8"))
    assert set(rules) == {"content", "content-minilm", "content-hashed", "speaker"}
    assert set(rules["speaker"]["signals"]) == set(SPEAKER)
    for name in ("minilm", "hashed"):
        assert set(rules[f"content-{name}"]["signals"]) == set(CONTENT)
    assert set(rules["content"]["signals"]) == set(CONTENT) - set(OF_COSINES)
    assert all("dev splits of" in rule["note"] for rule in rules.values())


def test_each_embedder_has_its_own_weights_and_a_stranger_those_of_words() -> None:
    """Chosen by the beginning of its name."""
    assert set(weights("minilm-l6-v2")[0].names) == set(CONTENT)
    assert weights("hashed-512")[0].weights.tolist() != weights("minilm-x")[0].weights.tolist()
    for stranger in ("text-embedding-3-small", "minilmish", ""):
        assert not set(OF_COSINES) & set(weights(stranger)[0].names)


def test_the_confidence_is_the_product_of_both_factors() -> None:
    """1 / (1 + exp(-z)) of each rule, with the weights that ship."""
    context = context_of(talked(TALK), "Did Ann see the grey heron?")
    told, product = signals_of(context), 1.0
    for rule in weights(context.embedder.name):
        parts = zip(rule.names, rule.weights, rule.means, rule.scales, strict=True)
        z = rule.bias + sum(w * (told[name] - mean) / scale for name, w, mean, scale in parts)
        product /= 1 + math.exp(-z)
    assert confidence(context) == pytest.approx(product, rel=1e-4)


@pytest.mark.parametrize(
    ("signal", "up"),
    [
        ("dense", True), ("coverage", True), ("rarest_found", True), ("names_missing", False),
        ("names_unknown", False), ("unnamed", False), ("unnamed_alone", False), ("gap", True),
        ("dated", True),
        ("speaker", True),
    ],
)  # fmt: skip
def test_each_signal_moves_it_one_way(signal: str, up: bool) -> None:
    """More of a signal never moves the confidence against what it means, for any embedder."""
    told = signals_of(context_of(talked(TALK), "Did Ann see the grey heron?"))
    for embedder in ("minilm", "hashed", "another"):
        low, high = (
            likelihood({**told, signal: value}, weights(embedder))
            for value in (told[signal], told[signal] + 1)
        )
        assert low <= high if up else low >= high


@pytest.mark.parametrize(
    "question",
    ["heron", "?", "Did Ann see Ann?", "なに", "grey " * 500, "Where was Bob in May 1999?"],
)
def test_it_is_a_share_for_any_question(question: str) -> None:
    """From 0 to 1, without NaN, whatever is asked of whatever memory."""
    for memory in (filled("heron"), talked(TALK), filled(*(f"n {n}" for n in range(30)))):
        assert 0 <= confidence(context_of(memory, question)) <= 1


def test_without_candidates_it_is_nothing() -> None:
    """An empty memory has the confidence 0."""
    assert confidence(context_of(Memory(embedder=Words()), "heron")) == 0


def test_confidence_is_of_the_moment_asked_about() -> None:
    """As of a time before anything held there is nothing that could answer, 1970 or not."""
    memory = Memory(embedder=Words())
    memory.add("The grey cat is called Misty.", valid_from="1970-01-01")
    assert memory.explain("grey cat", as_of="1969-12-31").confidence == 0
    assert memory.explain("grey cat", as_of="1970-01-01").confidence > 0
    assert memory.search("grey cat", as_of="1969-12-31", min_confidence=0.0) == []
