"""How the command line talks: tables, JSON, standard input, and a progress bar."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from combray.core.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

DELAY = 1.5
"""Seconds before the bar appears, so that it shows before two seconds are over."""

ID_WIDTH = 36

_CONTROL = {c: "\ufffd" for c in (*range(32), 127, *range(128, 160)) if chr(c) not in "\n\t"}


def plain(text: str) -> str:
    """A text without control characters: remembered words must not drive the terminal."""
    return text.translate(_CONTROL)


def as_json(data: Any) -> None:
    """Print data as JSON and nothing else."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def readable(what: RenderableType) -> None:
    """Print for people: remembered brackets are not markup, and pipes get wide lines."""
    from rich.text import Text

    # Console.print joins texts anew, which forgets that one of them must not be wrapped.
    verbatim = isinstance(what, Text) and bool(what.no_wrap)
    console().print(what, soft_wrap=verbatim)


def console(*, err: bool = False) -> Console:
    """A console that prints remembered text as it is."""
    from rich.console import Console

    made = Console(stderr=err, markup=False, highlight=False, emoji=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = 120
    return made


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> Table:
    """A table; a heading that ends in > marks numbers, one in ~ a column cut to one line.

    One whose heading ends in id is wide enough for an id to be copied whole.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for column in columns:
        made.add_column(
            column.rstrip(">~"),
            justify="right" if column.endswith(">") else "left",
            no_wrap=column.endswith((">", "~")),
            min_width=ID_WIDTH if column.endswith("id") else None,
            overflow="ellipsis" if column.endswith("~") else "fold",
        )
    for row in rows:
        made.add_row(*[Text("" if c is None else plain(str(c))) for c in row])
    return made


def fitting(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str = ""
) -> RenderableType:
    """A table; one too wide for the screen is transposed, or else split into parts that fit."""
    from rich.console import Group

    for each in ((columns, rows), _turned(columns, rows)):
        if _fits(*each):
            return table(*each, title=title)
    parts: list[RenderableType] = []
    for places in _parts(columns, rows):
        names, cells = [columns[p] for p in places], [[row[p] for p in places] for row in rows]
        parts.append(table(names, cells, title="" if parts else title))
    return Group(*parts)


def _fits(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bool:
    screen = console()
    wide = screen.options.update(width=10_000)
    return screen.measure(table(columns, rows), options=wide).maximum <= screen.width


def _turned(
    columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> tuple[list[str], list[list[Any]]]:
    """A row for each column but the first, a column for each row."""
    names = [columns[0].rstrip(">~"), *(f"{row[0]}>" for row in rows)]
    return names, [
        [column.rstrip(">~"), *(row[place] for row in rows)]
        for place, column in enumerate(columns)
        if place
    ]


def _parts(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[list[int]]:
    """The columns in runs that fit on the screen, each behind the first column."""
    taken = [0]
    for place in range(1, len(columns)):
        more = [*taken, place]
        cells = [[row[p] for p in more] for row in rows]
        if len(taken) > 1 and not _fits([columns[p] for p in more], cells):
            yield taken
            more = [0, place]
        taken = more
    yield taken


def pairs(data: Mapping[str, Any]) -> Table:
    """Names and values, one a line."""
    from rich.table import Table
    from rich.text import Text

    made = Table.grid(padding=(0, 2))
    for name, value in data.items():
        made.add_row(Text(name.replace("_", " "), style="bold"), Text(plain(_value(value))))
    return made


def _value(value: Any) -> str:
    """Words as they are, counts as `2 fact, 1 text`, flat lists with commas, all else as JSON."""
    if value is None or value in ({}, []):
        return "none"
    if isinstance(value, str | float):
        return str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping) and all(type(n) is int for n in value.values()):
        return ", ".join(f"{n:,} {name}" for name, n in value.items())
    if isinstance(value, Mapping) and all(isinstance(v, str) for v in value.values()):
        return ", ".join(f"{name} {v}" for name, v in value.items())
    if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def line(text: str) -> RenderableType:
    """One line of words."""
    from rich.text import Text

    return Text(plain(text))


def cut(text: str, most: int) -> str:
    """A text on one line, cut where it is longer than `most` letters."""
    flat = " ".join(text[: 2 * most + 1000].split())
    whole = len(flat) <= most and len(text) <= 2 * most + 1000
    return flat if whole else f"{flat[: most - 1]}…"


def verbatim(text: str) -> RenderableType:
    """Lines as they are, never wrapped: for what is copied elsewhere."""
    from rich.text import Text

    return Text(plain(text), no_wrap=True, overflow="ignore")


def read(text: str) -> str:
    """The text itself, or standard input for `-`."""
    if text != "-":
        return text
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"Standard input is not UTF-8 text (byte {error.start}). Nothing was changed."
        ) from error


class ProgressBar:
    """A progress bar that appears when work takes longer than DELAY; never in pipes."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._lock = threading.Lock()
        self._state: tuple[int, int | None] = (0, None)
        self._bar: Any = None
        self._over = False
        self._timer = threading.Timer(DELAY, self._appear)
        self._timer.daemon = True

    def __enter__(self) -> ProgressBar:
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def __call__(self, done: int, total: int) -> None:
        """Take note of how much of the work is done."""
        with self._lock:
            self._state = (done, total)
            self._move()

    def _appear(self) -> None:
        from rich.progress import Progress

        with self._lock:
            if not self._over:
                self._bar = Progress(console=console(err=True), transient=True)
                self._bar.add_task(self._doing, total=None)
                self._bar.start()
                self._move()

    def _move(self) -> None:
        if self._bar is not None:
            done, total = self._state
            self._bar.update(self._bar.task_ids[0], completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._bar is not None:
                self._bar.stop()
