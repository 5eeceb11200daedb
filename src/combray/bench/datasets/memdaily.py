"""MemDaily (Zhang et al., 2024, MemSim): Chinese messages of daily life, messages as evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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

FIRST = "01_simple_events.jsonl.gz"
_TIME = re.compile(r"(\d{1,4})年(\d{1,2})月(\d{1,2})日\D*+(\d{1,2}):(\d{1,2})")


def load() -> Benchmark:
    """One small memory for each trajectory, split by trajectory."""
    files = sorted(data_file("memdaily", FIRST).parent.glob("*.jsonl.gz"))
    histories = [
        history
        for path in files
        for record in read_lines("memdaily", path.name)
        for history in _history(path.name.removesuffix(".jsonl.gz"), record)
    ]
    return Benchmark(
        name="memdaily",
        histories=histories,
        levels=("message",),
        shown=tuple(("message", metric) for metric in ("R@1", "R@3", "R@5", "all@5", "MRR")),
        depth=50,
        note="Chinese; one memory of some nine messages for each question",
    )


def _history(file: str, record: Mapping[str, Any]) -> Iterator[History]:
    name = f"{file}:{record['tid']}"
    sessions = [
        Session(
            id="daily",
            content=[{"role": "user", "content": message["message"]}],
            units=[{"message": str(message["mid"])}],
            timestamp=_moment(message["time"]),
            metadata={"place": message["place"]},
        )
        for message in record["message_list"]
        if message["message"].strip()
    ]
    questions = [
        Question(
            id=f"{name}:{q['qid']}",
            text=q["question"],
            kind=re.sub(r"^\d+_|_[a-z]+$", "", file),
            gold={"message": frozenset(map(str, q["target_step_id"]))},
            asked_at=_moment(q["time"]),
            split=split_of("memdaily", name),
        )
        for q in record["question_list"]
    ]
    if sessions and questions:
        yield History(id=name, sessions=sessions, questions=questions)


def _moment(text: str) -> str | None:
    found = _TIME.search(text)
    if found is None:
        return None
    year, month, day, hour, minute = map(int, found.groups())
    return datetime(year, month, day, hour, minute, tzinfo=UTC).isoformat()
