"""HippoRAG's own laws: the graph is a function of what is live, however it came to be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.core.items import Hit
from combray.core.ports import ChatRequest
from combray.systems.text import hipporag
from combray.write.extract.triples import phrase_of, rule_triples
from tests.words import Words

PASSAGES = (
    ("Misty", "Misty is a cat that lives with Ann Smith in Lisbon."),
    ("Ann Smith", "Ann Smith was born in Porto and studied at Coimbra University."),
    ("Porto", "Porto is a city on the river Douro, known for its bridges."),
    ("Coimbra University", "Coimbra University was founded by King Denis in 1290."),
    ("Bob Brown", "Bob Brown is a painter from Leeds."),
)
QUESTION = "Where was the owner of Misty born?"
BOTH = pytest.mark.parametrize("system", ["hipporag", "hipporag2"])


def filled(system: str, order: Sequence[int] = range(5), **options: object) -> Memory:
    """A memory of the passages, told one at a time in an order."""
    memory = Memory(system=system, embedder=Words(), options={"floor": 0.1, **options})
    for i in order:
        memory.add(PASSAGES[i][1], metadata={"title": PASSAGES[i][0]})
    return memory


def ranking(hits: Sequence[Hit]) -> dict[str, float]:
    """Title to score."""
    return {hit.item.metadata["title"]: pytest.approx(hit.score, abs=1e-5) for hit in hits}


@BOTH
def test_one_at_a_time_builds_what_one_batch_builds(system: str) -> None:
    """Interleaving writes and searches, in any order, ends in the same scores as a fresh build."""
    grown = Memory(system=system, embedder=Words(), options={"floor": 0.1})
    for i in (3, 0, 4, 2, 1):
        grown.add(PASSAGES[i][1], metadata={"title": PASSAGES[i][0]})
        grown.search(QUESTION)
    whole = filled(system).search(QUESTION, limit=5)
    assert {h.item.metadata["title"]: h.score for h in grown.search(QUESTION, limit=5)} == ranking(
        whole
    )


@BOTH
def test_adding_and_deleting_is_never_having_added(system: str) -> None:
    """A passage that came and went leaves no trace in any score, deleted or erased."""
    never = filled(system, [0, 1, 2, 4]).search(QUESTION, limit=5)
    for gone in ("delete", "erase"):
        memory = filled(system, [3, 0, 1, 2, 4])
        memory.search(QUESTION)
        (item,) = [i for i in memory.list() if i.metadata.get("title") == "Coimbra University"]
        getattr(memory, gone)(item.id)
        found = {h.item.metadata["title"]: h.score for h in memory.search(QUESTION, limit=5)}
        assert found == ranking(never)


@BOTH
def test_without_links_the_order_is_that_of_the_cosine(system: str) -> None:
    """A question that names nothing known, and no recognised fact, is answered by vectors alone."""
    memory = filled(system, floor=2.0)
    question = "which city has bridges on its river"
    dense = Memory(embedder=Words(), system="dense")
    for title, text in PASSAGES:
        dense.add(text, metadata={"title": title})
    ours = [hit.item.metadata["title"] for hit in memory.search(question, limit=5)]
    assert ours == [hit.item.metadata["title"] for hit in dense.search(question, limit=5)]


@BOTH
def test_the_walk_reaches_what_the_question_does_not_name(system: str) -> None:
    """The second hop, which shares no word with the question, comes before what is unconnected."""
    memory = filled(system)
    titles = [hit.item.metadata["title"] for hit in memory.search("Misty Lisbon", limit=5)]
    assert titles[0] == "Misty"
    assert titles.index("Ann Smith") < titles.index("Bob Brown")


def test_given_facts_stand_for_the_rules() -> None:
    """Triples that came with a text are its triples, and lead the walk by a path of their own."""
    memory = Memory(system="hipporag2", embedder=Words(), options={"floor": 0.1})
    memory.add("Something happened.", facts=[("Zork", "guards", "Quux")])
    memory.add("Nothing happened.", facts=[("Quux", "is near", "Plover")])
    memory.add("All is quiet.", facts=[("Xyzzy", "sleeps in", "Cave")])
    assert [i.created_by for i in memory.list(kinds=["fact"])] == ["user"] * 3
    hits = memory.search("what does Zork guards", limit=3)
    assert [hit.text for hit in hits][:2] == ["Something happened.", "Nothing happened."]
    assert "Zork guards Quux" in hits[0].explain["facts"]


def told(system: str, facts: Sequence[tuple[str, str, str]], **options: object) -> Memory:
    """Passages that say nothing of the facts they come with, after one that is all about asking."""
    memory = Memory(system=system, embedder=Words(), options=options)
    memory.add("Who asks about it?", facts=[("Xyzzy", "sleeps in", "Cave")])
    for number, fact in enumerate(facts, 1):
        memory.add(f"Line number {number} goes.", facts=[fact])
    return memory


def lines(memory: Memory, question: str) -> list[str]:
    """The number of the line of each hit, `?` for the passage about asking."""
    return [hit.text.split()[2].strip("about") for hit in memory.search(question)]


def test_a_triple_joins_its_phrases() -> None:
    """The fact of a second passage is reached over a phrase that both name."""
    memory = told("hipporag", [("Zork", "guards", "Quux"), ("Quux", "is near", "Plover")])
    assert lines(memory, "Who asks about Zork?") == ["1", "2", ""]


def test_like_phrases_are_joined() -> None:
    """Two spellings of one thing are an edge, so that the walk goes from one to the other."""
    one, other = "Coimbra University", "University of Coimbra"
    memory = told("hipporag", [("Zork", "guards", one), (other, "is near", "Plover")])
    assert lines(memory, "Who asks about Zork?") == ["1", "2", ""]


def test_an_unknown_name_is_linked_to_the_nearest_phrase() -> None:
    """`Zork Maverick` is nowhere, `Zork` is: their cosine is that of one word of two."""
    memory = told("hipporag", [("Zork", "guards", "Quux")])
    assert lines(memory, "Who asks about Zork Maverick?") == ["1", ""]
    (hit, _) = memory.search("Who asks about Zork Maverick?")
    assert hit.explain["names"] == {"zork": pytest.approx(0.5**0.5, abs=1e-5)}


def test_a_rare_name_weighs_more_than_a_common_one() -> None:
    """1 / df: one passage about the rare name comes before three about the common one."""
    common = [("Common", relation, "Thing") for relation in ("is", "was", "has")]
    memory = told("hipporag", [*common, ("Rarely", "meets", "Stone")])
    assert lines(memory, "Who asks, Common or Rarely?")[0] == "4"


def test_a_walk_goes_beyond_its_seeds() -> None:
    """The passage of a fact that the question does not name comes before one that is nearer."""
    chain = [("Zork", "guards", "Quux"), ("Quux", "is near", "Plover")]
    memory = told("hipporag2", chain)
    assert lines(memory, "Zork guards Quux about") == ["1", "2", ""]


def test_only_what_is_recognised_seeds_the_walk() -> None:
    """Of the facts nearest to a question those under the floor are left out."""
    memory = told("hipporag2", [("Zork", "guards", "Quux"), ("Plover", "has", "Moat")])
    assert list(memory.search("Zork guards what?")[0].explain["facts"]) == ["Zork guards Quux"]


def test_no_more_facts_are_linked_than_asked_for() -> None:
    """Of seven facts that all are near, the five nearest."""
    memory = told("hipporag2", [("Zork", "guards", f"Quux{n}") for n in range(7)])
    assert len(memory.search("Zork guards")[0].explain["facts"]) == 5


def test_phrases_are_seeded_by_their_facts() -> None:
    """The mean over the facts of a phrase of score / df, and only so many as asked for."""
    web = SimpleNamespace(spread=np.array([2, 1, 1]), ends=np.array([[0, 1], [0, 2]]))
    every = hipporag._phrase_reset(web, {0: 1.0, 1: 0.5}, 3)  # type: ignore[arg-type]
    assert every.tolist() == pytest.approx([0.375, 1.0, 0.5])
    best = hipporag._phrase_reset(web, {0: 1.0, 1: 0.5}, 2)  # type: ignore[arg-type]
    assert best.tolist() == pytest.approx([0.0, 1.0, 0.5])


def test_every_passage_is_seeded_a_little() -> None:
    """A passage that shares no phrase with the question has mass, the nearer the more."""
    memory = told("hipporag2", [("Zork", "guards", "Quux")])
    memory.add("Guards change.", facts=[("Plover", "has", "Moat")])
    scores = {hit.text: hit.score for hit in memory.search("Zork guards")}
    assert scores["Guards change."] > 1e-3


def test_a_walk_stays_inside_its_session() -> None:
    """Narrowing a search to a session takes every other session out of the graph."""
    memory = Memory(system="hipporag", embedder=Words())
    memory.add("Misty lives with Ann Smith.", session_id="a")
    memory.add("Ann Smith was born in Porto.", session_id="b")
    hits = memory.search("Misty", session_id="a")
    assert [hit.text for hit in hits] == ["Misty lives with Ann Smith."]


class Reader:
    """A model that reads one triple from everything and finds the first fact useful."""

    name = "reader"

    def __init__(self, answer: str | None = None) -> None:
        self.answer = answer
        self.steps: list[str] = []

    def complete(self, request: ChatRequest) -> str:
        """JSON in the shape that was asked for."""
        self.steps.append(request.step)
        if self.answer is not None:
            return self.answer
        if request.step == "triples":
            return json.dumps({"triples": [["the red lighthouse", "stands on", "Skye"]]})
        return json.dumps({"useful": [1]})


def test_a_model_reads_the_triples_and_recognises_facts() -> None:
    """With `extractor="llm"` the model's triples are stored when due, and it chooses among them."""
    model = Reader()
    options = {"extractor": "llm", "recognise": "llm"}
    memory = Memory(system="hipporag2", embedder=Words(), llm=model, options=options)
    memory.add("It stands there, red.")
    memory.consolidate()
    (fact,) = memory.list(kinds=["fact"])
    assert fact.text == "the red lighthouse stands on Skye"
    hits = memory.search("where is the red lighthouse")
    assert hits[0].explain["facts"]
    assert model.steps == ["triples", "recognise"]
    model.answer = json.dumps({"useful": []})
    assert memory.search("where is the red lighthouse")[0].explain["facts"] == {}


def test_a_models_nonsense_fails_the_job_and_the_words_are_kept() -> None:
    """An answer that is no JSON stands as the error of its job; the raw item is found."""
    memory = Memory(system="hipporag", embedder=Words(), llm=Reader("no"), extractor="llm")
    memory.add("Misty lives in Lisbon.")
    (outcome,) = memory.consolidate()
    assert outcome.error is not None
    assert "ModelError" in outcome.error
    assert [hit.text for hit in memory.search("Misty")] == ["Misty lives in Lisbon."]


def test_only_given_triples_can_be_asked_for() -> None:
    """With `extractor="given"` no triple is read, and names still connect."""
    memory = filled("hipporag", extractor="given")
    assert memory.list(kinds=["fact"]) == []
    titles = [hit.item.metadata["title"] for hit in memory.search("Misty", limit=2)]
    assert titles[0] == "Misty"


def test_wrong_options_say_what_can_be_chosen() -> None:
    """An unknown extractor, or a model that is not there, is refused at opening."""
    with pytest.raises(InputError, match="rules"):
        Memory(system="hipporag", embedder=Words(), options={"extractor": "magic"})
    with pytest.raises(InputError, match="llm"):
        Memory(system="hipporag", embedder=Words(), extractor="llm")
    with pytest.raises(InputError, match="llm"):
        Memory(system="hipporag2", embedder=Words(), options={"recognise": "llm"})


def test_triples_by_rule_read_sentences() -> None:
    """The first name of a sentence is the subject, the words between are the relation."""
    memory = filled("hipporag", [1])
    (item,) = memory.list(kinds=["text"])
    assert rule_triples(item)[:2] == [
        ("ann smith", "was born in", "porto"),
        ("ann smith", "and studied at", "coimbra university"),
    ]


@BOTH
def test_texts_without_names_are_found_by_their_vectors(system: str) -> None:
    """Nothing to link is no error: lower-case talk and other scripts are stored and answered."""
    memory = Memory(system=system, embedder=Words())
    memory.add(["the cat is grey", "我喜欢猫", "."])
    assert memory.search("grey cat", limit=1)[0].text == "the cat is grey"


def test_phrases_of_any_script_stay_apart() -> None:
    """Names without Latin letters keep their letters, and do not fall together."""
    assert phrase_of("李华!") == "李华"
    assert phrase_of("Coimbra-University ") == "coimbra university"
    assert phrase_of("李华") != phrase_of("北京")
    assert np.unique([phrase_of(x) for x in ("Ä", "Ö", "ß")]).size == 3
