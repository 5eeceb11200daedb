"""LongMemEval S (Wu et al., 2025): chats with an assistant, some 48 sessions for each question.

`longmemeval` remembers what both said, `longmemeval-user` the user's turns only, as the paper
does. Evidence is counted in sessions and in turns; questions without a marked turn count for
sessions only. Both take the same questions, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from combray.bench.datasets.form import (
    Benchmark,
    History,
    Question,
    Session,
    data_file,
    read_lines,
    split_of,
)

Turns = Sequence[tuple[str, str]]


def load() -> Benchmark:
    """What the user and the assistant said."""
    return _load("longmemeval", ("user", "assistant"))


def load_user() -> Benchmark:
    """What the user said."""
    return _load("longmemeval-user", ("user",))


def _load(name: str, roles: tuple[str, ...]) -> Benchmark:
    sessions: dict[str, Turns] = {}
    for path in sorted(data_file("longmemeval", "questions.jsonl.gz").parent.glob("sessions_*")):
        sessions.update((s["id"], s["turns"]) for s in read_lines("longmemeval", path.name))
    records = (r for r in read_lines("longmemeval", "questions.jsonl.gz") if r["s"] is not None)
    return Benchmark(
        name=name,
        histories=[_history(record, sessions, roles) for record in records],
        levels=("session", "turn"),
        shown=(
            ("session", "any@5"),
            ("session", "all@5"),
            ("session", "NDCG@10"),
            ("turn", "R@5"),
            ("turn", "R@10"),
            ("turn", "all@10"),
        ),
        depth=100,
        note="public questions with an S haystack, without the unanswerable ones",
    )


def _history(
    record: Mapping[str, Any], sessions: Mapping[str, Turns], roles: tuple[str, ...]
) -> History:
    haystack = record["s"]
    pairs = zip(haystack["haystack_session_ids"], haystack["haystack_dates"], strict=True)
    dated = sorted(((_moment(date), i, id_) for i, (id_, date) in enumerate(pairs)))
    told = [_session(id_, moment, sessions[id_], roles) for moment, _, id_ in dated]
    return History(
        id=record["question_id"],
        sessions=[session for session in told if session.content],
        questions=[_question(record, sessions, roles)],
    )


def _session(id_: str, moment: str, turns: Turns, roles: tuple[str, ...]) -> Session:
    said = [(i, role, text) for i, (role, text) in enumerate(turns) if role in roles]
    said = [(i, role, text) for i, role, text in said if text.strip()]
    return Session(
        id=id_,
        content=[{"role": role, "content": text.replace("\0", "")} for _, role, text in said],
        units=[{"turn": f"{id_}:{i}", "session": id_} for i, _, _ in said],
        timestamp=moment,
    )


def _question(
    record: Mapping[str, Any], sessions: Mapping[str, Turns], roles: tuple[str, ...]
) -> Question:
    marked = [(id_, i) for id_, turns in record["evidence"].items() for i in turns]
    turns = frozenset(f"{id_}:{i}" for id_, i in marked if sessions[id_][i][0] in roles)
    return Question(
        id=record["question_id"],
        text=record["question"],
        kind=record["question_type"],
        gold={"session": frozenset(record["s"]["answer_session_ids"]), "turn": turns},
        asked_at=_moment(record["s"]["question_date"]),
        answerable=not record["question_id"].endswith("_abs"),
        split=split_of("longmemeval", record["question_id"]),
        answer=str(record["answer"]),
    )


def _moment(date: str) -> str:
    """2023/05/20 (Sat) 02:21 in ISO."""
    return datetime.strptime(date, "%Y/%m/%d (%a) %H:%M").replace(tzinfo=UTC).isoformat()
