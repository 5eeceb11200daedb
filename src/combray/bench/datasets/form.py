"""The common form of a set: histories to remember, questions with gold evidence, fixed splits.

A unit is what a question's evidence is counted in: a turn, a session, a passage. Every message
names its unit at each level of the set, and every question its gold units.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from combray.core.errors import InputError
from combray.core.text import embed_text

DATA = "COMBRAY_DATA"
SALT = bytes.fromhex("7265636f6c6c65637400")
"""What the splits were first drawn with; another salt would move questions from test to dev."""
SPLITS = ("dev", "test", "all")
Message = str | Mapping[str, Any]
Units = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What one `Memory.add` takes in, and the unit of each message at every level."""

    content: Sequence[Message]
    units: Sequence[Units]
    id: str | None = None
    timestamp: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with its gold units at each level; not `answerable` when nothing answers it.

    `answer` is the set's own answer in words, where it has one.
    """

    id: str
    text: str
    kind: str
    gold: Mapping[str, frozenset[str]]
    asked_at: str | None = None
    answerable: bool = True
    split: str = "test"
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One memory to build, oldest session first, and what is asked of it."""

    id: str
    sessions: Sequence[Session]
    questions: Sequence[Question]


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A set: its histories, the levels of its evidence, and the figures its table shows.

    `shown` are (level, metric); `depth` is how many memories a search asks for. `version` tells the
    contents of one name apart.
    """

    name: str
    histories: Sequence[History]
    levels: Sequence[str]
    shown: Sequence[tuple[str, str]]
    depth: int = 20
    note: str = ""
    version: str = ""

    def only(
        self, split: str, limit: int | None = None, *, unanswerable: bool = False
    ) -> Benchmark:
        """The questions of a split, the first `limit` in stratified order, with their histories."""
        asked = [
            q
            for history in self.histories
            for q in history.questions
            if split in ("all", q.split)
            and (unanswerable or (q.answerable and any(q.gold.values())))
        ]
        kept = {q.id for q in (asked if limit is None else stratified(asked)[:limit])}
        histories = [
            replace(h, questions=[q for q in h.questions if q.id in kept]) for h in self.histories
        ]
        return replace(self, histories=[h for h in histories if h.questions])

    @property
    def size(self) -> int:
        """How many questions there are."""
        return sum(len(h.questions) for h in self.histories)


def plain(benchmark: Benchmark) -> Benchmark:
    """The same words as single texts, as if somebody had noted them down one by one.

    The question is then put to notes that stand alone, without names, neighbours or sessions.
    """
    histories = [
        replace(h, sessions=[note for session in h.sessions for note in _notes(session)])
        for h in benchmark.histories
    ]
    return replace(benchmark, name=f"{benchmark.name}-plain", histories=histories)


HEADS = {"line": "{title}\n{text}", "heading": "# {title}\n\n{text}"}
"""How a title stands in front of its text, by name."""


def untitled(benchmark: Benchmark, head: str = "line") -> Benchmark:
    """The same passages as plain turns, their titles in their first lines and nowhere else."""
    histories = [
        replace(h, sessions=[_untitled(session, HEADS[head]) for session in h.sessions])
        for h in benchmark.histories
    ]
    return replace(benchmark, name=f"{benchmark.name}-{head}", histories=histories)


def _untitled(session: Session, head: str) -> Session:
    title = session.metadata.get("title")
    if title is None:
        raise InputError("Only a set of passages with titles can be told in plain turns.")
    told = [
        {"role": "user", "content": head.format(title=title, text=text)} for text in session.content
    ]
    metadata = {key: value for key, value in session.metadata.items() if key != "title"}
    return replace(session, content=told, metadata=metadata)


def _notes(session: Session) -> Iterator[Session]:
    for message, units in zip(session.content, session.units, strict=True):
        text, metadata = message, {**session.metadata}
        if not isinstance(message, str):
            metadata |= message.get("metadata", {})
            text = embed_text(str(message["content"]), metadata, message.get("name"))
        yield replace(session, id=None, content=[text], units=[units], metadata=session.metadata)


def split_of(name: str, key: str) -> str:
    """`dev` or `test`, by a hash of the set and the conversation or question; never changes."""
    return "dev" if _number(name, key) % 2 == 0 else "test"


def stratified(questions: Sequence[Question]) -> list[Question]:
    """A fixed order in which every beginning holds the kinds in their proportions."""
    kinds: dict[str, list[Question]] = defaultdict(list)
    for question in sorted(questions, key=lambda q: _number("order", q.id)):
        kinds[question.kind].append(question)
    placed = [
        ((i + 0.5) / len(members), kind, question)
        for kind, members in kinds.items()
        for i, question in enumerate(members)
    ]
    return [question for _, _, question in sorted(placed, key=lambda p: (p[0], p[1], p[2].id))]


def data_file(*parts: str) -> Path:
    """A file of the benchmark data; InputError names the variable that says where they are."""
    folder = os.environ.get(DATA)
    if not folder:
        raise InputError(
            f"Benchmarks read their data from the folder that {DATA} names, and it is not set. "
            f"Set it, for example: export {DATA}=~/combray-data"
        )
    path = Path(folder).expanduser().joinpath(*parts)
    if not path.is_file():
        raise InputError(f"{path} is not there. {DATA} is {folder}; does it hold this set?")
    return path


def read_json(*parts: str) -> Any:
    """The content of a gzipped JSON file of the data."""
    with gzip.open(data_file(*parts), "rt", encoding="utf-8") as file:
        return json.load(file)


def read_lines(*parts: str) -> Iterator[Any]:
    """The records of a gzipped JSON-lines file of the data."""
    with gzip.open(data_file(*parts), "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _number(*parts: str) -> int:
    text = "\0".join(parts).encode()
    return int.from_bytes(hashlib.blake2b(SALT + text, digest_size=8).digest(), "big")
