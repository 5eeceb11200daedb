"""Items, links, scopes and answers: the nouns that every part of combray shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from combray.core.errors import InputError, quoted
from combray.core.time import iso, maybe_datetime, to_datetime

Json = dict[str, Any]

MESSAGE_STYLES = ("openai", "anthropic")

ROLES = ("user", "assistant", "system", "developer", "tool", "function")
ROLE_ALIASES = {
    "human": "user",
    "ai": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "gpt": "assistant",
}

SUPERSEDES = "supersedes"
"""The kind of the link from a later item to the earlier one that it supersedes."""
RAW_KINDS = ("turn", "text", "passage")
"""Kinds that hold the user's own words; everything else is derived and cites these."""


_TIMES = frozenset("first_at last_at valid_from valid_to known_from known_to last_recalled".split())


def shown(record: object, data: Mapping[str, Any]) -> str:
    """The repr of a record for people: its plain data, without what is empty."""
    said = [f"{name}={value!r}" for name, value in data.items() if value not in (None, "", [], {})]
    return f"{type(record).__name__}({', '.join(said)})"


def _attribute(name: str) -> str:
    return f"{name}_us" if name in _TIMES else name


def with_times(fields: Mapping[str, Any], show: Callable[[int], Any]) -> Json:
    """Fields by their names in the store, with the moments among them shown in another way."""
    return {
        name: show(value) if name in _TIMES and value is not None else value
        for name, value in fields.items()
    }


class Status(StrEnum):
    """The state of an item: searches answer with LIVE items only, all others are history."""

    LIVE = "live"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    MERGED = "merged"
    RETIRED = "retired"
    DELETED = "deleted"
    UNDONE = "undone"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose memory this is. `user_id` is the wall; the other two narrow inside it."""

    user_id: str | None = None
    agent_id: str | None = None
    session_id: str | None = None

    @property
    def tenant(self) -> str:
        """The partition of the store; the shared tenant is the empty string."""
        return self.user_id or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _TwoTimes:
    """The valid time and the known time that items and links share."""

    valid_from_us: int | None = None
    valid_to_us: int | None = None
    known_from_us: int = 0
    known_to_us: int | None = None

    @property
    def valid_from(self) -> datetime | None:
        """When it began to hold."""
        return maybe_datetime(self.valid_from_us)

    @property
    def valid_to(self) -> datetime | None:
        """When it ceased to hold."""
        return maybe_datetime(self.valid_to_us)

    @property
    def known_from(self) -> datetime:
        """When we learned it."""
        return to_datetime(self.known_from_us)

    @property
    def known_to(self) -> datetime | None:
        """When we stopped believing it."""
        return maybe_datetime(self.known_to_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(_TwoTimes):
    """One memory: the user's words, or something derived that cites them.

    Times are datetimes in UTC; what ends in `_us` is the same in microseconds since 1970, as the
    store keeps it. `valid_*` is when it held in the world, None being an open end; `known_*` is
    when we learned it and when we stopped believing it.
    """

    id: str
    text: str
    kind: str = "turn"
    scope: Scope = Scope()
    role: str | None = None
    name: str | None = None
    first_at_us: int = 0
    last_at_us: int = 0
    strength: float = 1.0
    last_recalled_us: int | None = None
    count: int = 1
    status: Status = Status.LIVE
    metadata: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    created_by: str = "user"
    seq: int = 0
    digest: str = field(default="", compare=False, repr=False)

    def __repr__(self) -> str:
        return shown(self, self.as_dict())

    @property
    def timestamp(self) -> datetime:
        """When it was said (for derived items: when the first of its sources was)."""
        return to_datetime(self.first_at_us)

    @property
    def first_at(self) -> datetime:
        """The first moment of what it rests on."""
        return to_datetime(self.first_at_us)

    @property
    def last_at(self) -> datetime:
        """The last moment of what it rests on."""
        return to_datetime(self.last_at_us)

    @property
    def last_recalled(self) -> datetime | None:
        """When it was last an answer."""
        return maybe_datetime(self.last_recalled_us)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first and last moment of what it rests on."""
        return to_datetime(self.first_at_us), to_datetime(self.last_at_us)

    @property
    def valid(self) -> tuple[datetime | None, datetime | None]:
        """When it held in the world; None is an open end."""
        return maybe_datetime(self.valid_from_us), maybe_datetime(self.valid_to_us)

    @property
    def known(self) -> tuple[datetime, datetime | None]:
        """When we learned it, and when we stopped believing it."""
        return to_datetime(self.known_from_us), maybe_datetime(self.known_to_us)

    @property
    def is_raw(self) -> bool:
        """True for the user's own words."""
        return not self.sources

    def field(self, name: str) -> Any:
        """The plain value of a field by its name in the store: times in microseconds."""
        return getattr(self, _attribute(name))

    def with_fields(self, fields: Mapping[str, Any]) -> Item:
        """The item with other values of fields, by their names in the store."""
        values = {_attribute(name): value for name, value in fields.items()}
        if "status" in values:
            values["status"] = Status(values["status"])
        return replace(self, **values)

    def as_dict(self) -> Json:
        """Plain data with ISO times, as `--json` and `export` print it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "text": self.text,
            "user_id": self.scope.user_id,
            "agent_id": self.scope.agent_id,
            "session_id": self.scope.session_id,
            "role": self.role,
            "name": self.name,
            "timestamp": iso(self.first_at_us),
            "span": [iso(self.first_at_us), iso(self.last_at_us)],
            "valid_from": iso(self.valid_from_us),
            "valid_to": iso(self.valid_to_us),
            "known_from": iso(self.known_from_us),
            "known_to": iso(self.known_to_us),
            "strength": self.strength,
            "last_recalled": iso(self.last_recalled_us),
            "count": self.count,
            "status": str(self.status),
            "metadata": dict(self.metadata),
            "sources": list(self.sources),
            "created_by": self.created_by,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(_TwoTimes):
    """A directed, typed, weighted relation between two items of one tenant.

    Times as those of an item.
    """

    src: str
    dst: str
    kind: str
    weight: float = 1.0
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change to one item: who, what, when, why, and the fields before and after.

    Times as those of an item; in `before_us` and `after_us` they are as the store keeps them.
    """

    seq: int
    change_id: str
    item_id: str
    op: str
    at_us: int
    actor: str
    why: str
    before_us: Json | None
    after_us: Json | None

    def __repr__(self) -> str:
        return shown(self, self.as_dict())

    @property
    def before(self) -> Json | None:
        """The fields that changed as they were; None when the item is new."""
        return None if self.before_us is None else with_times(self.before_us, to_datetime)

    @property
    def after(self) -> Json | None:
        """The fields that changed as they are afterwards."""
        return None if self.after_us is None else with_times(self.after_us, to_datetime)

    @property
    def at(self) -> datetime:
        """When it was changed."""
        return to_datetime(self.at_us)

    def as_dict(self) -> Json:
        """Plain data with an ISO time, without `seq`, which counts other users' events too."""
        return {
            "change_id": self.change_id,
            "id": self.item_id,
            "op": self.op,
            "at": iso(self.at_us),
            "actor": self.actor,
            "why": self.why,
            "before": self.before_us and with_times(self.before_us, iso),
            "after": self.after_us and with_times(self.after_us, iso),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One answer of a search: an item, its score, what it rests on and why it was found.

    `score` falls from first to last. With the default memory it is the probability, from 0 to 1,
    that the hit answers the question; other systems have scales of their own. `superseded` is True
    when all that it states was superseded by the moment asked about. `alike` are the other items of
    exactly these words for which it stands too.
    """

    item: Item
    score: float
    evidence: tuple[str, ...]
    explain: Mapping[str, Any] = field(default_factory=dict)
    superseded: bool = False
    alike: tuple[Item, ...] = ()

    @property
    def id(self) -> str:
        """The id of the item."""
        return self.item.id

    @property
    def text(self) -> str:
        """The text of the item."""
        return self.item.text

    @property
    def timestamps(self) -> list[datetime]:
        """When it was said, each time, the first time first."""
        return [to_datetime(at) for at in self._said_at()]

    def as_dict(self) -> Json:
        """Plain data, as `--json` prints it."""
        return {
            "id": self.id,
            "score": self.score,
            "text": self.text,
            "superseded": self.superseded,
            "timestamps": [iso(at) for at in self._said_at()],
            "evidence": list(self.evidence),
            "explain": dict(self.explain),
            "item": self.item.as_dict(),
        }

    def _said_at(self) -> list[int]:
        return sorted(item.first_at_us for item in (self.item, *self.alike))


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A block of memories for a prompt, never over its token budget."""

    text: str
    items: Sequence[Item]
    tokens: int
    budget: int

    def __str__(self) -> str:
        return self.text

    @property
    def ids(self) -> dict[int, str]:
        """The id of each memory by its number in the block."""
        return {number: item.id for number, item in enumerate(self.items, 1)}

    def messages(self, style: str = "openai") -> list[Json]:
        """The block as messages to put before a conversation; none when it holds no memory.

        "openai" is one system message; "anthropic" is one user message of a text block that may be
        cached. Raises InputError for another style.
        """
        if style not in MESSAGE_STYLES:
            raise InputError(
                f"style must be one of {', '.join(MESSAGE_STYLES)}, not {quoted(style)}."
            )
        if not self.items:
            return []
        if style == "openai":
            return [{"role": "system", "content": self.text}]
        block = {"type": "text", "text": self.text, "cache_control": {"type": "ephemeral"}}
        return [{"role": "user", "content": [block]}]
