"""The page of all commands, made from the application itself, for docs/cli.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
import typer.core
import typer.main

from combray.serve.cli import app

HEAD = """# The command line

This page is made from the program: `python -m combray.serve.cli.reference > docs/cli.md`.

The database is the one that `--db` names, else `$COMBRAY_DB`, else `combray/memory.db` in the
user's data folder; `combray doctor` says which. `--json` prints plain JSON and nothing else on
standard output; warnings and errors go to standard error. `-` reads standard input. A progress
bar appears on a terminal when work takes long. Exit codes: 0 done (also when nothing was found),
1 refused, with the reason in one line, 2 wrong usage, 130 interrupted.
"""


def commands() -> dict[tuple[str, ...], Any]:
    """Every command by its words, in the order of the help."""
    return dict(_walk(typer.main.get_command(app), ()))


def _walk(group: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from _walk(command, (*path, name))
        elif not command.hidden:
            yield (*path, name), command


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([HEAD, *(_section(path, command) for path, command in commands().items())])


def _section(path: tuple[str, ...], command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    usage = " ".join(("combray", *path, *map(_place, arguments), "[OPTIONS]"))
    rows = [f"| {_name(p)} | {_told(p)} |" for p in command.params]
    title = f"## combray {' '.join(path)}\n\n{command.help.strip()}\n\n"
    shown = f"```\n{usage}\n\n{command.epilog.removeprefix('Example: ')}\n```\n"
    return f"{title}{shown}\n| | |\n|---|---|\n" + "\n".join(rows) + "\n"


def _place(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return f"{name}..." if argument.nargs == -1 else str(name)


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_place(parameter)}`"
    words = ", ".join(parameter.opts)
    flag = parameter.is_flag or not parameter.metavar
    return f"`{words}`" if flag else f"`{words} {parameter.metavar}`"


def _told(parameter: Any) -> str:
    told = parameter.help.replace("|", "\\|")
    shown = parameter.default not in (None, False, ()) and not callable(parameter.default)
    return f"{told} Default: `{parameter.default}`." if shown and parameter.opts else told


if __name__ == "__main__":
    typer.echo(page())
