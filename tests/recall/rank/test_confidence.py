"""Confidence: does the memory hold an answer at all?"""

from __future__ import annotations

import json
import math
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
    FIRST,
    SIGNALS,
    confidence,
    domain_of,
    question_signals,
)
from combray.recall.rank.features import DOMAINS, NAMES, Candidates, score_candidates, scored
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


def test_the_weights_are_named_and_for_every_domain() -> None:
    """The file that ships weighs signals that exist, for each domain, and says where it is from."""
    path = Path(str(files("combray.recall.rank").joinpath("confidence.json")))
    weights = json.loads(path.read_text(encoding="utf-8"))
    assert set(weights) == set(DOMAINS)
    for domain in weights.values():
        assert set(domain["signals"]) == set(SIGNALS)
        assert domain["note"]


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


def signals_of(context: QueryContext, z: np.ndarray | None = None) -> dict[str, float]:
    """Every signal of a question by its name."""
    found, scores = ranked(context)
    values = question_signals(context, found, scores if z is None else z)
    assert values.shape == (len(SIGNALS),)
    assert values.dtype == np.float32
    return dict(zip(SIGNALS, values.tolist(), strict=True))


def first(context: QueryContext, name: str) -> list[float]:
    """A candidate's signal over the first candidates, the best first."""
    found, z = ranked(context)
    order = sorted(range(len(z)), key=lambda i: (-z[i], i))[:FIRST]
    return [float(found.values[i, NAMES.index(name)]) for i in order]


def everywhere(context: QueryContext, name: str) -> list[float]:
    """A candidate's signal over all candidates."""
    return [float(v) for v in score_candidates(context).values[:, NAMES.index(name)]]


def test_it_looks_at_the_first_five() -> None:
    """What comes after the fifth counts only where all candidates do."""
    assert FIRST == 5
    context = context_of(filled(*(f"heron {n}" for n in range(9))), "heron 7")
    told = signals_of(context)
    dense = first(context, "dense")
    assert len(dense) == 5
    assert told["dense_mean"] == pytest.approx(sum(dense) / 5)
    assert told["dense"] == pytest.approx(max(everywhere(context, "dense")))


def test_the_greatest_of_all_candidates() -> None:
    """Cosine, window and coverage are those of the best candidate, whichever it is."""
    context = context_of(talked(TALK), "Did Ann see the grey heron?")
    told = signals_of(context)
    for name in ("dense", "window", "coverage"):
        assert told[name] == pytest.approx(max(everywhere(context, name)))
    plain = cosines_of(context, np.arange(4))
    assert told["dense_plain"] == pytest.approx(plain.max())
    assert told["dense_plain"] != pytest.approx(told["dense"]), "the name of Ann is in one of them"
    assert told["coverage_first"] == pytest.approx(first(context, "coverage")[0])


def test_the_first_candidate_is_the_one_of_the_greatest_z() -> None:
    """`coverage_first` follows z, not the order of rows."""
    context = context_of(filled("grey", "heron", "grey heron"), "grey heron")
    rows = score_candidates(context).rows.tolist()
    for row, share in ((0, 0.5), (2, 1.0)):
        z = np.array([1.0 if each == row else 0.0 for each in rows])
        assert signals_of(context, z)["coverage_first"] == pytest.approx(share, abs=1e-3)


def test_words_count_by_their_rarity() -> None:
    """ln(1 + N / df), and N / ½ for one that stands nowhere; jointly over the first candidates."""
    context = context_of(filled("grey cat", "grey heron", "grey dog"), "grey heron boat")
    grey, heron, boat = math.log1p(3 / 3), math.log1p(3 / 1), math.log1p(3 / 0.5)
    told = signals_of(context)
    assert told["coverage_joint"] == pytest.approx((grey + heron) / (grey + heron + boat))
    assert told["unseen"] == pytest.approx(1 / 3)
    assert told["rarest_seen"] == 0
    assert told["rarest_found"] == 0
    best = max(everywhere(context, "bm25"))
    assert told["bm25_share"] == pytest.approx(best / (2.2 * (grey + heron + boat)), rel=1e-5)


def test_the_rarest_word_is_seen_and_found_apart() -> None:
    """Seen anywhere in the memory, found among the first candidates."""
    said = ["heron boat", *(f"grey grey grey {n}" for n in range(9))]
    context = context_of(filled(*said), "grey boat")
    found, _ = ranked(context)
    low = np.where(found.rows == 0, -1.0, 0.0)
    assert (signals_of(context, low)["rarest_seen"], signals_of(context, low)["rarest_found"]) == (
        1,
        0,
    )
    assert signals_of(context, -low)["rarest_found"] == 1


def test_in_a_memory_of_one_note_words_are_still_rare() -> None:
    """ln(1 + 1 / 1) for the word it holds, ln(1 + 1 / ½) for one that it does not."""
    told = signals_of(context_of(filled("grey"), "grey boat"))
    assert told["coverage_joint"] == pytest.approx(math.log1p(1) / (math.log1p(1) + math.log1p(2)))


def test_a_question_without_words_is_no_error() -> None:
    """Only stop words: nothing is covered, nothing is unseen, and a number comes out."""
    context = context_of(filled("grey heron"), "who is it?")
    told = signals_of(context)
    assert (told["coverage_joint"], told["rarest_found"], told["bm25_share"]) == (0, 0, 0)
    assert told["unseen"] == 1
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


def test_the_speaker_asked_is_compared_with_the_others() -> None:
    """How much better the best of the speaker is than the best of anybody else."""
    context = context_of(talked(TALK), "Did Ann adopt a grey cat?")
    told = signals_of(context)
    assert told["speaker"] == 1
    assert told["speaker_first"] == pytest.approx(sum(first(context, "speaker_asked")) / 4)
    asked = everywhere(context, "speaker_asked")
    for name, signal in (("dense", "speaker_dense"), ("coverage", "speaker_coverage")):
        pairs = list(zip(everywhere(context, name), asked, strict=True))
        own = max(value for value, mine in pairs if mine)
        other = max(value for value, mine in pairs if not mine)
        assert told[signal] == pytest.approx(own - other)
    assert told["speaker_coverage"] > 0
    assert signals_of(context_of(talked(TALK), "Did Bob adopt a cat?"))["speaker_coverage"] < 0


def test_without_a_speaker_there_is_nothing_to_compare() -> None:
    """Nobody asked about, or nobody else there: 0."""
    nobody = signals_of(context_of(talked(TALK), "grey cat"))
    assert (nobody["speaker"], nobody["speaker_dense"], nobody["speaker_coverage"]) == (0, 0, 0)
    alone = signals_of(context_of(talked(TALK[:1]), "Did Ann adopt a cat?"))
    assert (alone["speaker"], alone["speaker_first"], alone["speaker_dense"]) == (1, 1, 0)


def test_a_date_is_met_or_missed_or_not_asked() -> None:
    """The best of the first candidates inside the date; one half where none is asked."""
    memory = talked(TALK)
    at = {"asked_at": "2024-06-01"}
    assert signals_of(context_of(memory, "cat on March 1, 2024?", **at))["dated"] == 1
    missed = signals_of(context_of(memory, "cat on May 30, 2024?", **at))["dated"]
    assert missed == pytest.approx(
        max(first(context_of(memory, "cat on May 30, 2024?", **at), "date_in"))
    )
    assert missed < 0.01
    assert signals_of(context_of(memory, "cat?", **at))["dated"] == 0.5


# ── from signals to a probability ────────────────────────────────────────────────────────────────


def test_the_confidence_is_the_logistic_of_the_rule_of_its_domain() -> None:
    """1 / (1 + exp(-z)) of the weights that ship for most of the first candidates."""
    weights = linear.load(Path(str(files("combray.recall.rank").joinpath("confidence.json"))))
    notes = filled("grey cat", "grey heron")
    for memory, domain in ((talked(TALK), "dialogue"), (notes, "notes")):
        context = context_of(memory, "Where is the grey heron?")
        rule, told = weights[domain], signals_of(context)
        parts = zip(rule.names, rule.weights, rule.means, rule.scales, strict=True)
        z = rule.bias + sum(w * (told[name] - mean) / scale for name, w, mean, scale in parts)
        assert confidence(context) == pytest.approx(1 / (1 + math.exp(-z)), rel=1e-4)


@pytest.mark.parametrize(
    "question",
    ["heron", "?", "Did Ann see Ann?", "なに", "grey " * 500, "Where was Bob in May 1999?"],
)
def test_it_is_a_share_for_any_question(question: str) -> None:
    """From 0 to 1, without NaN, whatever is asked of whatever memory."""
    for memory in (filled("heron"), talked(TALK), filled(*(f"n {n}" for n in range(30)))):
        assert 0 <= confidence(context_of(memory, question)) <= 1


def test_the_domain_is_that_of_most_of_the_first() -> None:
    """Of the five best by z the most usual domain, and of as usual ones the first listed."""
    names = ["notes", "chat", "chat", "notes", "chat", "notes", "notes"]
    domain = np.array([DOMAINS.index(name) for name in names])
    found = Candidates(np.arange(7), np.zeros((7, len(NAMES)), np.float32), domain, {})
    assert domain_of(found, -np.arange(7.0)) == "chat"
    assert domain_of(found, np.arange(7.0)) == "notes"
    two = Candidates(np.arange(2), found.values[:2], domain[:2], {})
    assert domain_of(two, np.zeros(2)) == "chat"


def test_without_candidates_every_signal_is_zero() -> None:
    """An empty memory has a row of zeros, and the confidence 0."""
    context = context_of(Memory(embedder=Words()), "heron")
    found, z = ranked(context)
    assert not question_signals(context, found, z).any()
    assert confidence(context) == 0


def test_confidence_is_of_the_moment_asked_about() -> None:
    """As of a time before anything held there is nothing that could answer, 1970 or not."""
    memory = Memory(embedder=Words())
    memory.add("The grey cat is called Misty.", valid_from="1970-01-01")
    assert memory.explain("grey cat", as_of="1969-12-31").confidence == 0
    assert memory.explain("grey cat", as_of="1970-01-01").confidence > 0
    assert memory.search("grey cat", as_of="1969-12-31", min_confidence=0.0) == []
