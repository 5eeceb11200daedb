"""The judgements that text memories make while writing, and the words they are made in.

Two extractors make them: `RulesExtractor` and `LLMExtractor`; `factory` chooses. Cues of a question
and citations of an answer, which are made while reading, stand in `recall.runtime.query_expansion`
and `recall.answer.citations`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from combray.core.items import Item
from combray.recall.runtime.neighbours import Neighbour

ADD, UPDATE, SUPERSEDE, NONE = "ADD", "UPDATE", "SUPERSEDE", "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing that raw items state, in words that stand alone beside the speaker's name.

    `about` is empty, or holds subject, relation and object as metadata of a fact does; a functional
    one is put on a timeline when it is stored. `start` and `end` are when it holds, microseconds.
    """

    text: str
    sources: tuple[Item, ...]
    speaker: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a new statement beside its neighbours.

    ADD it; UPDATE `target` to `text`, which says both; SUPERSEDE `target`, which it contradicts; or
    NONE: `target` says it already.
    """

    op: str
    text: str
    target: Item | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A run of raw items about one thing, with a title."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A shorter text, and the items it rests on."""

    text: str
    sources: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gist:
    """What a text is about: words of its own, broader tags, and one sentence."""

    keywords: tuple[str, ...]
    tags: tuple[str, ...]
    context: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A name, and a sentence that it stands in."""

    name: str
    said: str


class Extractor(Protocol):
    """The judgements made while writing."""

    def extract(self, items: Sequence[Item], /) -> list[Statement]:
        """What raw items state, each statement citing the items that it was read from."""

    def decide(self, new: Statement, near: Sequence[Neighbour], /) -> Decision:
        """What becomes of a statement beside its neighbours, the nearest first."""

    def summarise(self, items: Sequence[Item], tokens: int, /) -> Summary:
        """The items in at most so many tokens (`core.text.count_tokens`)."""

    def segment(self, items: Sequence[Item], /) -> list[Topic]:
        """A conversation cut into topics: runs that cover all items, in order."""

    def gist(self, item: Item, /) -> Gist:
        """Keywords, tags and one sentence of context."""

    def related(self, text: str, near: Sequence[Neighbour], /) -> list[Item]:
        """Those neighbours that belong with a text, the nearest first."""

    def same(
        self, new: Sequence[Mention], known: Sequence[Mention], /
    ) -> list[tuple[Mention, Mention]]:
        """The pairs of a new and a known name, not spelled alike, that name one thing."""
