"""LoCoMo (Maharana et al., 2024): long dialogues of two people, turns as evidence.

Categories: 1 several pieces of evidence, 2 time, 3 open domain, 4 one piece, 5 cannot be answered.
The level `audited` has the gold of an independent audit where it corrects the original.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from combray.bench.datasets.form import (
    Benchmark,
    History,
    Question,
    Session,
    read_json,
    read_lines,
    split_of,
)

KINDS = {1: "1 several", 2: "2 time", 3: "3 open", 4: "4 single", 5: "5 adversarial"}
ADVERSARIAL = 5
_REFERENCE = re.compile(r"D(\d+):(\d+)")


def load() -> Benchmark:
    """The public conversations, split by conversation."""
    audit = {
        (e["sample_id"], e["qa_index"]): e["correct_evidence"]
        for e in read_lines("locomo", "errata.jsonl.gz")
    }
    histories = [
        _history(sample, audit) for sample in read_json("locomo", "locomo_public8.json.gz")
    ]
    return Benchmark(
        name="locomo",
        histories=histories,
        levels=("turn", "audited", "session"),
        shown=(
            ("turn", "R@5"),
            ("turn", "R@10"),
            ("turn", "all@10"),
            ("turn", "NDCG@10"),
            ("audited", "R@5"),
            ("audited", "R@10"),
            ("session", "R@5"),
        ),
        depth=50,
        note="categories 1 to 4 of the public conversations",
    )


def _history(sample: Mapping[str, Any], audit: Mapping[tuple[str, int], Sequence[str]]) -> History:
    name = sample["sample_id"]
    sessions = list(_sessions(sample["conversation"]))
    known = {unit["turn"] for session in sessions for unit in session.units}
    asked_at = max(session.timestamp or "" for session in sessions)
    questions = [
        _question(
            f"{name}:{i}", qa, audit.get((name, i)), known, asked_at, split_of("locomo", name)
        )
        for i, qa in enumerate(sample["qa"])
    ]
    return History(id=name, sessions=sessions, questions=questions)


def _sessions(conversation: Mapping[str, Any]) -> Iterator[Session]:
    number = 1
    while f"session_{number}_date_time" in conversation:
        turns = [t for t in conversation.get(f"session_{number}", ()) if t["text"].strip()]
        said = datetime.strptime(
            conversation[f"session_{number}_date_time"], "%I:%M %p on %d %B, %Y"
        ).replace(tzinfo=UTC)
        if turns:
            yield Session(
                id=f"session_{number}",
                content=[_message(turn) for turn in turns],
                units=[_units(turn["dia_id"]) for turn in turns],
                timestamp=said.isoformat(),
            )
        number += 1


def _message(turn: Mapping[str, Any]) -> Mapping[str, Any]:
    caption = turn.get("blip_caption")
    return {
        "role": "user",
        "name": turn["speaker"],
        "content": turn["text"],
        "metadata": {"caption": caption} if caption else {},
    }


def _units(reference: str) -> Mapping[str, str]:
    turn = _references([reference])[0]
    return {"turn": turn, "audited": turn, "session": turn.partition(":")[0]}


def _references(evidence: Sequence[str]) -> list[str]:
    """Turn ids in one spelling; the original joins some and pads others with zeros."""
    return [f"D{int(s)}:{int(t)}" for text in evidence for s, t in _REFERENCE.findall(text)]


def _question(
    name: str,
    qa: Mapping[str, Any],
    corrected: Sequence[str] | None,
    known: set[str],
    asked_at: str,
    split: str,
) -> Question:
    original = frozenset(_references(qa["evidence"])) & known
    audited = original if corrected is None else frozenset(_references(corrected)) & known
    return Question(
        id=name,
        text=qa["question"],
        kind=KINDS[qa["category"]],
        gold={
            "turn": original,
            "audited": audited,
            "session": frozenset(turn.partition(":")[0] for turn in original),
        },
        asked_at=asked_at,
        answerable=qa["category"] != ADVERSARIAL,
        split=split,
        answer=str(qa["answer"]) if "answer" in qa else None,
    )
