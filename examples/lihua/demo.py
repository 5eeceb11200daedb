"""Remember a year of one person's chats, answer questions about it, and compare four memories.

Run it with: make demo   (or: python examples/lihua/demo.py)
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from combray import Hit, Memory
from combray.models.embed import resolve

HERE = Path(__file__).parent
USER = "lihua"
ASKED_AT = "2027-01-01T00:00:00Z"
"""The questions carry no date: they are put when the year is over."""

SHOWN = ("66", "85", "154", "107", "75", "1")
"""Questions answered on the screen, by their ids: five of one conversation, two of several."""

SYSTEMS = ("evidence", "bm25", "dense", "hybrid")
TOP = 5

console = Console(highlight=False)


def read(name: str) -> list[dict[str, Any]]:
    """The records of one of the data files."""
    with gzip.open(HERE / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


# ── the year as messages ─────────────────────────────────────────────────────────────────────────

SPEAKER = re.compile(r"^([A-Z][A-Za-z]*(?:[ -][A-Za-z]+)*): ?(.*)$")


def speakers(sessions: Iterable[dict[str, Any]]) -> set[str]:
    """Names that open a line more than once in the year; "Quick recipe:" opens only one."""
    opened = Counter(
        match[1]
        for session in sessions
        for line in session["text"].splitlines()[1:]
        if (match := SPEAKER.match(line))
    )
    return {name for name, times in opened.items() if times > 1}


def messages(session: dict[str, Any], known: set[str]) -> list[dict[str, Any]]:
    """The turns of one chat; a line that no speaker opens belongs to the turn before it."""
    turns: list[dict[str, Any]] = []
    for line in session["text"].splitlines()[1:]:
        match = SPEAKER.match(line)
        if match and match[1] in known:
            turns.append({"role": "user", "name": match[1], "content": match[2]})
        elif turns and line.strip() not in ("", "<END>"):
            turns[-1]["content"] += f"\n{line}"
    return [turn for turn in turns if turn["content"].strip()]


def bar() -> Progress:
    """A progress bar that stays on the screen."""
    words = TextColumn("{task.description}")
    return Progress(words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console)


def remember(memory: Memory, sessions: Sequence[dict[str, Any]]) -> int:
    """Add every chat as one batch, dated as it was; returns how many turns there were."""
    known = speakers(sessions)
    turns = 0
    with bar() as progress:
        for session in progress.track(sessions, description="Remembering a year of chats"):
            turns += len(
                memory.add(
                    messages(session, known),
                    user_id=USER,
                    session_id=session["id"],
                    timestamp=session["time"],
                )
            )
    return turns


# ── questions ────────────────────────────────────────────────────────────────────────────────────


def ask(memory: Memory, question: dict[str, Any], limit: int) -> list[Hit]:
    """Search for one question of the set."""
    return memory.search(question["question"], user_id=USER, limit=limit, asked_at=ASKED_AT)


def show(memory: Memory, question: dict[str, Any], hits_shown: int = 3) -> None:
    """Print a question with the words it was answered from: date, speaker, score and its parts."""
    console.print(f"\n[bold cyan]{escape(question['question'])}[/]")
    console.print(f"[dim]the set's answer:[/] {escape(question['answer'])}")
    gold = set(question["evidence"])
    grid = Table.grid(padding=(0, 1))
    for hit in ask(memory, question, hits_shown):
        item = hit.item
        mark = "[green]✓[/]" if item.scope.session_id in gold else "[yellow]·[/]"
        words = escape(" ".join(item.text.split())[:300])
        said = f"[magenta]{escape(item.name or '?')}[/] {words}\n[dim]{escape(reasons(hit))}[/]"
        grid.add_row(mark, f"[bold]{hit.score:.2f}[/]", f"{item.timestamp:%Y-%m-%d}", said)
    console.print(grid)


def reasons(hit: Hit) -> str:
    """The channels that ranked a hit best, what moved its score most, and its evidence."""
    best = sorted(hit.explain["channels"].items(), key=lambda pair: pair[1])[:4]
    channels = ", ".join(f"{name} #{rank}" for name, rank in best)
    told = {n: part for n, part in hit.explain["parts"].items() if n not in ("bias", "few")}
    parts = sorted(told.items(), key=lambda pair: -abs(pair[1]))[:4]
    moved = ", ".join(f"{name} {part:+.1f}" for name, part in parts)
    return f"found by {channels}; score {moved}; evidence {', '.join(hit.evidence)}"


# ── the table ────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Score:
    """What one system did: for each question the share of its evidence found, and the time."""

    shares: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def measure(self, memory: Memory, question: dict[str, Any]) -> None:
        """The share of a question's evidence among the first different chats of the answer."""
        limit = 4 * TOP
        found: list[str] = []
        while len(found) < TOP:
            begun = time.process_time()
            hits = ask(memory, question, limit)
            if limit == 4 * TOP:
                self.seconds.append(time.process_time() - begun)
            found = list(dict.fromkeys(str(hit.item.scope.session_id) for hit in hits))
            if len(hits) < limit:
                break
            limit *= 4
        gold = set(question["evidence"])
        self.shares.append(len(gold.intersection(found[:TOP])) / len(gold))

    def row(self) -> tuple[str, str, str]:
        """The mean share with its bootstrap interval, and the usual time in ms."""
        values = np.asarray(self.shares)
        picks = np.random.default_rng(0).integers(len(values), size=(1000, len(values)))
        low, high = np.quantile(values[picks].mean(axis=1), (0.025, 0.975))
        ms = 1000 * float(np.median(self.seconds))
        return f"{values.mean():.3f}", f"{low:.3f} to {high:.3f}", f"{ms:.1f}"


def compare(path: Path, embedder: Any, questions: Sequence[dict[str, Any]]) -> Table:
    """The same questions to every system over the same file."""
    scores = {system: Score() for system in SYSTEMS}
    with ExitStack() as stack, bar() as progress:
        memories = {
            system: stack.enter_context(Memory(path, system=system, embedder=embedder))
            for system in SYSTEMS
        }
        for memory in memories.values():
            ask(memory, questions[0], 1)
        for question in progress.track(questions, description="Asking all four"):
            # Embedded before the clock starts: the model's time is the same for all.
            embedder.embed([question["question"]])
            for system, memory in memories.items():
                scores[system].measure(memory, question)
    table = Table(title=f"{len(questions)} questions that have evidence in these chats")
    for heading in ("memory", f"R@{TOP} of chats", "95 % interval", "CPU ms a search"):
        table.add_column(heading, justify="left" if heading == "memory" else "right")
    for system, score in scores.items():
        table.add_row(system, *score.row(), style="bold" if system == SYSTEMS[0] else "")
    return table


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", type=Path, default=HERE / "lihua.db", help="made anew each time")
    parser.add_argument("--embedder", default="auto", help="auto, minilm, minilm-int8, hashed")
    parser.add_argument("--sessions", type=int, help="only the first so many chats")
    parser.add_argument("--questions", type=int, help="only so many questions in the table")
    return parser.parse_args()


def choose(name: str) -> Any:
    """The embedder of a name; what it warns of is told in a line."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        embedder = resolve(name)
    for warning in told:
        console.print(f"Note: {warning.message}", style="yellow", markup=False)
    console.print(f"Embedder: {embedder.name}", style="dim")
    return embedder


def main() -> None:
    """Remember, answer, compare."""
    asked = options()
    begun = time.perf_counter()
    for old in asked.db.parent.glob(f"{asked.db.name}*"):
        old.unlink()
    embedder = choose(asked.embedder)
    sessions = read("sessions.jsonl.gz")[: asked.sessions]
    here = {session["id"] for session in sessions}
    questions = [
        q for q in read("questions.jsonl.gz") if q["evidence"] and here >= {*q["evidence"]}
    ]
    with Memory(asked.db, embedder=embedder) as memory:
        turns = remember(memory, sessions)
        console.print(f"{turns} turns of {len(sessions)} chats, dated, in {asked.db}", markup=False)
        console.print("✓ marks a chat that the set names as evidence", style="dim")
        for question in questions:
            if question["id"] in SHOWN:
                show(memory, question)
    console.print()
    console.print(compare(asked.db, embedder, questions[: asked.questions]))
    console.print(
        f"{time.perf_counter() - begun:.0f} s in all. Ask it yourself:\n"
        f'  combray search "What is the Wi-Fi password?" --user {USER} --db {asked.db}',
        markup=False,
        soft_wrap=True,
    )


if __name__ == "__main__":
    main()
