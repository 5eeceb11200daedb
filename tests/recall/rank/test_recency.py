"""The newer of two statements that contradict each other ranks first, and both stay."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray import Memory
from combray.core.items import Hit
from combray.recall.rank import recency
from combray.recall.rank.recency import Update, newer_first
from tests.recall.asking import DAY, USER, opened, said
from tests.words import Words

OLD, NEW = "The port of the server is 22.", "The port of the server is 25."
QUESTION = "What is the port of the server?"
OTHERS = ["I bought running shoes.", "The car needs tyres.", "We made lentil soup."]


def hits(memory: Memory, question: str = QUESTION, **options: Any) -> list[Hit]:
    """What a memory answers."""
    return memory.search(question, user_id=USER, **options)


def told(*texts: str | dict[str, Any], times: tuple[str, ...] = ()) -> Memory:
    """A memory that was told some texts in order, at some times."""
    memory = Memory(embedder=Words())
    for n, text in enumerate(texts):
        content = text if isinstance(text, str) else [text]
        memory.add(content, user_id=USER, timestamp=times[n] if times else None)
    return memory


def test_the_newer_stands_before_the_older() -> None:
    """By the order of the log where no times are given; nothing is hidden or called superseded."""
    for first, second in ((OLD, NEW), (NEW, OLD)):
        found = hits(told(first, *OTHERS, second))
        assert [hit.text for hit in found[:2]] == [second, first]
        assert not any(hit.superseded for hit in found)
        assert len(found) == 5


def test_the_time_of_a_statement_comes_before_its_place_in_the_log() -> None:
    """What was said later is newer, however late the other was stored."""
    found = hits(told(NEW, OLD, times=("2024-05-01", "2023-01-01")))
    assert [hit.text for hit in found[:2]] == [NEW, OLD]


def test_of_several_the_newest_is_first() -> None:
    """However the words rank them."""
    values = [f"The port of the server is {n}." for n in (22, 25, 80, 443)]
    found = hits(told(*values, *OTHERS))
    assert found[0].text == values[-1]


def test_the_explanation_names_what_was_updated_and_why() -> None:
    """The newer says which it updates; the older says nothing."""
    new, old, *_ = hits(told(OLD, *OTHERS, NEW))
    assert new.explain["updates"] == {old.id: "'25' for '22'"}
    assert "updates" not in old.explain
    assert new.score >= old.score


def test_people_who_say_different_things_both_stand() -> None:
    """One speaker does not correct another; a note counts as the user's own words."""
    turns = [
        {"role": "user", "name": name, "content": text}
        for name, text in (("Ann", OLD), ("Bob", NEW))
    ]
    assert not any("updates" in hit.explain for hit in hits(told(*turns)))
    assert hits(told(OLD, {"role": "user", "content": NEW}))[0].text == NEW
    assert not any(
        "updates" in h.explain for h in hits(told(OLD, {"role": "assistant", "content": NEW}))
    )


def test_things_with_titles_of_their_own_both_stand() -> None:
    """A passage is about its title."""
    memory = Memory(embedder=Words())
    for text, title in ((OLD, "Alpha"), (NEW, "Beta")):
        memory.add(text, user_id=USER, metadata={"title": title})
    assert not any("updates" in hit.explain for hit in hits(memory))


def test_what_was_superseded_is_not_lifted() -> None:
    """A newer value that is over stays where it ranks."""
    over = said(NEW, 2 * DAY, valid_from_us=2 * DAY, valid_to_us=3 * DAY)
    memory = opened(said(OLD, DAY, valid_from_us=DAY), over)
    assert not any("updates" in hit.explain for hit in hits(memory))


def test_a_question_of_the_past_is_answered_from_the_past() -> None:
    """What came later is no answer there, and lifts nothing."""
    memory = told(OLD, NEW, times=("2023-01-01", "2024-01-01"))
    (only,) = hits(memory, as_of="2023-06-01")
    assert only.text == OLD


def test_long_texts_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor what ranks far below."""
    memory = told(OLD, NEW)
    monkeypatch.setattr(recency, "TERMS", 2)
    assert not any("updates" in hit.explain for hit in hits(memory))
    monkeypatch.undo()
    monkeypatch.setattr(recency, "FIRST", 1)
    assert "updates" not in hits(memory, limit=1)[0].explain


def test_what_was_updated_counts_within_the_limit() -> None:
    """One answer is asked for, and it is the newer."""
    assert [hit.text for hit in hits(told(OLD, *OTHERS, NEW), limit=1)] == [NEW]


# ── the order ────────────────────────────────────────────────────────────────────────────────────


def test_an_update_takes_the_place_and_score_of_what_it_updates() -> None:
    """All others keep their order."""
    order = newer_first([0, 1, 2, 3], [0.9, 0.5, 0.3, 0.1], [Update(0, 2, "")], 4)
    assert order == ([2, 0, 1, 3], [0.9, 0.9, 0.5, 0.1])
    assert newer_first([0, 1], [0.9, 0.5], [], 1) == ([0], [0.9])


@given(
    st.permutations(range(8)),
    st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1])),
    st.integers(1, 8),
)
def test_no_statement_stands_before_what_updates_it(
    order: list[int], pairs: set[tuple[int, int]], limit: int
) -> None:
    """No row comes twice, scores fall, and what updates nothing keeps its order."""
    updates = [Update(old, new, "") for old, new in sorted(pairs, key=lambda p: -p[1])]
    scores = [1 - place / 10 for place in range(8)]
    rows, values = newer_first(order, scores, updates, limit)
    assert len(rows) == len(set(rows)) == len(values) == limit
    assert values == sorted(values, reverse=True)
    place = {row: n for n, row in enumerate(rows)}
    for old, new in pairs:
        assert old not in place or place[new] < place[old]
    still = set(range(8)) - {new for _, new in pairs}
    assert [r for r in rows if r in still] == [r for r in order if r in still and r in place]


def test_a_long_chain_of_updates_is_lifted_at_once() -> None:
    """Sixty statements of which each updates all before it: the newest first, in no time."""
    rows = list(range(60))
    updates = [Update(old, new, "") for old in rows for new in reversed(rows) if new > old]
    placed, _ = newer_first(rows, [1.0] * 60, updates, 60)
    assert placed == list(reversed(rows))
