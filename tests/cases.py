"""One case for each system of every tier: how it is opened, told, asked, saved and shown.

The laws in test_laws.py hold for every case; a system without one fails test_systems.py. Text
memories share one way, so a new one has its case as soon as it is in the catalogue; give it a line
in `OPTIONS` when it cannot be made without, and in `tests/tensor/cases.py` if it is of tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from combray import Memory
from combray.bench.context.cases import Case as Questions
from combray.bench.context.needles import Haystack
from combray.bench.scbench import CaseShape
from combray.core.catalogue import row
from combray.core.text import count_tokens
from combray.systems import names
from combray.testing.laws import Session
from combray.testing.story import QUESTIONS, STORY, StorySession
from tests.words import Words


class Case(Protocol):
    """One system and its history. `saves` says whether its state can be kept and loaded."""

    @property
    def name(self) -> str:
        """Its name in the catalogue."""

    @property
    def saves(self) -> bool:
        """Whether it can be saved."""

    def open(self) -> AbstractContextManager[Session]:
        """A fresh one; what is random in it is drawn from the same seed each time."""

    def save(self, session: Any, place: Path, /) -> None:
        """Keep its state in a folder."""

    def load(self, place: Path, /) -> AbstractContextManager[Session]:
        """One with the state that is kept in a folder."""

    def showcase(self, **options: Any) -> Any:
        """What it makes of a small input, with everything that explains it, as plain data.

        It is held to be the same each time. What a null must change are the tests that it names.
        """


# ── text memories ────────────────────────────────────────────────────────────────────────────────

SHOWN = (
    *STORY,
    ("s4", "2024-06-01T08:00:00Z", "Ann", "I live in Lisbon. I work at Acme with Robert Miles."),
    ("s4", "2024-06-01T08:01:00Z", "Ann", "I really really adopted a grey cat called Misty."),
    ("s4", "2024-06-01T08:02:00Z", "Bob", "I started a pottery class on Thursdays."),
    ("s5", "2024-07-01T08:00:00Z", "Ann", "I live in Porto now. Rob Miles works at Acme too."),
    ("s5", "2024-07-01T08:01:00Z", "Bob", "Acme is owned by Zork. Zork is based in Oslo."),
    ("s5", "2024-07-01T09:30:00Z", "Bob", "I painted the mountains of Zork with Robert Miles."),
    (
        "s6",
        "2024-07-02T08:00:00Z",
        "Ann",
        " ".join(f"Heron {n} stood in the pond." for n in range(70)),
    ),
)
"""The story, then what mechanisms differ on: values that change, one thing said in other words and
again in the same, a name in two spellings, facts two steps apart, a long silence, a long text."""

ASKED = (
    *(question for question, _ in QUESTIONS),
    "Where does Ann live?",
    "Where is the company of Robert Miles based?",
    "Who painted mountains?",
    "How many herons stood in the pond?",
)
"""Questions about it."""

OPTIONS: Mapping[str, Mapping[str, Any]] = {}
"""Options of the text memories that need some."""


def made(memory: Memory) -> list[Any]:
    """Everything derived: kind, words, status, when it held, what it cites, what it knows."""
    number = StorySession(memory).numbers()
    return sorted(
        (
            i.kind,
            i.text,
            i.status,
            str(i.valid),
            sorted(number[s] for s in i.sources if s in number),
        )
        for i in memory.list(user_id="u1", limit=1000)
        if i.sources
    )


@dataclass(frozen=True)
class TextCase:
    """A text memory by name, with the options it is made with."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    saves: bool = True

    @contextmanager
    def open(self) -> Iterator[StorySession]:
        """In memory."""
        with self.memory() as memory:
            yield StorySession(memory)

    def save(self, session: StorySession, place: Path, /) -> None:
        """A consistent copy of its database."""
        session.memory.backup(place / "memory.db")

    @contextmanager
    def load(self, place: Path, /) -> Iterator[StorySession]:
        """The copy, opened."""
        with self.memory(place / "memory.db") as memory:
            yield StorySession(memory)

    def showcase(self, **options: Any) -> Any:
        """Answers with what explains them, and everything that was derived and linked."""
        with self.memory(**options) as memory:
            session = StorySession(memory, SHOWN)
            session.write()
            memory.consolidate(user_id="u1")
            hits = [memory.search(question, user_id="u1", limit=6) for question in ASKED]
            told = [[(hit.text, hit.superseded) for hit in found] for found in hits]
            return [session.ask(ASKED), told, made(memory)]

    def memory(self, location: Path | str = ":memory:", **options: Any) -> Memory:
        """A memory under the system, with options beside the case's own."""
        given = {**self.options, **options}
        return Memory(location, system=self.name, embedder=Words(), options=given)


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────


class TaskSession:
    """A trip that is planned in slots: told in words and by verbs, asked for what a step needs."""

    def __init__(self, memory: Memory, system: str) -> None:
        self.memory = memory
        self.tasks = memory.user("u1").tasks("trip", system=system)

    def write(self) -> None:
        """Slots under a root, with a value that changes and comes back, and one that is renamed."""
        tasks = self.tasks
        tasks.add("trip", "a week in spring")
        for title, value in (("destination", "Rome"), ("hotel", "Roma"), ("flight", "AZ 12")):
            tasks.add(title, value, parent="trip")
        tasks.tell("Actually, make the destination Lisbon.")
        tasks.tell("budget: 900 euros")
        tasks.tell("destination: go back to Rome")
        tasks.rename("flight", "way there")

    def ask(self) -> Any:
        """What each step needs to know, within several budgets, and how each slot stands."""
        titles = [slot.title for slot in self.tasks.slots()]
        told = [self.tasks.prompt(t, tokens=n) for t in titles for n in (30, 60, 300)]
        stands = [(s.title, s.value, s.status, s.current) for s in self.tasks.slots()]
        return [told, stands, self.tasks.stale(), self.tasks.ready(), self.tasks.prompt()]

    def recalled(self) -> bool:
        """A step's prompt has its own value and that of what it stands under."""
        told = self.tasks.prompt("hotel")
        return "hotel: Roma" in told and "trip: a week in spring" in told

    def empty(self) -> bool:
        """No slot, and an empty prompt."""
        return not self.tasks.slots() and self.tasks.prompt() == ""

    def spent(self) -> list[tuple[float, float]]:
        """The tokens of the prompts of every slot, within several budgets."""
        titles = [slot.title for slot in self.tasks.slots()]
        budgets = (20, 40, 80, 300)
        return [(count_tokens(self.tasks.prompt(t, tokens=n)), n) for t in titles for n in budgets]


@dataclass(frozen=True)
class TaskCase:
    """A task memory by name."""

    name: str
    saves: bool = True

    @contextmanager
    def open(self) -> Iterator[TaskSession]:
        """In memory."""
        with Memory(embedder=Words()) as memory:
            yield TaskSession(memory, self.name)

    def save(self, session: TaskSession, place: Path, /) -> None:
        """A consistent copy of its database."""
        session.memory.backup(place / "memory.db")

    @contextmanager
    def load(self, place: Path, /) -> Iterator[TaskSession]:
        """The copy, opened."""
        with Memory(place / "memory.db", embedder=Words()) as memory:
            yield TaskSession(memory, self.name)

    def showcase(self, **options: Any) -> Any:
        """What is known of each slot, with its history."""
        with self.open() as session:
            session.write()
            past = [session.tasks.prompt(s.title, past=True) for s in session.tasks.slots()]
            return [session.ask(), past]


# ── benches ──────────────────────────────────────────────────────────────────────────────────────


class BenchSession:
    """Contexts with questions, and the solver that reads them."""

    def __init__(self, make: Callable[[], list[Questions]], length: int) -> None:
        self._make, self._length = make, length
        self.cases: list[Questions] = []

    def write(self) -> None:
        """Make the contexts."""
        self.cases = self._make()

    def ask(self) -> Any:
        """Every context with its questions and answers."""
        return [(c.context, [(q.text, q.answer) for q in c.questions]) for c in self.cases]

    def recalled(self) -> bool:
        """Whoever reads the context finds the one answer of every question, and it scores 1."""
        return all(
            list(c.solve(c.context, q.text)) == [q.answer] and q.score(q.answer, q.answer) == 1
            for c in self.cases
            for q in c.questions
        )

    def empty(self) -> bool:
        """Without a context there is nothing to ask; an empty reply to what is asked scores 0."""
        return not self.cases and not any(
            q.score("", q.answer) for c in self._make() for q in c.questions
        )

    def spent(self) -> list[tuple[float, float]]:
        """The letters of each context; it may end within one passage of what was asked for."""
        return [(len(c.context), self._length + max(map(len, c.passages))) for c in self.cases]


@dataclass(frozen=True)
class BenchCase:
    """A bench that makes its contexts by rule; nothing of it needs to be kept."""

    name: str
    shape: Any
    tasks: tuple[str, ...]
    saves: bool = False

    @contextmanager
    def open(self) -> Iterator[BenchSession]:
        """Nothing made yet."""
        make = row(self.name).load()
        yield BenchSession(
            lambda: [make(task, self.shape, 0) for task in self.tasks], self.shape.length
        )

    def save(self, session: BenchSession, place: Path, /) -> None:
        """The seed is all that there is to keep."""
        raise NotImplementedError

    def load(self, place: Path, /) -> AbstractContextManager[BenchSession]:
        """The same seed makes the same."""
        raise NotImplementedError

    def showcase(self, **options: Any) -> Any:
        """What is made under other options of its shape."""
        shape = type(self.shape)(**{"length": self.shape.length, **options})
        session = BenchSession(
            lambda: [row(self.name).load()(task, shape, 0) for task in self.tasks], shape.length
        )
        session.write()
        return session.ask()


# ── all of them ──────────────────────────────────────────────────────────────────────────────────

TEXT_CASES = tuple(TextCase(name, OPTIONS.get(name, {})) for name in names("text"))
TASK_CASES = tuple(TaskCase(name) for name in names("task"))
BENCH_CASES = (
    BenchCase("needles", Haystack(length=2000), ("single", "multiple", "conditional", "thread")),
    BenchCase("scbench", CaseShape(length=2000, questions=3), ("kv", "prefix_suffix", "vt", "mf")),
)
UNTOLD = {
    "longmemeval": "its questions are data of others, which is not in the repository",
    "sort": "its books are data of others, which is not in the repository",
}
"""What has a class and no case, and why."""


def tensor_cases() -> tuple[Case, ...]:
    """The cases of the tensor tiers; none where torch is not installed."""
    if find_spec("torch") is None:
        return ()
    from tests.tensor.cases import TENSOR_CASES

    return TENSOR_CASES
