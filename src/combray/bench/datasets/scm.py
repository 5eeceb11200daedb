"""SCM's long dialogues with an assistant (Wang et al., 2023) and its 53 English questions.

The set has answers but no evidence. The gold turns are made here: those that hold at least 90 % of
what the best turn holds of the answer's words, when the best holds half of them. Questions whose
answer stands in no turn are left out, so these figures compare memories and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from combray.bench.datasets.form import Benchmark, History, Question, Session, read_json, split_of
from combray.core.text import terms

HALF, NEARLY = 0.5, 0.9


def load() -> Benchmark:
    """One memory for each dialogue, split by dialogue."""
    questions = read_json("scm", "questions_en.json.gz")
    return Benchmark(
        name="scm",
        histories=[
            _history(dialogue, [q for q in questions if q["id"] == dialogue["id"]])
            for dialogue in read_json("scm", "dialogue_en.json.gz")
        ],
        levels=("turn",),
        shown=tuple(("turn", metric) for metric in ("any@1", "any@5", "any@10", "R@5", "MRR")),
        depth=50,
        note="gold turns found by the words of the answers",
    )


def _history(dialogue: Mapping[str, Any], questions: Sequence[Mapping[str, Any]]) -> History:
    said = [(i, text) for i, text in enumerate(dialogue["dialogue"]) if text.strip()]
    roles = ("user", "assistant")
    session = Session(
        id="dialogue",
        content=[{"role": roles[i % 2], "content": text} for i, text in said],
        units=[{"turn": str(i)} for i, _ in said],
    )
    words = {i: set(terms(text)) for i, text in said}
    asked = [
        Question(
            id=f"scm:{q['question_id']}",
            text=q["question"],
            kind=q["mode"],
            gold={"turn": _gold(q["answer"], words)},
            split=split_of("scm", dialogue["id"]),
        )
        for q in questions
    ]
    return History(id=dialogue["id"], sessions=[session], questions=asked)


def _gold(answer: str, turns: Mapping[int, set[str]]) -> frozenset[str]:
    wanted = set(terms(answer))
    shares = {i: len(wanted & words) / max(len(wanted), 1) for i, words in turns.items()}
    best = max(shares.values(), default=0.0)
    if best < HALF:
        return frozenset()
    return frozenset(str(i) for i, share in shares.items() if share >= NEARLY * best)
