"""The extractor that asks a model: JSON in, JSON out, every number checked against what it saw.

Items go to the model under the numbers 1, 2, …; an answer that names another raises ModelError, and
so does one without a source or with a time that does not parse.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from combray.core.errors import InputError, ModelError, quoted
from combray.core.items import Item, Json
from combray.core.text import count_tokens, sentences
from combray.core.time import iso
from combray.models.structured import Asker
from combray.recall.runtime.neighbours import Neighbour
from combray.write.extract.base import (
    ADD,
    UPDATE,
    Decision,
    Gist,
    Mention,
    Statement,
    Summary,
    Topic,
)
from combray.write.facts.facts import claimed_fact
from combray.write.messages.messages import read_interval

PACKAGE = "combray.write"
T = TypeVar("T")


class LLMExtractor:
    """Extracts by asking a model."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    def extract(self, items: Sequence[Item], /) -> list[Statement]:
        """What the model reads in the items."""
        answer = self._ask("extract", {"messages": shown(items)}, max_tokens=2000)
        return [self._statement(entry, items, answer) for entry in answer["statements"]]

    def decide(self, new: Statement, near: Sequence[Neighbour], /) -> Decision:
        """What the model chooses; without neighbours it is ADD, and nobody is asked."""
        if not near:
            return Decision(op=ADD, text=new.text)
        memories = [each.item for each in near]
        data = {"statement": _line(new), "memories": shown(memories)}
        answer = self._ask("decide", data, max_tokens=300)
        op, why = str(answer["op"]), str(answer["why"])
        if op == ADD or (op == UPDATE and not answer["text"]):
            # Without words that say both, the old ones would be lost.
            return Decision(op=ADD, text=new.text, why=why)
        target = numbered(memories, answer["target"], answer)
        return Decision(op=op, text=answer["text"] or new.text, target=target, why=why)

    def summarise(self, items: Sequence[Item], tokens: int, /) -> Summary:
        """The model's summary, whole sentences of it that fit; ModelError when none does."""
        data = {"words": max(5, int(tokens * 0.6)), "messages": shown(items)}
        answer = self._ask("summarise", data, max_tokens=2 * tokens + 100)
        said = str(answer["text"]).strip()
        text = _fitting(said, tokens)
        if not text:
            raise ModelError(
                f"The summary has {count_tokens(said)} tokens, and 1 to {tokens} may be.",
                raw=str(answer),
            )
        sources = tuple(numbered(items, n, answer) for n in dict.fromkeys(answer["sources"]))
        return Summary(text=text, sources=sources or tuple(items))

    def segment(self, items: Sequence[Item], /) -> list[Topic]:
        """The model's topics."""
        if not items:
            return []
        answer = self._ask("segment", {"messages": shown(items)})
        starts = [int(topic["first"]) - 1 for topic in answer["topics"]]
        if not starts or starts[0] or sorted(set(starts)) != starts or starts[-1] >= len(items):
            raise ModelError("The topics do not cover the messages in order.", raw=str(answer))
        ends = [*starts[1:], len(items)]
        return [
            Topic(title=str(topic["title"]), items=tuple(items[a:b]))
            for topic, a, b in zip(answer["topics"], starts, ends, strict=True)
        ]

    def gist(self, item: Item, /) -> Gist:
        """The model's labels."""
        answer = self._ask("gist", {"message": shown([item])[0]}, max_tokens=300)
        return Gist(
            keywords=tuple(answer["keywords"]),
            tags=tuple(answer["tags"]),
            context=str(answer["context"]),
        )

    def related(self, text: str, near: Sequence[Neighbour], /) -> list[Item]:
        """The neighbours that the model names."""
        if not near:
            return []
        memories = [each.item for each in near]
        answer = self._ask("related", {"text": text, "memories": shown(memories)}, max_tokens=200)
        named = {int(n) for n in answer["related"]}
        chosen = [numbered(memories, n, answer) for n in sorted(named)]
        return list(chosen)

    def same(
        self, new: Sequence[Mention], known: Sequence[Mention], /
    ) -> list[tuple[Mention, Mention]]:
        """The pairs that the model names; without names on both sides nobody is asked."""
        if not new or not known:
            return []
        answer = self._ask("same", {"new": _named(new), "known": _named(known)}, max_tokens=300)
        return [
            (numbered(new, pair["new"], answer), numbered(known, pair["known"], answer))
            for pair in answer["same"]
        ]

    def _ask(self, step: str, data: Json, max_tokens: int = 800) -> Json:
        return self._asker.ask(PACKAGE, step, data, max_tokens=max_tokens)

    def _statement(self, entry: Json, items: Sequence[Item], answer: Json) -> Statement:
        sources = tuple(numbered(items, n, answer) for n in dict.fromkeys(entry["sources"]))
        text = str(entry["text"]).strip()
        if not sources or not text:
            raise ModelError("A statement has no words or no source.", raw=str(answer))
        try:
            start, end = read_interval(entry["valid_from"], entry["valid_to"])
        except InputError as error:
            raise ModelError(
                f"A statement has an impossible time: {error}", raw=str(entry)
            ) from error
        speakers = {item.name for item in sources}
        about: Json = {}
        triple = [str(entry[part] or "").strip() for part in ("subject", "relation", "object")]
        if all(triple):
            fact = claimed_fact((triple[0], triple[1], triple[2]), sources, start=start, end=end)
            about, start, end = fact.metadata(), fact.start, fact.end
        return Statement(
            text=text,
            sources=sources,
            speaker=speakers.pop() if len(speakers) == 1 else None,
            about=about,
            start=start if start is not None else min(item.first_at_us for item in sources),
            end=end,
        )


def _fitting(text: str, tokens: int) -> str:
    """The first sentences that fit: small models count words badly, and asking again costs."""
    if count_tokens(text) <= tokens:
        return text
    ends = [start + len(words) for start, words in sentences(text)]
    return next((text[:e] for e in reversed(ends) if count_tokens(text[:e]) <= tokens), "")


def shown(items: Sequence[Item]) -> list[Json]:
    """Items as a model sees them: a number, who, when, and the words."""
    return [
        {"n": n, "who": item.name or item.role, "when": iso(item.first_at_us), "text": item.text}
        for n, item in enumerate(items, start=1)
    ]


def _named(mentions: Sequence[Mention]) -> list[Json]:
    return [{"n": n, "name": m.name, "said": m.said} for n, m in enumerate(mentions, start=1)]


def numbered(items: Sequence[T], number: object, answer: Json) -> T:
    """The item of a number, or ModelError when it was not shown."""
    if isinstance(number, int) and 1 <= number <= len(items):
        return items[number - 1]
    raise ModelError(f"The model names {quoted(number)}, which it was not shown.", raw=str(answer))


def _line(new: Statement) -> Json:
    return {"who": new.speaker, "when": iso(new.start), "text": new.text}
