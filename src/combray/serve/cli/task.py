"""show ready log undo: the tasks of a user, each drawn as a tree."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from combray.core.errors import UnknownName
from combray.core.items import Json
from combray.core.time import iso
from combray.serve.cli import show
from combray.serve.cli.app import CHANGE, LOOK, app, verb
from combray.serve.cli.options import Out, Owner, Place

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.tree import Tree

    from combray.memory import Memory, TaskMemory

task = typer.Typer(no_args_is_help=True)
app.add_typer(
    task, name="task", help="The tasks of a user: their slots, and what was done.",
    rich_help_panel=LOOK,
)  # fmt: skip
LETTERS = 200
Name = Annotated[str, typer.Argument(metavar="TASK", help="The name of a task.")]


@verb(LOOK, "show", group=task)
def show_(
    at: Place,
    owner: Owner,
    out: Out,
    name: Annotated[
        str | None, typer.Argument(metavar="[TASK]", help="The name of a task; all without it.")
    ] = None,
) -> None:
    """Draw a task: its slots under their parents, and what each depends on."""
    with at.memory("Reading") as memory:
        names = memory.task_names(user_id=owner.user) if name is None else [name]
        found = {each: _plain(_opened(memory, each, owner)) for each in names}
    out.give(found, lambda: _trees(found) if found else show.line("No tasks are kept here."))


@verb(LOOK, group=task)
def ready(at: Place, owner: Owner, out: Out, name: Name) -> None:
    """List what can be worked on now."""
    with at.memory("Reading") as memory:
        titles = _opened(memory, name, owner).ready()
    out.give(titles, lambda: show.verbatim("\n".join(titles) or "Nothing is ready."))


@verb(LOOK, group=task)
def log(
    at: Place,
    owner: Owner,
    out: Out,
    name: Name,
    last: Annotated[
        int | None, typer.Option("--last", metavar="N", help="Only the last N steps.", min=1)
    ] = None,
) -> None:
    """List every step of a task, the oldest first."""
    with at.memory("Reading") as memory:
        tasks = _opened(memory, name, owner)
        steps = [step.as_dict() for step in tasks.log()[-last if last else 0 :]]
        titles = {slot.id: slot.title for slot in tasks.state()}
    out.give(steps, lambda: _steps(steps, titles))


@verb(CHANGE, group=task)
def undo(
    at: Place,
    owner: Owner,
    out: Out,
    name: Name,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who takes it back.")] = "user",
) -> None:
    """Take back the last change of a task; it stays in the log."""
    with at.memory("Undoing") as memory:
        tasks = _opened(memory, name, owner)
        tasks.undo(by=by)
        found = {name: _plain(tasks)}
    out.give(found, lambda: _trees(found))


def _opened(memory: Memory, name: str, owner: Owner) -> TaskMemory:
    """The task of that name; UnknownName for one that nobody began."""
    known = memory.task_names(user_id=owner.user)
    if name not in known:
        raise UnknownName("task", name, known)
    return memory.tasks(name, user_id=owner.user)


def _plain(tasks: TaskMemory) -> list[Json]:
    stale = set(tasks.stale())
    return [{**slot.as_dict(), "stale": slot.title in stale} for slot in tasks.slots()]


def _trees(found: Mapping[str, Sequence[Json]]) -> RenderableType:
    from rich.console import Group

    return Group(*(_tree(name, slots) for name, slots in found.items()))


def _tree(name: str, slots: Sequence[Json]) -> Tree:
    """The slots under their parents."""
    from rich.text import Text
    from rich.tree import Tree

    made = Tree(Text(show.plain(name), style="bold"))
    titles = {slot["id"]: slot["title"] for slot in slots}

    def hang(above: Tree, parent: str | None) -> None:
        for slot in slots:
            if (slot["parent"] if slot["parent"] in titles else None) == parent:
                hang(above.add(Text(show.plain(_label(slot, titles)))), slot["id"])

    hang(made, None)
    return made


def _label(slot: Json, titles: Mapping[str, str]) -> str:
    """A slot on one line: its value, how it stands, who holds it, and what it comes after."""
    value = "" if slot["value"] is None else f": {show.cut(_shown(slot['value']), LETTERS)}"
    plain = slot["status"] == "open" and slot["value"] is not None
    marks = ["stale"] if slot["stale"] else [] if plain else [slot["status"]]
    marks += [f"held by {slot['claimed_by']}"] if slot["claimed_by"] else []
    after = [titles[id_] for id_ in slot["after"] if id_ in titles]
    marks += [f"after {', '.join(after)}"] if after else []
    return f"{slot['title']}{value}" + (f" ({'; '.join(marks)})" if marks else "")


def _steps(steps: Sequence[Json], titles: Mapping[str, str]) -> RenderableType:
    rows = [(s["number"], s["at"][:19], s["by"], s["op"], _told(s, titles)) for s in steps]
    return show.table(("Step>", "When", "Who", "What", "Of which slot, and how"), rows)


def _told(step: Json, titles: Mapping[str, str]) -> str:
    """What a step says, with the titles of slots in the place of their ids."""
    value = dict(step["value"])
    if isinstance(value.get("until"), int):
        value["until"] = iso(value["until"])
    title = titles.get(str(value.pop("id", "")), "")
    named = [] if value.get("title") == title else [title]
    rest = [f"{n}: {_named(each, titles)}" for n, each in value.items() if each not in (None, [])]
    return show.cut("; ".join(part for part in (*named, *rest) if part), LETTERS)


def _named(value: object, titles: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(_named(each, titles) for each in value)
    return titles.get(value, value) if isinstance(value, str) else _shown(value)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
