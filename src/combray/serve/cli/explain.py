"""explain: how an answer was found, drawn; and why a memory was not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from combray.core.dates.zones import days_said
from combray.core.items import Hit, Json
from combray.serve.cli import show
from combray.serve.cli.app import LOOK, verb
from combray.serve.cli.options import (
    Limit,
    Model,
    Out,
    Place,
    Query,
    Wanted,
    When,
    Whose,
)

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

BAR, WIDTH, PARTS, LETTERS = "━", 24, 5, 300


@verb(LOOK)
def explain(
    wanted: Wanted,
    when: When,
    at: Place,
    whose: Whose,
    model: Model,
    out: Out,
    query: Query,
    id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Say why this one is not an answer.")
    ] = None,
    limit: Limit = 5,
) -> None:
    """Draw how the answers to a question were found, or why a memory is not among them."""
    asked = {"limit": limit, **wanted.options, **asdict(when), **whose.ids}
    text = show.read(query)
    with at.memory("Explaining", model=model) as memory:
        if id is None:
            found = memory.explain(text, **asked)
            data, hits = found.as_dict(), found.hits
        else:
            data, hits = memory.why_not(text, id, **asked).as_dict(), ()
    out.give(data, lambda: _found(data, hits, when.zone) if id is None else _lost(text, data))


def _found(data: Json, hits: Sequence[Hit], zone: str) -> RenderableType:
    from rich.console import Group

    read = {
        "words": ", ".join(f"{word} ({count})" for word, count in data["words"].items()),
        "names": ", ".join(f"{name} ({count})" for name, count in data["entities"].items()),
        "speakers": ", ".join(data["speakers"]),
        "dates": ", ".join(_span(span) for span in data["dates"]),
        "memories": str(data["memories"]),
        "confidence": f"{data['confidence']:.0%} that an answer is among them",
    }
    blocks = [part for n, hit in enumerate(hits, 1) for part in _hit(n, hit, zone)]
    return Group(
        _text((data["question"], "bold")),
        show.pairs({f"  {name}": value for name, value in read.items() if value}),
        *(blocks or [_text(("\nNothing found.", ""))]),
    )


def _hit(number: int, hit: Hit, zone: str) -> Iterator[Text]:
    """One answer: what it says, who found it, what matched, and what moved its score."""
    who = hit.item.name or hit.item.role
    days = ", ".join(days_said((hit.item, *hit.alike), zone))
    told = f"{days} {f'{who}: ' if who else ''}"
    yield _text((f"\n{number:>2}  ", "bold"), (told, "dim"), (show.cut(hit.text, LETTERS), ""))
    yield _text((f"    {hit.id}", "dim"), ("  superseded" if hit.superseded else "", "red"))
    yield _text(("    score    ", "dim"), *_bar(hit.score, 1.0), (f" {hit.score:.3f}", "bold"))
    if channels := hit.explain.get("channels"):
        ranks = sorted(channels.items(), key=lambda pair: pair[1])
        yield _row("found by", (f"{name} #{rank}" for name, rank in ranks))
    for name in ("words", "entities", "names", "speakers", "facts"):
        if matched := hit.explain.get(name):
            yield _row(name, map(str, matched))
    if dates := hit.explain.get("dates"):
        yield _row("dates", map(_span, dates))
    if updates := hit.explain.get("updates"):
        yield _row("updates", (f"{old} ({why})" for old, why in updates.items()))
    parts = _families(hit.explain.get("parts", {}))
    heavy = sorted(parts.items(), key=lambda pair: -abs(pair[1]))[:PARTS]
    most = max((abs(part) for _, part in heavy), default=1.0)
    for name, part in heavy:
        yield _text((f"    {name:<18}", "dim"), *_bar(part, most), (f" {part:+.2f}", ""))


def _lost(question: str, data: Json) -> RenderableType:
    from rich.console import Group

    stage = "found" if data["lost_at"] is None else f"lost at: {data['lost_at']}"
    parts: list[RenderableType] = [
        _text((question, "bold")),
        _text((show.cut(data["text"], LETTERS), ""), (f"\n{data['id']}", "dim")),
        _text(("\n" + stage, "bold green" if data["lost_at"] is None else "bold red")),
        *(_text((f"  {reason}", "")) for reason in data["reasons"]),
    ]
    if data["channels"]:
        rows = [
            (name, f"{place['rank']:.0f}", f"{place['score']:.3f}", f"{place['best']:.3f}")
            for name, place in data["channels"].items()
        ]
        columns = ("Channel", f"Rank of {data['among']}>", "Score>", "Best>")
        parts.append(show.table(columns, rows))
    costs = sorted(_families(data["costs"]).items(), key=lambda pair: pair[1])
    most = max((abs(cost) for _, cost in costs), default=1.0)
    if costs:
        parts.append(_text(("Below the last answer by", "bold")))
    for name, cost in costs[:PARTS]:
        parts.append(_text((f"  {name:<18}", "dim"), *_bar(cost, most), (f" {cost:+.2f}", "")))
    if data["would"]:
        parts.append(_text(("\nWhat would find it", "bold")))
        parts += [_text((f"  {remedy}", "")) for remedy in data["would"]]
    return Group(*parts)


def _families(parts: Mapping[str, float]) -> dict[str, float]:
    """The parts of a score by channel: a score, its rank and its distance from the best are one."""
    total: dict[str, float] = {}
    for name, part in parts.items():
        if name in ("bias", "few"):
            continue
        family = name.removesuffix("_rank").removesuffix("_gap")
        if family.startswith(("walk", "bridge", "fused")):
            family = "walk"
        total[family] = total.get(family, 0.0) + part
    return total


def _row(name: str, values: Iterator[str]) -> Text:
    return _text((f"    {name:<9}", "dim"), (" · ".join(values), ""))


def _span(span: Sequence[str]) -> str:
    return span[0] if span[0] == span[1] else f"{span[0]} to {span[1]}"


def _bar(value: float, most: float) -> tuple[tuple[str, str], tuple[str, str]]:
    """A bar as long as the share of the most; red below zero."""
    length = round(WIDTH * min(abs(value) / max(most, 1e-9), 1.0))
    return (BAR * length, "red" if value < 0 else "green"), (" " * (WIDTH - length), "")


def _text(*parts: tuple[str, str]) -> Text:
    """Styled words without control characters."""
    from rich.text import Text

    made = Text()
    for words, style in parts:
        made.append(show.plain(words), style=style)
    return made
