"""Other words under which an answer may stand: by the relevance model, by names, by a model."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

import pytest

from combray.core.errors import ModelError
from combray.core.text import terms
from combray.models.structured import Asker
from combray.recall.runtime.query_expansion import Cue, llm_cues, names_beside, rules_cues
from combray.testing.base import put
from tests.recall.asking import asked, opened, said


def relevance(told: list[str], question: str, feedback: int, limit: int) -> list[tuple[str, float]]:
    """RM3 by its formula: Σ P(term | row) P(row | question) over the best rows."""
    context = asked(opened(*(said(text) for text in told)), question)
    scores = context.scores.bm25.tolist()
    best = sorted(
        (row for row in range(len(told)) if scores[row] > 0), key=lambda r: (-scores[r], r)
    )[:feedback]
    total = sum(scores[row] for row in best)
    model: Counter[str] = Counter()
    for row in best:
        words = terms(told[row])
        for term, count in Counter(words).items():
            model[term] += count / len(words) * scores[row] / total  # type: ignore[assignment]
    asked_ = set(terms(question))
    named = sorted((t for t in model if t not in asked_), key=lambda t: (-model[t], t))[:limit]
    return [(term, model[term] / model[named[0]]) for term in named]


TOLD = [
    "The heron ate a fish and a fish.",
    "A heron sleeps by the lake.",
    "Lake boats carry fish.",
    "Bread rises.",
]


@pytest.mark.parametrize(("feedback", "limit"), [(10, 10), (1, 10), (2, 2), (10, 1)])
def test_the_terms_of_the_best_rows_are_weighted_by_the_relevance_model(
    feedback: int, limit: int
) -> None:
    """The first has weight 1, the others less, and none is a word of the question."""
    context = asked(opened(*(said(text) for text in TOLD)), "heron")
    cues = rules_cues(context, feedback=feedback, limit=limit)
    wanted = relevance(TOLD, "heron", feedback, limit)
    assert [cue.text for cue in cues] == [text for text, _ in wanted]
    assert [cue.weight for cue in cues] == pytest.approx([weight for _, weight in wanted])
    assert {cue.kind for cue in cues} == {"term"}
    assert cues[0].weight == 1
    assert "heron" not in {cue.text for cue in cues}


def test_ten_rows_give_ten_terms_by_default() -> None:
    """No more, however many there are."""
    told = [f"heron word{chr(97 + n)}x word{chr(97 + n)}y" for n in range(20)]
    assert len(rules_cues(asked(opened(*(said(text) for text in told)), "heron"))) == 10


def test_only_rows_that_may_be_answered_give_terms() -> None:
    """A filtered one has no say, and without any row there is no term."""
    memory = opened(said("heron fish", metadata={"n": 1}), said("heron lake", metadata={"n": 2}))
    assert [cue.text for cue in rules_cues(asked(memory, "heron", filters={"n": 2}))] == ["lak"]
    assert rules_cues(asked(memory, "violin")) == []
    assert rules_cues(asked(opened(said("heron")), "heron")) == []
    other = memory._question("heron", {"user_id": "v"})
    assert rules_cues(memory._runtime.query_context(other)) == []


def test_titles_and_captions_are_words_of_a_row() -> None:
    """As they are indexed."""
    memory = opened(said("heron", metadata={"title": "Fishing"}))
    assert [cue.text for cue in rules_cues(asked(memory, "heron"))] == ["fish"]


def test_what_was_erased_meanwhile_gives_no_terms() -> None:
    """Its row counts for nothing."""
    memory = opened(said("heron fish"), said("heron lake"))
    context = asked(memory, "heron")
    memory.erase(context.view.ids[0])
    assert [cue.text for cue in rules_cues(context)] == ["lak"]


# ── names ────────────────────────────────────────────────────────────────────────────────────────

MET = [
    "We met Oslo and Bergen.",
    "In Oslo with Bergen again.",
    "Then Oslo and Lima.",
    "To Lima.",
    "To Lima again.",
    "Bread rises.",
]


def test_names_that_stand_together_twice_are_weighted_by_mutual_information() -> None:
    """log(N · both / (one · other)); once together is chance."""
    cues = names_beside(asked(opened(*(said(text) for text in MET)), "Where is Oslo?"))
    assert cues == [Cue(text="bergen", weight=1.0, kind="name")]
    assert math.log(6 * 2 / (3 * 2)) > 0


def test_names_that_stand_together_less_than_by_chance_are_none() -> None:
    """Names that are everywhere say nothing of each other."""
    told = ["Oslo is near Bergen."] * 2
    items = [said(text, n) for n, text in enumerate(told)]
    assert names_beside(asked(opened(*items), "Where is Oslo?")) == []
    put_in = [*items, said("Bread."), said("Rain.")]
    assert [c.text for c in names_beside(asked(opened(*put_in), "Is Oslo far?"))] == ["bergen"]


def test_the_weights_are_shares_of_the_greatest() -> None:
    """Best first, at most as many as asked for, names of equal weight in the order they came."""
    told = [*["Oslo, Bergen, Turku."] * 2, *["Oslo. Lima is by."] * 2, "So Lima.", *["Rain."] * 5]
    items = [said(text, n) for n, text in enumerate(told)]
    cues = names_beside(asked(opened(*items), "Is Oslo far?"))
    found = {cue.text: cue.weight for cue in cues}
    lima = math.log(10 * 2 / (4 * 3)) / math.log(10 * 2 / (4 * 2))
    assert found["lima"] == pytest.approx(lima)
    assert cues[0].weight == 1
    assert names_beside(asked(opened(*items), "Is Oslo far?"), limit=1) == cues[:1]


def test_only_rows_that_may_be_answered_say_which_names_stand_together() -> None:
    """Counted both for the pair and for each."""
    memory = opened()
    put(
        memory._store,
        [said(text, n, metadata={"n": int("Lima" in text)}) for n, text in enumerate(MET)],
    )
    assert names_beside(asked(memory, "Where is Oslo?", filters={"n": 1})) == []
    assert names_beside(asked(memory, "Where is Quito?")) == []
    assert names_beside(asked(memory, "where?")) == []


# ── a model ──────────────────────────────────────────────────────────────────────────────────────


class Says:
    """A model that answers one thing."""

    name = "says"

    def __init__(self, answer: Any) -> None:
        self.answer, self.told = answer, ""

    def complete(self, request: Any, /) -> str:
        """The answer."""
        self.told = str(request.messages[1]["content"])
        return json.dumps(self.answer)


def test_a_model_says_what_an_answer_could_say() -> None:
    """Each clue once, without blanks, knowing some of the memory."""
    chat = Says({"clues": [" a heron ", "a boat", "a heron", "  "]})
    cues = llm_cues(Asker(chat=chat, system="memorag"), "What flew?", ["It is about birds."])
    assert cues == [
        Cue(text="a heron", weight=1.0, kind="clue"),
        Cue(text="a boat", weight=1.0, kind="clue"),
    ]
    assert json.loads(chat.told) == {"question": "What flew?", "memory": ["It is about birds."]}


def test_nonsense_of_a_model_is_an_error() -> None:
    """An answer of another shape is not taken for no clue."""
    with pytest.raises(ModelError):
        llm_cues(Asker(chat=Says([1]), system="memorag"), "What flew?")
