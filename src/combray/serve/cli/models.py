"""ledger, estimate, rederive: what models cost, would cost, and reading under another system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from combray.core.items import Json
from combray.core.text import counted
from combray.core.time import iso_of
from combray.serve.cli import show
from combray.serve.cli.app import CHANGE, LOOK, verb
from combray.serve.cli.options import Model, Out, Owner, Place

if TYPE_CHECKING:
    from rich.console import RenderableType


@verb(LOOK)
def ledger(
    at: Place,
    owner: Owner,
    out: Out,
    calls: Annotated[
        int, typer.Option("--calls", metavar="N", help="Also list the last N calls.")
    ] = 0,
) -> None:
    """Add up the calls of models by system, step and model (of all users without --user)."""
    with at.memory("Reading") as memory:
        rows = memory.spent(user_id=owner.user)
        last = [call.as_dict() for call in memory.ledger(user_id=owner.user, limit=calls or 1)]
    plain = [{**row, "first": iso_of(row["first"]), "last": iso_of(row["last"])} for row in rows]
    data: Json = {"totals": plain, "calls": last[:calls]}
    out.give(data, lambda: _totals(rows, last[:calls]))


def _totals(rows: list[Json], calls: list[Json]) -> RenderableType:
    if not rows:
        return show.line("No model was asked.")
    if calls:
        each = ("User", "System", "Step", "Model", "In>", "Out>", "ms>", "USD>", "Ended")
        fields = ("user_id", "system", "step", "model", "tokens_in", "tokens_out", "ms", "usd")
        return show.table(each, [(*(c[f] for f in fields), c["outcome"]) for c in calls])
    heads = ("System", "Step", "Model", "Calls>", "Failed>", "In>", "Out>", "s>", "USD>")
    parts = ("system", "step", "model", "calls", "failed", "tokens_in", "tokens_out")
    return show.table(
        heads, [(*(r[p] for p in parts), round(r["ms"] / 1000, 1), _usd(r["usd"])) for r in rows]
    )


@verb(LOOK)
def estimate(
    at: Place,
    owner: Owner,
    model: Model,
    out: Out,
    text: Annotated[
        list[str], typer.Argument(metavar="TEXT", help="The text; - reads lines of standard input.")
    ],
) -> None:
    """Say what a model would cost to read some text; nothing is stored and no model is asked."""
    parts = [
        line
        for given in text
        for line in (show.read(given).splitlines() if given == "-" else [given])
        if line.strip()
    ]
    with at.memory("Estimating", model=model, creates=True) as memory:
        found = memory.estimate(parts, user_id=owner.user).as_dict()
    out.give(found, lambda: show.pairs({**found, "usd": _usd(found["usd"])}))


@verb(CHANGE)
def rederive(
    at: Place,
    owner: Owner,
    model: Model,
    out: Out,
    anew: Annotated[
        bool, typer.Option("--anew", help="Read everything again, not only what is unread.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would cost, and do nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before it costs.")] = False,
) -> None:
    """Let a system read what it has not read (of all users without --user); ask before it costs."""
    with at.memory("Reading", model=model) as memory:
        plan = memory.rederive(user_id=owner.user, anew=anew, dry_run=True)
        free = not plan.estimate.calls
        if not dry_run and (free or yes or _agreed(plan.estimate.as_dict())):
            plan = memory.rederive(user_id=owner.user, anew=anew)
    data = plan.as_dict()
    shown = {**data["estimate"], **{n: v for n, v in data.items() if n != "estimate"}}
    out.give(data, lambda: show.pairs({**shown, "usd": _usd(shown["usd"])}))
    if data["failed"]:
        raise typer.Exit(1)


def _agreed(cost: Json) -> bool:
    tokens = cost["tokens_in"] + cost["tokens_out"]
    return typer.confirm(
        f"{counted(cost['items'], 'memory')}: about {counted(cost['calls'], 'call')}, "
        f"{counted(tokens, 'token')}, {_usd(cost['usd'])} USD. Continue?",
        err=True,
    )


def _usd(usd: float | None) -> str:
    return "price unknown" if usd is None else f"{usd:.4f}"
