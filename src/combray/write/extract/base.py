"""The judgements that text memories make, each asked in one place and answered by two engines.

`rules` answers at once, offline, the same each time, in any language it can; its losses stand in
`write.rules_judge`. `llm` asks a model (`write.llm_judge`). Cues of a question and citations of an
answer, which are made while reading, stand in `recall.expand` and `recall.cite`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from combray.core.errors import InputError, UnknownName
from combray.core.items import Item
from combray.recall.runtime.neighbours import Neighbour
from combray.recall.runtime.runtime import Runtime

RULES, LLM = "rules", "llm"
ENGINES = (RULES, LLM)
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


def extractor_of(runtime: Runtime, engine: str, system: str, tenant: str = "") -> Extractor:
    """The judge of an engine, asking in the name of a system.

    Raises UnknownName for an engine that does not exist, and InputError for `llm` without a model.
    """
    check_extractor(runtime, engine)
    if engine == RULES:
        from combray.write.extract.rules import RulesExtractor

        return RulesExtractor(runtime.embedder)
    from combray.write.extract.llm import LLMExtractor

    return LLMExtractor(runtime.asker(system, tenant))


def check_extractor(runtime: Runtime, engine: str) -> None:
    """UnknownName for an engine that does not exist; InputError for `llm` without a model."""
    if engine not in ENGINES:
        raise UnknownName("engine", engine, ENGINES)
    if engine == LLM and runtime.chat is None:
        raise InputError(
            "The llm engine needs a model. Give one, such as Memory(…, llm='openai:MODEL'), or use "
            "options={'engine': 'rules'}."
        )
