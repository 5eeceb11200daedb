"""LiHua-World (Fan et al., 2025, MiniRAG): a year of one person's chats, sessions as evidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from combray.bench.datasets.form import Benchmark, History, Question, Session, read_lines, split_of

ASKED_AT = "2027-01-01T00:00:00+00:00"
"""The questions carry no date: they are put when the year is over."""

_SPEAKER = re.compile(r"^([A-Z][A-Za-z]*(?:[ -][A-Za-z]+)*): ?(.*)$")


def load() -> Benchmark:
    """The whole year as one memory, split by question."""
    records = sorted(read_lines("lihua_world", "sessions.jsonl.gz"), key=lambda r: r["id"])
    known = speakers(record["text"] for record in records)
    history = History(
        id="lihua",
        sessions=[_session(record, known) for record in records],
        questions=[_question(q) for q in read_lines("lihua_world", "questions.jsonl.gz")],
    )
    return Benchmark(
        name="lihua",
        histories=[history],
        levels=("session",),
        shown=tuple(
            ("session", metric) for metric in ("R@1", "R@5", "R@10", "all@5", "NDCG@10", "MRR")
        ),
        depth=100,
        note="answerable questions",
    )


def speakers(texts: Iterable[str]) -> set[str]:
    """Names that open a line more than once in the year; "Quick recipe:" opens only one."""
    opened = Counter(
        match[1]
        for text in texts
        for line in text.splitlines()[1:]
        if (match := _SPEAKER.match(line))
    )
    return {name for name, times in opened.items() if times > 1}


def _session(record: Mapping[str, Any], known: set[str]) -> Session:
    turns: list[dict[str, str]] = []
    for line in record["text"].splitlines()[1:]:
        match = _SPEAKER.match(line)
        if match and match[1] in known:
            turns.append({"role": "user", "name": match[1], "content": match[2]})
        elif turns and line.strip() not in ("", "<END>"):
            turns[-1]["content"] += f"\n{line}"
    said = [turn for turn in turns if turn["content"].strip()]
    shape = "%Y%m%d_%H%M" if "_" in record["time"] else "%Y%m%d"
    moment = datetime.strptime(record["time"], shape).replace(tzinfo=UTC)
    return Session(
        id=record["id"],
        content=said,
        units=[{"session": record["id"]}] * len(said),
        timestamp=moment.isoformat(),
    )


def _question(record: Mapping[str, Any]) -> Question:
    return Question(
        id=f"lihua:{record['id']}",
        text=record["question"],
        kind=record["type"].lower(),
        gold={"session": frozenset(record["evidence"])},
        asked_at=ASKED_AT,
        answerable=record["type"] != "Null",
        split=split_of("lihua", record["id"]),
        answer=record.get("answer"),
    )
