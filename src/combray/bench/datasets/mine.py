"""A set of your own: your chats, your notes and your questions, in one file of JSON lines.

    {"session": "s1", "timestamp": "2024-05-01T10:00:00Z", "messages": [
        {"role": "user", "name": "Ann", "content": "I adopted a cat.", "id": "m1"}, …]}
    {"id": "p1", "title": "Paris", "text": "Paris is the capital of France."}
    {"question": "What pet does Ann have?", "evidence": ["m1"], "answer": "a cat"}

`evidence` names messages and texts by their `id`, messages also as `s1#2` (the second of session
s1), or whole sessions; without evidence nothing answers the question. Optional: `user` on every
line (each user is a memory of its own), `timestamp` (else it is when the file was written), and on
questions `answer`, `asked_at`, `kind`, `split` (dev or test) and `draft` (true while nobody has
checked it).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from combray.bench.datasets.form import SPLITS, Benchmark, History, Question, Session, split_of
from combray.core.errors import InputError, reason
from combray.core.items import ROLE_ALIASES, ROLES
from combray.core.time import iso, to_micros

Json = Mapping[str, Any]
USER = "me"
DRAFT = "draft"
FORM = (
    'A line is {"session": …, "messages": [{"role": …, "content": …}]}, {"id": …, "text": …} or '
    '{"question": …, "evidence": [ids]}; the form stands in docs/recall.md.'
)
PARTS: Mapping[str, frozenset[str]] = {
    "messages": frozenset(("session", "timestamp", "messages", "user")),
    "question": frozenset(
        ("question", "evidence", "answer", "asked_at", "kind", "split", "user", DRAFT)
    ),
    "text": frozenset(("id", "text", "title", "timestamp", "user")),
}
"""What a line of each sort may hold, by the part that tells its sort."""


def load(path: Path) -> Benchmark:
    """The set in a file; InputError names the line that cannot be used."""
    told: dict[str, list[Session]] = {}
    asked: list[tuple[str, Json, str, int]] = []
    known: set[tuple[str, str]] = set()
    data, written = _content(path)
    for number, record in _records(data, path):
        where = f"{path} line {number}"
        sort, user = _sort(record, where), str(record.get("user", USER))
        if sort == "question":
            asked.append((user, record, where, number))
            continue
        dated = {"timestamp": written, **record}
        made = _note(dated, where) if sort == "text" else _session(dated, where, number)
        _once(known, user, [unit["turn"] for unit in made.units], where)
        told.setdefault(user, []).append(made)
    if not told:
        raise InputError(f"{path} holds no session and no text. {FORM}")
    questions: dict[str, list[Question]] = {user: [] for user in told}
    for user, record, where, number in asked:
        if user not in told:
            raise InputError(f"{where}: no line tells anything of the user {user!r}.")
        questions[user].append(_question(record, where, f"{path.stem}:{number}", told[user]))
    return Benchmark(
        name=path.stem,
        histories=[History(id=u, sessions=told[u], questions=questions[u]) for u in told],
        levels=("turn", "session"),
        shown=(("turn", "R@5"), ("turn", "R@10"), ("turn", "NDCG@10"), ("session", "R@5")),
        note=f"the questions in {path.name}",
        version=hashlib.blake2b(data, digest_size=8).hexdigest(),
    )


def _content(path: Path) -> tuple[bytes, str | None]:
    """The bytes of a file, and when it was written: the time of what has none of its own."""
    try:
        return path.read_bytes(), iso(int(path.stat().st_mtime) * 1_000_000)
    except OSError as error:
        raise InputError(f"Cannot read {path}: {reason(error)}.") from error


def _records(data: bytes, path: Path) -> Iterator[tuple[int, Json]]:
    """The objects of a file with the numbers of their lines."""
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        where = f"{path} line {number}"
        try:
            record = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise InputError(f"{where} is not UTF-8 (byte {error.start} of it).") from error
        except ValueError as error:
            raise InputError(f"{where} is not JSON ({error}). {FORM}") from error
        if not isinstance(record, dict):
            raise InputError(f"{where} is not a JSON object. {FORM}")
        yield number, record


def _sort(record: Json, where: str) -> str:
    """Whether a line is of messages, a question or a text; InputError for what none of them has."""
    sort = next((sort for sort in PARTS if sort in record), None)
    if sort is None:
        raise InputError(f"{where} has neither 'messages' nor 'text' nor 'question'. {FORM}")
    if foreign := sorted(record.keys() - PARTS[sort]):
        known = ", ".join(sorted(PARTS[sort]))
        raise InputError(f"{where} has an unknown part {foreign[0]!r}. Known here: {known}.")
    _time(record.get("timestamp"), f"{where}: timestamp")
    return sort


def _session(record: Json, where: str, number: int) -> Session:
    name, messages = str(record.get("session", f"line {number}")), record["messages"]
    if not isinstance(messages, list) or not messages:
        raise InputError(f"{where}: messages must be a list with at least one message.")
    content, units = [], []
    for place, message in enumerate(messages, start=1):
        _check(message, f"{where}: message {place}")
        content.append({key: value for key, value in message.items() if key != "id"})
        units.append({"turn": str(message.get("id", f"{name}#{place}")), "session": name})
    return Session(id=name, content=content, units=units, timestamp=record.get("timestamp"))


def _check(message: Any, where: str) -> None:
    """Refuse a message that a memory would refuse, while its line is known."""
    if not isinstance(message, dict) or not _said(message.get("content")):
        raise InputError(f"{where} has no 'content' of text.")
    role = message.get("role", "user")
    if ROLE_ALIASES.get(str(role), role) not in ROLES:
        raise InputError(
            f"{where} has the role {role!r}. Known roles: {', '.join(ROLES)}. Who speaks is its "
            "'name'."
        )
    if message.get("name") is not None and not _said(message["name"]):
        raise InputError(f"{where} has a 'name' that is no text.")
    _time(message.get("timestamp"), f"{where}: timestamp")


def _note(record: Json, where: str) -> Session:
    """A text that stands alone; it is a session of its own."""
    if "id" not in record or not _said(record["text"]):
        raise InputError(f"{where}: a text needs words, and an id that evidence can name.")
    name = str(record["id"])
    return Session(
        content=[record["text"]],
        units=[{"turn": name, "session": name}],
        timestamp=record.get("timestamp"),
        metadata={"title": record["title"]} if "title" in record else {},
    )


def _once(known: set[tuple[str, str]], user: str, ids: Sequence[str], where: str) -> None:
    """Note new ids; InputError for one that stands before."""
    for id_ in ids:
        if (user, id_) in known:
            raise InputError(
                f"{where}: the id {id_!r} stands twice, so evidence could not name it."
            )
        known.add((user, id_))


def _question(record: Json, where: str, id_: str, sessions: Sequence[Session]) -> Question:
    text, evidence = record["question"], record.get("evidence") or []
    if not _said(text) or not isinstance(evidence, list):
        raise InputError(f"{where}: a question needs text, and a list of ids as its evidence.")
    answer, split = record.get("answer"), record.get("split")
    if answer is not None and not isinstance(answer, str):
        raise InputError(f"{where}: the answer must be text, not {answer!r}.")
    if split not in (None, *SPLITS[:2]):
        raise InputError(f"{where}: split is dev or test, not {split!r}.")
    _time(record.get("asked_at"), f"{where}: asked_at")
    gold = _gold([str(name) for name in evidence], sessions, where)
    return Question(
        id=id_,
        text=text,
        kind=DRAFT if record.get(DRAFT) else str(record.get("kind", "mine")),
        gold=gold,
        asked_at=record.get("asked_at"),
        answerable=bool(evidence),
        split=split or split_of("mine", text),
        answer=answer,
    )


def _gold(
    names: Collection[str], sessions: Sequence[Session], where: str
) -> Mapping[str, frozenset[str]]:
    """The messages that evidence names, and their sessions; a session stands for its messages."""
    turns = {unit["turn"]: unit["session"] for session in sessions for unit in session.units}
    placed = {
        f"{session.id}#{i}": unit["turn"]
        for session in sessions
        for i, unit in enumerate(session.units, start=1)
    }
    named = {name if name in turns else placed.get(name, name) for name in names}
    whole = named & set(turns.values())
    if lost := sorted(named - turns.keys() - whole):
        raise InputError(f"{where}: the evidence {lost[0]!r} is no message or session of the file.")
    found = frozenset(t for t, session in turns.items() if t in named or session in whole)
    return {"turn": found, "session": frozenset(turns[turn] for turn in found)}


def _said(text: Any) -> bool:
    return isinstance(text, str) and bool(text.strip())


def _time(value: Any, what: str) -> None:
    if value is not None:
        to_micros(value, what=what)
