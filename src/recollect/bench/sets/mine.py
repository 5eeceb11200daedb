"""A set of your own: your chats and your questions, in one file of JSON lines.

    {"session": "s1", "timestamp": "2024-05-01T10:00:00Z", "messages": [
        {"role": "user", "name": "Ann", "content": "I adopted a cat.", "id": "m1"}, …]}
    {"question": "What pet does Ann have?", "evidence": ["m1"], "answer": "a cat"}

`evidence` names messages by their `id`, or as `s1#2` (the second message of session s1), or whole
sessions; without evidence nothing answers the question. Optional: `user` on both (each user is a
memory of its own), `asked_at`, `kind`, `answer`, and `split` (dev or test) on questions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recollect.bench.sets.form import Benchmark, History, Question, Session, split_of
from recollect.core.errors import InputError, reason

Json = Mapping[str, Any]
USER = "me"


def load(path: Path) -> Benchmark:
    """The set in a file; InputError names the line that cannot be used."""
    sessions: dict[str, list[Session]] = {}
    asked: list[tuple[str, Json, str]] = []
    for where, record in _lines(path):
        user = str(record.get("user", USER))
        if "messages" in record:
            sessions.setdefault(user, []).append(_session(record, where))
        elif "question" in record:
            asked.append((user, record, where))
        else:
            raise InputError(f"{where} has neither 'messages' nor 'question'.")
    if not sessions:
        raise InputError(f"{path} holds no session. Its form: see recollect.bench.sets.mine.")
    histories = [
        History(
            id=user,
            sessions=mine,
            questions=[
                _question(record, where, path.stem, mine)
                for other, record, where in asked
                if other == user
            ],
        )
        for user, mine in sessions.items()
    ]
    return Benchmark(
        name=path.stem,
        histories=histories,
        levels=("turn", "session"),
        shown=(("turn", "R@5"), ("turn", "R@10"), ("turn", "NDCG@10"), ("session", "R@5")),
        note=f"the questions in {path.name}",
    )


def _lines(path: Path) -> Iterator[tuple[str, Json]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read {path}: {reason(error)}.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path} line {number}"
        try:
            record = json.loads(line)
        except ValueError as error:
            raise InputError(f"{where} is not JSON ({error}).") from error
        if not isinstance(record, dict):
            raise InputError(f"{where} is not a JSON object.")
        yield where, record


def _session(record: Json, where: str) -> Session:
    name, messages = str(record.get("session", where)), record["messages"]
    if not isinstance(messages, list) or not messages:
        raise InputError(f"{where}: messages must be a list with at least one message.")
    content, units = [], []
    for number, message in enumerate(messages, start=1):
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise InputError(f"{where}: message {number} has no 'content' of text.")
        content.append({key: value for key, value in message.items() if key != "id"})
        units.append({"turn": str(message.get("id", f"{name}#{number}")), "session": name})
    return Session(id=name, content=content, units=units, timestamp=record.get("timestamp"))


def _question(record: Json, where: str, name: str, sessions: list[Session]) -> Question:
    text, evidence = record["question"], record.get("evidence") or []
    if not isinstance(text, str) or not text.strip() or not isinstance(evidence, list):
        raise InputError(f"{where}: a question needs text, and a list as its evidence.")
    turns = {unit["turn"]: unit["session"] for session in sessions for unit in session.units}
    numbered = {
        f"{session.id}#{i}": unit["turn"]
        for session in sessions
        for i, unit in enumerate(session.units, start=1)
    }
    gold = frozenset(numbered.get(str(name), str(name)) for name in evidence)
    whole = {session for session in turns.values() if session in gold}
    lost = sorted(gold - turns.keys() - whole)
    if lost:
        raise InputError(f"{where}: the evidence {lost[0]!r} is no message or session of the file.")
    named = frozenset(t for t, session in turns.items() if t in gold or session in whole)
    return Question(
        id=where.rsplit(" ", 1)[-1],
        text=text,
        kind=str(record.get("kind", "mine")),
        gold={"turn": named, "session": frozenset(turns[turn] for turn in named)},
        asked_at=record.get("asked_at"),
        answerable=bool(gold),
        split=str(record.get("split") or split_of(name, text)),
        answer=record.get("answer"),
    )
