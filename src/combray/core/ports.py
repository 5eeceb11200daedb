"""The seams: what a system, an embedder, a chat model and a query are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar, runtime_checkable

from combray.core.arrays import FloatArray
from combray.core.changes import ChangeSet, Job, NewJob
from combray.core.items import Hit, Item, Json, Scope, shown
from combray.core.time import iso, to_datetime

E_contra = TypeVar("E_contra", contravariant=True)
Q_contra = TypeVar("Q_contra", contravariant=True)
A_co = TypeVar("A_co", covariant=True)
Progress = Callable[[int, int], None]
"""Is called with how much is done, of how much."""


class System(Protocol[E_contra, Q_contra, A_co]):
    """A memory: experience goes in, answers come out. Text, task, cache and weights alike."""

    def write(self, experience: E_contra, /) -> None:
        """Take in what happened."""

    def recall(self, query: Q_contra, /) -> A_co:
        """Answer from what was taken in."""


class Embedder(Protocol):
    """Texts to unit vectors. `name` is the identity stored beside the vectors."""

    @property
    def name(self) -> str:
        """Which model, at which precision: stored with the vectors it made."""

    def embed(self, texts: Sequence[str], /) -> FloatArray:
        """Rows of unit length, shape (n, d), float32."""


class Reranker(Protocol):
    """Reads a question and a text together, such as a cross-encoder."""

    def score(self, query: str, texts: Sequence[str], /) -> Any:
        """How well each text answers, greater is better; shape (n,)."""


class ChatModel(Protocol):
    """A language model behind one method."""

    @property
    def name(self) -> str:
        """Which model, for the ledger."""

    def complete(self, request: ChatRequest, /) -> str:
        """The text of the answer; a JSON text when the request has a schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One question to a language model: who asks (for the ledger), what, and in which shape."""

    system: str
    step: str
    messages: Sequence[Mapping[str, str]]
    schema: Mapping[str, Any] | None = None
    tenant: str = ""
    max_tokens: int = 800


class Completion(str):
    """The text of a model's answer, with the tokens that the model says it counted."""

    tokens_in: int
    tokens_out: int

    def __new__(cls, text: str, tokens_in: int, tokens_out: int) -> Completion:
        """The answer as text that knows its cost."""
        answer = super().__new__(cls, text)
        answer.tokens_in, answer.tokens_out = tokens_in, tokens_out
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a model as the ledger keeps it: who asked, what it cost, how it ended.

    `usd` is None where no price is known; `outcome` is "ok" or the error in short.
    """

    at_us: int
    tenant: str
    system: str
    step: str
    model: str
    tokens_in: int
    tokens_out: int
    ms: float
    usd: float | None = None
    outcome: str = "ok"

    def __repr__(self) -> str:
        return shown(self, self.as_dict())

    @property
    def at(self) -> datetime:
        """When it was made."""
        return to_datetime(self.at_us)

    def as_dict(self) -> Json:
        """Plain data with an ISO time."""
        return {
            "at": iso(self.at_us),
            "user_id": self.tenant or None,
            "system": self.system,
            "step": self.step,
            "model": self.model,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "ms": self.ms,
            "usd": self.usd,
            "outcome": self.outcome,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """Raw items just committed, all of one scope, in order."""

    scope: Scope
    items: Sequence[Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question to a text memory.

    Times are microseconds UTC. `asked_at` is when it is put, None for `as_of` or else now; relative
    dates are counted from it, and days are days of `zone`. `day_first` is how 3/5 is read; either
    way when it is None.
    `matches` is a compiled metadata filter; None lets everything pass. `created_by` keeps to what
    one system derived.
    """

    text: str
    scope: Scope = Scope()
    limit: int = 10
    asked_at: int | None = None
    kinds: tuple[str, ...] | None = None
    matches: Callable[[Item], bool] | None = None
    as_of: int | None = None
    known_at: int | None = None
    zone: str = "UTC"
    day_first: bool | None = None
    created_by: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Which of the memories shown for a question were of use, by ids, as they were shown."""

    query: str
    shown: tuple[str, ...]
    cited: tuple[str, ...]
    scope: Scope = Scope()


TextSystem = System[Experience, Query, Sequence[Hit]]


Handler = Callable[[Job], ChangeSet | None]
"""Does one kind of job: returns the change for its caller to check and apply; None for nothing."""


class DeriverLike(Protocol):
    """The jobs of a system that derives: durable, queued with the words that they read."""

    @property
    def actor(self) -> str:
        """What marks everything it makes, and the kind of the jobs that read the words."""

    @property
    def inline(self) -> bool:
        """Whether the jobs are cheap enough to be done while words are added."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The handler of each kind of job."""

    def jobs(self, items: Sequence[Item], /) -> list[NewJob]:
        """The jobs that read these raw items."""

    def change(self, items: Sequence[Item], /) -> ChangeSet | None:
        """What follows from raw items; only looks."""


class FeedbackLearner(Protocol):
    """Learns from which memories were cited."""

    def cite(self, citation: Citation, /) -> None:
        """Take in which memories were of use."""


@runtime_checkable
class HasDeriver(Protocol):
    """A system that derives: its caller queues the jobs of `deriver` with the words, and does them.

    `write` is called as well, once for each arrival, after the words are stored.
    """

    @property
    def deriver(self) -> DeriverLike:
        """The jobs behind the words."""


@runtime_checkable
class Calibrated(Protocol):
    """A system whose scores say how likely each hit is to answer, so that `min_score` can cut."""

    calibrated: bool


@runtime_checkable
class HasFeedback(Protocol):
    """A system that learns from citations: its caller tells `feedback` what was of use."""

    @property
    def feedback(self) -> FeedbackLearner:
        """What is told of citations."""
