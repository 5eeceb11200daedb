"""add, search, context: the three everyday verbs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from combray.core.dates.zones import days_said
from combray.core.errors import InputError
from combray.core.items import ROLES, Hit, Item
from combray.core.text import counted
from combray.serve.cli import show
from combray.serve.cli.app import REMEMBER, verb
from combray.serve.cli.options import (
    Limit,
    Metadata,
    Model,
    Out,
    Place,
    Query,
    Timezone,
    Wanted,
    When,
    Whose,
    mapping,
)

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

LETTERS, SHOWN = 1000, 20


@verb(REMEMBER)
def add(
    at: Place,
    whose: Whose,
    model: Model,
    out: Out,
    text: Annotated[
        list[str], typer.Argument(metavar="TEXT", help="What to remember; - reads standard input.")
    ],
    messages: Annotated[
        bool, typer.Option("--messages", help="TEXT is JSON: a message, a list, or one a line.")
    ] = False,
    lines: Annotated[bool, typer.Option("--lines", help="Remember each line by itself.")] = False,
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="Who spoke: user, assistant, …")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The name of the speaker.")
    ] = None,
    timestamp: Annotated[
        str | None,
        typer.Option("--timestamp", metavar="TIME", help="When it was said, if not now."),
    ] = None,
    valid_from: Annotated[
        str | None, typer.Option("--valid-from", metavar="TIME", help="When it began to hold.")
    ] = None,
    valid_to: Annotated[
        str | None, typer.Option("--valid-to", metavar="TIME", help="When it ceased to hold.")
    ] = None,
    timezone: Timezone = None,
    metadata: Metadata = None,
    secrets: Annotated[
        str, typer.Option("--secrets", metavar="ACTION", help="keep, mask or refuse passwords.")
    ] = "keep",
    pii: Annotated[
        str, typer.Option("--pii", metavar="ACTION", help="keep, mask or refuse e-mails, cards, …")
    ] = "keep",
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for what a model derives from it.")
    ] = False,
) -> None:
    """Remember text or messages."""
    data = mapping(metadata, "--metadata")
    content: list[Any] = []
    for given in (show.read(part) for part in text):
        content += _parts(given, messages=messages, lines=lines)
    if role or name:
        content = [_spoken(part, role, name) for part in content]
    policy = {"secrets": secrets, "pii": pii}
    with at.memory("Remembering", model=model, creates=True, policy=policy) as memory:
        items = memory.add(
            content,
            timestamp=timestamp,
            valid_from=valid_from,
            valid_to=valid_to,
            timezone=timezone,
            metadata=data,
            roles=ROLES if role else None,
            wait=wait,
            **whose.ids,
        )
    out.give([item.as_dict() for item in items], lambda: _remembered(items))


@verb(REMEMBER)
def search(
    wanted: Wanted,
    when: When,
    at: Place,
    whose: Whose,
    model: Model,
    out: Out,
    query: Query,
    limit: Limit = 10,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say for each hit why it was found.")
    ] = False,
) -> None:
    """Find the memories that answer a question, best first."""
    asked = {**wanted.options, **asdict(when), **whose.ids}
    with at.memory("Searching", model=model) as memory:
        hits = memory.search(show.read(query), limit=limit, **asked)
    found = [hit.as_dict() for hit in hits]
    out.give(found, lambda: _hits(hits, when, explain) if hits else show.line(_nothing(whose)))


@verb(REMEMBER)
def context(
    wanted: Wanted,
    when: When,
    at: Place,
    whose: Whose,
    model: Model,
    out: Out,
    query: Query,
    tokens: Annotated[
        int, typer.Option("--tokens", "-t", metavar="N", help="A budget that is never exceeded.")
    ] = 1500,
    cite: Annotated[
        str, typer.Option("--cite", metavar="HOW", help="Name each by number, id or none.")
    ] = "number",
) -> None:
    """Print the memories that answer a question as one block for a prompt."""
    asked = {**wanted.options, **asdict(when), **whose.ids}
    with at.memory("Searching", model=model) as memory:
        block = memory.context(show.read(query), tokens=tokens, cite=cite, **asked)
    if out.as_json:
        items = [item.as_dict() for item in block.items]
        data = {
            "text": block.text,
            "tokens": block.tokens,
            "budget": block.budget,
            "ids": block.ids,
            "items": items,
        }
        show.as_json(data)
    else:
        # Printed bare: a prompt must not be wrapped to the width of a terminal.
        typer.echo(show.plain(str(block)))


def _remembered(items: Sequence[Item]) -> RenderableType:
    """What was stored, one a line; of many the last, and how many there are."""
    from rich.console import Group

    rows = [(item.id, show.cut(item.text, 80), _note(item)) for item in items[-SHOWN:]]
    made = show.table(("Remembered", "As", ""), rows)
    if len(items) <= SHOWN:
        return made
    total = f"{counted(len(items), 'memory')} in all; these are the last {SHOWN}."
    return Group(made, show.line(total))


def _parts(given: str, *, messages: bool, lines: bool) -> list[Any]:
    """What one TEXT holds: itself, its lines, or the messages written in it."""
    if messages:
        return _messages(given)
    if lines:
        return [part for part in given.splitlines() if part.strip()]
    return [given.rstrip("\n")]


def _messages(given: str) -> list[Any]:
    try:
        whole = json.loads(given)
    except (ValueError, RecursionError):
        return [_message(part, n) for n, part in enumerate(given.splitlines(), 1) if part.strip()]
    return whole if isinstance(whole, list) else [whole]


def _message(part: str, number: int) -> Any:
    try:
        return json.loads(part)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"Line {number} of the messages is not JSON ({error}). Nothing was stored."
        ) from error


def _spoken(part: Any, role: str | None, name: str | None) -> Any:
    """A text or message with the speaker the options name, where it names none itself."""
    message = dict(part) if isinstance(part, Mapping) else {"content": part}
    return {"role": role or "user", **({"name": name} if name else {}), **message}


def _hits(hits: Sequence[Hit], when: When, explain: bool) -> Table:
    rows = [
        (
            n,
            f"{hit.score:.3f}",
            "\n".join(days_said((hit.item, *hit.alike), when.zone))
            + ("\npast" if hit.superseded else ""),
            hit.item.name or hit.item.role,
            "\n".join((show.cut(hit.text, LETTERS), *([why(hit)] if explain else []), hit.id)),
        )
        for n, hit in enumerate(hits, 1)
    ]
    return show.table(("#>", "Score>", "When", "Who", "What, and its id"), rows)


def _nothing(whose: Whose) -> str:
    """Say that nothing was found, and where: without --user only what belongs to no user."""
    if whose.user:
        return "Nothing found."
    return (
        "Nothing found among the memories of no user; --user names whose to search, and "
        "`combray users` lists them."
    )


def why(hit: Hit, most: int = 6) -> str:
    """The channels that found a hit with their ranks, and the parts that moved its score most."""
    told = []
    if channels := hit.explain.get("channels"):
        told.append("found by " + ", ".join(f"{n} #{rank}" for n, rank in channels.items()))
    if words := hit.explain.get("words"):
        told.append("words " + ", ".join(words))
    if parts := hit.explain.get("parts"):
        moved = ((n, part) for n, part in parts.items() if n not in ("bias", "few"))
        heavy = sorted(moved, key=lambda pair: -abs(pair[1]))[:most]
        told.append("score " + ", ".join(f"{n} {part:+.2f}" for n, part in heavy))
    return "; ".join(told) or "no explanation from this system"


def _note(item: Item) -> str:
    """What is unusual about an item just added."""
    if item.status != "live":
        return f"{item.status}: left out of answers until it is approved"
    return f"already known, {item.count} times" if item.count > 1 else ""
