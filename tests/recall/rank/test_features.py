"""Signals: every number by which a candidate is judged, worked out by hand or in plain loops."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from combray import Memory
from combray.core.text import terms
from combray.core.time import to_micros
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.features import (
    BEST,
    CHANNELS,
    DEPTH,
    DOMAINS,
    FREE,
    LONG,
    NAMES,
    NEARNESS,
    OPENING,
    RANK_OFFSET,
    RISING,
    THEN,
    score_candidates,
    scored,
)
from combray.recall.rank.linear import LinearRanker
from combray.recall.rank.walk import neighbourhood
from tests.recall.contexts import channels_of, context_of, cosines_of, filled, talked, texts
from tests.words import Words

TALK = (
    ("Ann", "I adopted a grey cat called Misty."),
    ("Bob", "How lovely! Where does it sleep?"),
    ("Ann", "The grey cat sleeps on my sofa."),
)
MORE = (
    ("Bob", "I started a pottery class yesterday."),
    ("Cleo", "Pottery sounds fun."),
)
CHAT = (
    ("user", "Which cat food do you recommend?"),
    ("assistant", "I recommend grey pellets for every cat."),
)


def signals(context: QueryContext, name: str) -> list[float]:
    """A signal of every row that is a candidate, in the order of rows."""
    found = score_candidates(context)
    column = found.values[:, NAMES.index(name)].tolist()
    by_row = dict(zip(found.rows.tolist(), column, strict=True))
    return [by_row[row] for row in sorted(by_row)]


def of(memory: Memory, question: str, name: str) -> list[float]:
    """A signal of every row for a question to a memory."""
    return signals(context_of(memory, question), name)


# ── the table of signals ─────────────────────────────────────────────────────────────────────────


def test_every_signal_has_one_name_and_one_direction() -> None:
    """Names are distinct, and each is free or rising."""
    assert len(set(NAMES)) == len(NAMES)
    assert DOMAINS == ("dialogue", "chat", "passages", "notes")
    assert set(FREE) < set(NAMES)
    assert [*RISING] == [name for name in NAMES if name not in FREE]
    assert not {f"{channel}{part}" for channel in CHANNELS for part in ("", "_rank")} & set(FREE)


def test_the_weights_that_ship_were_fitted_with_these_signals() -> None:
    """Other depths or bounds give other numbers, and need rules that are fitted to them."""
    assert (DEPTH, THEN, RANK_OFFSET, NEARNESS, BEST) == (200, 50, 3, 0.04, 5)
    assert (LONG, OPENING) == (30, 6)


def test_a_candidate_has_a_number_for_every_signal() -> None:
    """The table has a row for each candidate and a column for each name, all finite."""
    for memory in (filled(*(text for _, text in TALK)), talked(TALK, MORE, CHAT)):
        found = score_candidates(context_of(memory, "Where does the cat of Ann sleep?"))
        assert found.values.shape == (len(found.rows), len(NAMES))
        assert found.values.dtype == np.float32
        assert np.isfinite(found.values).all()
        assert sorted(found.rows.tolist()) == list(range(len(found.rows)))


def test_an_empty_memory_has_no_candidates() -> None:
    """No rows, but a table of all columns."""
    found = score_candidates(context_of(Memory(embedder=Words()), "Where is Ann?"))
    assert found.values.shape == (0, len(NAMES))
    assert not len(found.domain)
    assert not scored(found, dict.fromkeys(DOMAINS, plain())).size


def test_one_note_is_the_only_candidate() -> None:
    """First in every channel that finds it, and finite in everything else."""
    found = score_candidates(context_of(filled("The heron stands."), "heron"))
    assert found.rows.tolist() == [0]
    assert np.isfinite(found.values).all()
    assert found.values[0, NAMES.index("dense_rank")] == pytest.approx(1 / RANK_OFFSET)


class Scattered:
    """A direction of its own for every text, so that no two rows score the same."""

    name = "scattered"

    def embed(self, said: list[str]) -> np.ndarray:
        """Rows of unit length, shape (n, 32)."""
        rows = [np.random.default_rng(list(text.encode())).standard_normal(32) for text in said]
        table = np.array(rows, np.float32)
        return table / np.linalg.norm(table, axis=1, keepdims=True)


@pytest.mark.parametrize("order", list(permutations(range(4)))[5::6])
def test_no_signal_depends_on_the_order_in_which_notes_came(order: tuple[int, ...]) -> None:
    """The same notes in another order have the same table of numbers."""
    said = [
        "Ann Lee keeps grey herons.",
        "A heron is a bird that Bob Ray saw by the long old river.",
        "My heron flew away yesterday with the others?",
        "Geese and Ann Lee.",
    ]
    tables = []
    for each in (range(4), order):
        memory = filled(*(said[i] for i in each), embedder=Scattered())
        context = context_of(memory, "Which heron did Ann Lee see?")
        found = score_candidates(context)
        place = {
            texts(memory, context)[r]: v for r, v in zip(found.rows, found.values, strict=True)
        }
        tables.append(np.stack([place[text] for text in said]))
    for name, one, other in zip(NAMES, tables[0].T, tables[1].T, strict=True):
        assert one == pytest.approx(other, abs=1e-5), name


# ── channels ─────────────────────────────────────────────────────────────────────────────────────


def test_a_channel_gives_its_score_and_its_rank() -> None:
    """Score as the channel has it, and 1 / (rank + 3), a row it does not rank being at DEPTH."""
    context = context_of(talked(TALK, MORE), "Where does the grey cat sleep?")
    channels = channels_of(context)
    assert tuple(channels) == CHANNELS
    for name, values in channels.items():
        exact = [float(v) for v in values]
        ranked = sorted(range(len(exact)), key=lambda r: (-exact[r], r))
        if name.startswith("bm25"):
            ranked = [row for row in ranked if exact[row] > 0]
        places = [ranked.index(r) if r in ranked else DEPTH for r in range(len(exact))]
        assert signals(context, name) == pytest.approx(exact), name
        assert signals(context, f"{name}_rank") == pytest.approx(
            [1 / (place + RANK_OFFSET) for place in places]
        ), name
        assert score_candidates(context).rankings[name].tolist() == ranked


def test_channels_read_the_question_as_its_speaker_would_put_it() -> None:
    """The name of a speaker is neither a word to look for nor in the vector."""
    context = context_of(talked(TALK, MORE), "Did Ann adopt a cat?")
    assert context.cues.speakers == {"Ann"}
    channels = channels_of(context)
    told = context_of(talked(TALK, MORE), context.cues.first_person)
    assert channels["dense"] == pytest.approx(channels_of(told)["dense"])
    cats = context_of(talked(TALK, MORE), "Adopt a cat?")
    assert channels["bm25"] == pytest.approx(channels_of(cats)["bm25"])


def test_the_session_channels_tell_of_the_whole_conversation() -> None:
    """Every turn of the conversation that speaks of cats has its best score."""
    context = context_of(talked(TALK, MORE), "grey cat")
    channels = channels_of(context)
    dense, best = channels["dense"].tolist(), channels["session_dense"].tolist()
    assert best == pytest.approx([max(dense[:3])] * 3 + [max(dense[3:])] * 2)
    session = channels["bm25_session"].tolist()
    assert session[0] == session[1] == session[2] > 0
    assert session[3:] == [0, 0]
    assert channels["bm25_before"][1] > 0, "the turn before it speaks of a cat"
    assert channels["bm25"][1] == 0


def test_rows_that_may_not_be_answered_are_no_candidates() -> None:
    """Neither a channel, nor a date, nor a walk brings in what is out of scope."""
    memory = filled("Ann Lee saw a heron.", agent_id="one")
    memory.add("Ann Lee saw a heron today.", agent_id="two")
    context = context_of(memory, "Did Ann Lee see a heron today?", agent_id="two")
    assert score_candidates(context).rows.tolist() == [1]


def test_a_depth_bounds_the_candidates_of_a_question() -> None:
    """At most so many rows a channel, and so many of them all together."""
    memory = talked([("Ann", f"heron {n} {'river ' * n}") for n in range(20)])
    found = score_candidates(context_of(memory, "heron by the river"), depth=4)
    assert len(found.rows) == 4
    assert all(len(ranking) <= 4 for ranking in found.rankings.values())
    assert len(score_candidates(context_of(memory, "heron")).rows) == 20


def test_the_default_depth_is_two_hundred() -> None:
    """Of more rows than that, the two hundred best are judged."""
    memory = talked([("Ann", f"heron {n}") for n in range(60)] * 4)
    assert len(score_candidates(context_of(memory, "heron")).rows) == DEPTH


# ── what is fused and walked ─────────────────────────────────────────────────────────────────────


def test_fused_is_the_sum_of_the_reciprocal_ranks() -> None:
    """Σ 1 / (3 + rank) over the channels that rank a row, ranks from 1."""
    context = context_of(talked(TALK, MORE), "Where does the grey cat sleep?")
    rankings = score_candidates(context).rankings.values()
    exact = [
        sum(1 / (RANK_OFFSET + 1 + r.tolist().index(row)) for r in rankings if row in r)
        for row in range(5)
    ]
    assert signals(context, "fused") == pytest.approx(exact, rel=1e-5)


PASSAGES = {
    "Ann Lee": "Ann Lee was born in Oslo, as Bob Ray was.",
    "Bob Ray": "Bob Ray wrote a long novel about rain.",
    "Dora Kay": "Dora Kay paints herons and nothing else.",
}


def passages() -> Memory:
    """Three passages with titles, the first of which mentions the second."""
    memory = Memory(embedder=Words())
    for title, text in PASSAGES.items():
        memory.add(text, metadata={"title": title})
    return memory


def test_the_title_that_is_asked_for_is_told() -> None:
    """1 for the passage about a name in the question, 0 for the others."""
    assert of(passages(), "What did Bob Ray write?", "title_asked") == [0, 1, 0]
    assert of(passages(), "Who paints?", "title_asked") == [0, 0, 0]


def test_the_walk_from_names_is_a_share_of_the_greatest_mass() -> None:
    """Seeds are the names, each by its rarity, and every row a little, by the cube of its cosine.

    The cosine is counted from 0, or from the least when that is below, in units of their range.
    """
    context = context_of(passages(), "What did Bob Ray and Dora Kay do?")
    found = score_candidates(context)
    hood = neighbourhood(context, found.rows, context.names)
    assert hood.rows.tolist() == found.rows.tolist()
    near = cosines_of(context, hood.rows).tolist()
    spread = [(s - min(0, *near)) / (max(near) - min(near)) for s in near]
    total = sum(context.names.values())
    mass = hood.pagerank(
        np.array([NEARNESS * s**3 for s in spread]),
        {c: w / total for c, w in context.names.items()},
    ).tolist()
    column = found.values[:, NAMES.index("walk_names")].tolist()
    assert column == pytest.approx([m / max(mass) for m in mass], rel=1e-5)
    ranked = sorted(range(3), key=lambda i: -mass[i])
    rank = found.values[:, NAMES.index("walk_names_rank")].tolist()
    assert rank == pytest.approx([1 / (ranked.index(i) + RANK_OFFSET) for i in range(3)])


def test_the_walk_counts_cosines_from_the_least_when_it_is_below_zero() -> None:
    """With cosines of both signs the least alike seeds nothing and the most alike NEARNESS."""
    said = [f"{name} Lee is here." for name in ("Ann", "Bob", "Cleo", "Dora", "Eve")]
    context = context_of(filled(*said, embedder=Scattered()), "Who is it?")
    found = score_candidates(context)
    near = cosines_of(context, found.rows)
    assert near.min() < 0 < near.max()
    hood = neighbourhood(context, found.rows, context.names)
    spread = (near - near.min()) / (near.max() - near.min())
    mass = hood.pagerank(0.04 * spread.astype(np.float64) ** 3, {})
    column = found.values[:, NAMES.index("walk_names")].tolist()
    assert column == pytest.approx((mass / mass.max()).tolist(), rel=1e-4)


def test_the_walk_from_the_best_starts_at_five_by_rank() -> None:
    """The seeds of the second walk are 1 / rank of the five best; it gives ranks alone."""
    memory = filled(*(f"Ann{n} Lee{n} has {'heron ' * (7 - n)}" for n in range(7)))
    context = context_of(memory, "heron")
    found = score_candidates(context)
    hood = neighbourhood(context, found.rows, context.names)
    seeds = np.array([1 / (i + 1) if i < BEST else 0.0 for i in range(7)])
    mass = hood.pagerank(seeds, {}).tolist()
    ranked = sorted(range(7), key=lambda i: (-mass[i], i))
    rank = found.values[:, NAMES.index("walk_best_rank")].tolist()
    assert rank == pytest.approx([1 / (ranked.index(i) + RANK_OFFSET) for i in range(7)])
    assert mass[5] == mass[6] == 0


def test_what_shares_a_name_with_the_best_is_walked_to() -> None:
    """A note that shares no word with the question comes in over the name in a note that does."""
    memory = filled("heron heron Bob Ray", *(f"heron heron heron {n}" for n in range(3)), "Bob Ray")
    context = context_of(memory, "heron")
    found = score_candidates(context, depth=4)
    assert set(found.rows.tolist()) == {0, 1, 2, 3, 4}


def test_turns_of_a_conversation_are_not_walked_to() -> None:
    """Where nothing stands alone, what shares a name with the best is no candidate for that."""
    memory = talked([("Ann", "heron heron Bob Ray"), ("Cleo", "fine")], [("Ann", "heron")] * 2)
    memory.add(
        [{"role": "user", "content": "Bob Ray"}, {"role": "user", "content": "sure"}],
        session_id="other",
    )
    found = score_candidates(context_of(memory, "heron"), depth=2)
    assert len(found.rows) == 2


def test_a_bridge_leads_from_what_is_found_to_what_it_mentions() -> None:
    """The first hit mentions Bob Ray, so the passage about him has the bridge of the first rank."""
    column = of(passages(), "Was Ann Lee born in Oslo?", "bridge")
    assert column == [0, 1, 0]


# ── what the question says ───────────────────────────────────────────────────────────────────────


def test_coverage_is_the_share_of_the_words_weighted_by_rarity() -> None:
    """Each word weighs ln(1 + N/df), one that stands nowhere ln(1 + N)."""
    said = ["grey heron", "grey cat", "grey dog barks", "nothing"]
    question = "Where is the grey heron boat?"
    assert terms(question) == ["grey", "heron", "boat"]
    grey, heron, nowhere = math.log1p(4 / 3), math.log1p(4), math.log1p(4)
    total = grey + heron + nowhere
    exact = [(grey + heron) / total, grey / total, grey / total, 0]
    assert of(filled(*said), question, "coverage") == pytest.approx(exact, rel=1e-4)


def test_a_repeated_word_is_covered_once() -> None:
    """Saying a word twice, in the question or in a row, makes it no more of the question."""
    once = of(filled("heron heron", "cat"), "heron heron cat", "coverage")
    assert once == pytest.approx([0.5, 0.5], rel=1e-4)


def test_who_is_asked_about_is_who_speaks() -> None:
    """`speaker_asked` marks what the person named in the question said, and nobody else."""
    memory = talked(TALK, MORE)
    assert of(memory, "Where does the cat of Ann sleep?", "speaker_asked") == [1, 0, 1, 0, 0]
    assert of(memory, "What of Ann and Cleo?", "speaker_asked") == [1, 0, 1, 0, 1]
    assert of(memory, "Where does the cat sleep?", "speaker_asked") == [0] * 5


def test_people_is_the_share_of_those_asked_about_who_are_there() -> None:
    """Of Ann and Cleo the first conversation has one, as the second has; Bob is in both."""
    memory = talked(TALK, MORE)
    assert of(memory, "What of Ann and Cleo?", "people") == [0.5] * 5
    assert of(memory, "What of Ann?", "people") == [1, 1, 1, 0, 0]
    assert of(memory, "What of Bob?", "people") == [1] * 5
    assert of(memory, "What of cats?", "people") == [0] * 5


def test_who_was_deleted_is_not_there_any_more() -> None:
    """A conversation whose only turn of a person is deleted does not have that person."""
    memory = talked(MORE, TALK)
    context = context_of(memory, "What of Cleo?")
    memory.delete(context.view.ids[1])
    assert of(memory, "What of Cleo?", "people") == [0] * 4


def test_what_the_assistant_said_is_marked_and_asked_for() -> None:
    """`assistant` says who spoke, `assistant_asked` whether the question wants that."""
    memory = talked(CHAT, TALK)
    asks = "Which pellets did you recommend to me earlier?"
    assert of(memory, asks, "assistant") == [0, 1, 0, 0, 0]
    assert of(memory, asks, "assistant_asked") == [0, 1, 0, 0, 0]
    assert of(memory, "Which pellets?", "assistant") == [0, 1, 0, 0, 0]
    assert of(memory, "Which pellets?", "assistant_asked") == [0] * 5


def test_a_time_is_told_where_one_is_asked_for() -> None:
    """A row with a word of time, when the question asks when."""
    memory = talked(TALK, MORE)
    assert of(memory, "When did the class start?", "when_timed") == [0, 0, 0, 1, 0]
    assert of(memory, "Did the class start?", "when_timed") == [0] * 5


def test_a_date_in_the_question_falls_off_over_ten_days() -> None:
    """1 inside the range, half of exp(-days / 10) outside of it, the nearest range counting."""
    memory = Memory(embedder=Words())
    for day in ("2024-03-01", "2024-03-10", "2024-04-10", "2024-04-15"):
        memory.add(f"noted {day[5:]}", timestamp=f"{day}T00:00:00Z")
    asked = {"asked_at": "2024-06-01"}
    column = signals(context_of(memory, "What about March 10, 2024?", **asked), "date_in")
    exact = [math.exp(-9 / 10) / 2, 1, math.exp(-30 / 10) / 2, math.exp(-35 / 10) / 2]
    assert column == pytest.approx(exact, rel=1e-5)
    both = context_of(memory, "What about March 10, 2024 or April 15, 2024?", **asked)
    exact = [math.exp(-9 / 10) / 2, 1, math.exp(-5 / 10) / 2, 1]
    assert signals(both, "date_in") == pytest.approx(exact, rel=1e-5)
    assert signals(context_of(memory, "What?", **asked), "date_in") == [0] * 4


def test_what_was_said_at_an_asked_date_is_a_candidate_too() -> None:
    """Rows of the day asked about are judged though no channel ranks them high enough."""
    memory = Memory(embedder=Words())
    for number in range(8):
        memory.add(f"heron heron {number}", timestamp="2024-01-01")
    memory.add("quite another thing", timestamp="2024-03-10T00:00:00Z")
    memory.add("a day later", timestamp="2024-03-11T00:00:00Z")
    plain = score_candidates(context_of(memory, "the heron"), depth=3)
    assert not {8, 9} & set(plain.rows.tolist())
    dated = context_of(memory, "the heron on March 10, 2024")
    start, end, _named = dated.cues.dates[0]
    assert (start, end) == (to_micros("2024-03-10"), to_micros("2024-03-11"))
    rows = score_candidates(dated, depth=3).rows.tolist()
    assert 8 in rows
    assert 9 not in rows, "the range ends before it"
    assert len(rows) == len(set(rows)), "each once"


def test_a_date_brings_fifty_more_at_most() -> None:
    """The most alike of what was said then, and no more."""
    memory = Memory(embedder=Words())
    turns = [
        {"role": "user", "content": f"rain {n}", "timestamp": "2024-03-10T08:00:00Z"}
        for n in range(70)
    ]
    memory.add(turns, session_id="s")
    found = score_candidates(context_of(memory, "rain on March 10, 2024"), depth=2)
    assert THEN <= len(found.rows) <= THEN + 2


# ── what the row is ──────────────────────────────────────────────────────────────────────────────


def test_length_is_the_logarithm_of_the_words_that_count() -> None:
    """ln(1 + content words); stop words and repeats as the index counts them."""
    said = [text for _, text in TALK]
    exact = [math.log1p(len(terms(text))) for text in said]
    assert of(talked(TALK), "cat", "length") == pytest.approx(exact)


def test_questions_own_words_and_pictures_are_marked() -> None:
    """A question mark, a word of the first person, metadata with a picture."""
    memory = talked(TALK, MORE)
    assert of(memory, "cat", "question") == [0, 1, 0, 0, 0]
    assert of(memory, "cat", "own") == [1, 0, 1, 1, 0]
    assert of(memory, "cat", "image") == [0] * 5
    memory.add("A photo of it.", metadata={"caption": "a cat on a sofa"})
    assert of(memory, "cat", "image") == [0] * 5 + [1]


def test_what_follows_somebody_elses_question_is_an_answer() -> None:
    """Not the turn that follows one's own question, nor the first of a conversation."""
    memory = talked(
        TALK,
        [("Bob", "Where?"), ("Bob", "Well, here."), ("Ann", "I see.")],
        [("Cleo", "Fine, and what is it?")],
    )
    assert of(memory, "cat", "answers") == [0, 0, 1, 0, 0, 0, 0]


def test_the_first_row_is_no_answer_to_the_last() -> None:
    """The row that stands alone before all others follows nobody."""
    memory = talked([("Ann", "fine"), ("Bob", "and what is it?")])
    assert of(memory, "fine", "answers") == [0, 0]


def test_position_is_the_logarithm_of_the_turn_up_to_thirty() -> None:
    """ln(1 + turn), turns from 0, the same after the thirtieth."""
    memory = talked([("Ann", f"heron {n}") for n in range(34)], TALK)
    exact = [math.log1p(min(n, LONG)) for n in range(34)] + [math.log1p(n) for n in range(3)]
    assert of(memory, "heron", "position") == pytest.approx(exact)


def test_the_last_turn_of_a_conversation_is_marked() -> None:
    """Of a conversation of several turns; a note that stands alone is the last of nothing."""
    memory = talked(TALK, MORE)
    memory.add("A note.")
    assert of(memory, "cat", "last") == [0, 0, 1, 0, 1, 0]


def test_the_last_of_two_turns_is_the_last() -> None:
    """Also where the first row is the one before it, or the one after it in time."""
    assert of(talked([("Ann", "grey"), ("Bob", "cat")]), "cat", "last") == [0, 1]
    memory = Memory(embedder=Words())
    for minute in (3, 1, 2):
        moment = f"2024-03-02T10:0{minute}:00Z"
        said = [{"role": "user", "content": moment, "timestamp": moment}]
        memory.add(said, session_id="s")
    assert of(memory, "cat", "last") == [1, 0, 0]


def test_the_opening_counts_as_far_as_there_are_other_conversations() -> None:
    """(ln 7 - ln(1 + turn)) · (1 - share of the candidates that are of this conversation)."""
    memory = talked([("Ann", f"heron {n}") for n in range(8)], MORE)
    exact = [(math.log(7) - math.log1p(min(n, OPENING))) * (1 - 8 / 10) for n in range(8)]
    exact += [(math.log(7) - math.log1p(n)) * (1 - 2 / 10) for n in range(2)]
    assert of(memory, "heron", "opening") == pytest.approx(exact, abs=1e-6)
    assert of(talked(TALK), "cat", "opening") == [0, 0, 0], "one conversation alone"


def test_the_domain_is_by_who_speaks_and_what_stands_alone() -> None:
    """Talk of persons, a chat of roles, a passage with a title, a note."""
    memory = talked(TALK[:2], CHAT)
    memory.add("Bob Ray wrote a novel.", metadata={"title": "Bob Ray"})
    memory.add("A note alone.")
    memory.add([{"role": "user", "name": "Ann", "content": "Alone."}], session_id="alone")
    found = score_candidates(context_of(memory, "cat"))
    domain = dict(zip(found.rows.tolist(), found.domain.tolist(), strict=True))
    assert [DOMAINS[domain[row]] for row in range(7)] == [
        "dialogue",
        "dialogue",
        "chat",
        "chat",
        "passages",
        "notes",
        "notes",
    ]


def test_words_of_nobody_in_a_session_are_a_chat() -> None:
    """Texts without a speaker that stand in a conversation are not talk between persons."""
    memory = filled("grey cat", "grey heron", session_id="s")
    found = score_candidates(context_of(memory, "cat"))
    assert [DOMAINS[number] for number in found.domain] == ["chat", "chat"]


# ── the score ────────────────────────────────────────────────────────────────────────────────────


def plain(**weights: float) -> LinearRanker:
    """A rule that weighs some signals as they are."""
    names = tuple(weights)
    ones = np.ones(len(names))
    return LinearRanker(names, np.array(list(weights.values())), 0 * ones, ones, bias=0.25)


def test_each_candidate_is_scored_by_the_rule_of_its_domain() -> None:
    """z = bias + Σ w x, with the weights of the candidate's own domain and no other's."""
    memory = talked(TALK, CHAT)
    memory.add("A grey note alone.")
    found = score_candidates(context_of(memory, "grey cat"))
    weights = {
        "dialogue": {"dense": 2.0, "bm25": 0.5},
        "chat": {"coverage": 3.0},
        "passages": {"position": 9.0},
        "notes": {"length": -1.0},
    }
    z = scored(found, {domain: plain(**each) for domain, each in weights.items()})
    exact = [
        0.25 + sum(w * float(x[NAMES.index(n)]) for n, w in weights[DOMAINS[d]].items())
        for x, d in zip(found.values, found.domain, strict=True)
    ]
    assert z.tolist() == pytest.approx(exact)
    assert len({DOMAINS[d] for d in found.domain.tolist()}) == 3


def test_a_score_does_not_depend_on_the_other_candidates() -> None:
    """The rule reads a candidate alone: half of them have the scores that all have."""
    found = score_candidates(context_of(talked(TALK, CHAT), "grey cat"))
    rules = dict.fromkeys(DOMAINS, plain(dense=2.0, opening=1.0))
    half = replace(found, rows=found.rows[::2], values=found.values[::2], domain=found.domain[::2])
    assert scored(half, rules).tolist() == scored(found, rules)[::2].tolist()


def test_names_in_other_scripts_are_speakers_too() -> None:
    """A person is asked about under a name of any letters."""
    memory = talked([("Zoë", "I saw a heron."), ("Анна", "Where was it?")])
    assert of(memory, "What did Zoë see?", "speaker_asked") == [1, 0]
    assert of(memory, "Что видела Анна?", "speaker_asked") == [0, 1]
