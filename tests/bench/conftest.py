"""A made-up set of two small histories, and a cache folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from combray.bench.datasets.form import Benchmark, History, Question, Session

FACTS = {
    "ann": ("I adopted a grey cat called Misty.", "I paint mountains.", "The tram was late."),
    "bob": ("I started a pottery class.", "My sister plays the cello.", "It rained all week."),
}


def session(name: str, number: int, text: str) -> Session:
    """One turn as a session of its own, and small talk after it."""
    turns = [text, "How lovely, tell me more!"]
    return Session(
        id=f"{name}-{number}",
        content=[{"role": "user", "name": name.title(), "content": turn} for turn in turns],
        units=[{"turn": f"{number}:{i}", "session": str(number)} for i in range(len(turns))],
        timestamp=f"2024-03-0{number + 1}T10:00:00Z",
    )


def question(name: str, text: str, number: int, *, answerable: bool = True) -> Question:
    """A question that the first turn of a session answers."""
    gold = {"turn": {f"{number}:0"}, "session": {str(number)}}
    return Question(
        id=f"{name}:{number}",
        text=text,
        kind="one" if number < 2 else "none",
        gold={level: frozenset(units) for level, units in gold.items()} if answerable else {},
        asked_at="2024-04-01T00:00:00Z",
        answerable=answerable,
        split="test" if name == "ann" else "dev",
    )


@pytest.fixture
def small() -> Benchmark:
    """Two people, three facts each, two questions with an answer and one without."""
    asked = {
        "ann": ("What is the grey cat called?", "What does she paint?", "Which flute is best?"),
        "bob": ("Which class did he start?", "What does his sister play?", "Where is the yacht?"),
    }
    histories = [
        History(
            id=name,
            sessions=[session(name, i, text) for i, text in enumerate(texts)],
            questions=[
                question(name, text, i, answerable=i < 2) for i, text in enumerate(asked[name])
            ],
        )
        for name, texts in FACTS.items()
    ]
    return Benchmark(
        name="small",
        histories=histories,
        levels=("turn", "session"),
        shown=(("turn", "R@1"), ("turn", "R@5"), ("session", "MRR")),
    )


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Vectors and half-done runs of a test stay with the test."""
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
