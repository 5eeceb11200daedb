"""The application: registering verbs, turning our errors into one line, exit codes.

0 is success, 1 an error of ours in one line on standard error, 2 wrong usage, 130 an interruption.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import io
import sys
import warnings
from collections.abc import Callable
from typing import Annotated, Any, TextIO

import typer

from combray import __version__
from combray.core.errors import CombrayError
from combray.serve.cli.examples import EXAMPLES
from combray.serve.cli.show import plain

REMEMBER, LOOK, CHANGE = "Remember and recall", "Look", "Change"
KEEP, COMPARE, MACHINE = "Keep and move", "Compare", "This machine"
PANELS = (REMEMBER, LOOK, CHANGE, KEEP, COMPARE, MACHINE)

app = typer.Typer(
    name="combray",
    help="The memory system for AI agents: offline, explained, erasable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Every verb takes --json and --help. Exit codes: 0 done, 1 refused, 2 wrong usage.",
)


def verb(
    panel: str, name: str | None = None, *, group: typer.Typer = app
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as a verb in a panel of the help.

    A parameter whose type is a dataclass stands for the options that are its fields.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        group.command(name, rich_help_panel=panel)(_flat(function))
        return function

    return register


def in_order() -> None:
    """Sort the verbs by panel, and put an example under the help of each."""
    app.registered_commands.sort(key=lambda c: PANELS.index(str(c.rich_help_panel)))
    _exemplify(app, "")
    for group in app.registered_groups:
        _exemplify(group.typer_instance, f"{group.name} ")


def _exemplify(group: typer.Typer | None, path: str) -> None:
    for command in group.registered_commands if group is not None else ():
        name = command.name or getattr(command.callback, "__name__", "")
        if example := EXAMPLES.get(f"{path}{name}"):
            # Brackets would be read as markup, and no example needs any.
            command.epilog = f"Example: {example}"


def _flat(function: Callable[..., None]) -> Callable[..., None]:
    """The same function with every dataclass parameter spread into its fields."""
    signature = inspect.signature(function, eval_str=True)
    bundles: dict[str, type[Any]] = {}
    own: list[inspect.Parameter] = []
    shared: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        kind = parameter.annotation
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            bundles[parameter.name] = kind
            shared += inspect.signature(kind, eval_str=True).parameters.values()
        else:
            own.append(parameter)

    @functools.wraps(function)
    def run(**values: Any) -> None:
        for name, kind in bundles.items():
            fields = [f.name for f in dataclasses.fields(kind)]
            values[name] = kind(**{field: values.pop(field) for field in fields})
        _guarded(lambda: function(**values))

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [p.replace(kind=keyword) for p in (*own, *shared)]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": None}
    return run


def _guarded(work: Callable[[], None]) -> None:
    try:
        work()
    except CombrayError as error:
        message = " ".join(plain(str(error)).split())
        typer.echo(f"combray: {message}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        typer.echo("combray: interrupted; everything committed before is safe.", err=True)
        raise typer.Exit(130) from error


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Options before the verb."""


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    warnings.showwarning = _one_line
    app()


def _one_line(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning without the line of our code that gave it."""
    typer.echo(f"combray: {message}", err=True)
