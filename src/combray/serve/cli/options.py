"""What many verbs share: where the memory is, whose it is, and how to answer."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from combray.core.errors import InputError
from combray.serve.cli import show

if TYPE_CHECKING:
    from rich.console import RenderableType

    from combray.memory import Memory

DB = "COMBRAY_DB"
EMBEDDER = "COMBRAY_EMBEDDER"
EXTRACTOR, LLM = "COMBRAY_EXTRACTOR", "COMBRAY_LLM"

Id = Annotated[str, typer.Argument(metavar="ID", help="The id of a memory.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID", help="Ids of memories.")]
Limit = Annotated[int, typer.Option("--limit", "-n", metavar="N", help="Return at most N.")]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", metavar="KIND", help="Only this kind; repeatable.")
]
Filters = Annotated[
    str | None,
    typer.Option("--filters", metavar="JSON", help='A filter, such as {"topic": "travel"}.'),
]
Metadata = Annotated[
    str | None, typer.Option("--metadata", metavar="JSON", help="Data kept with the memory.")
]
System = Annotated[
    str, typer.Option("--system", metavar="NAME", help="The text memory: see `systems`.")
]
Query = Annotated[
    str, typer.Argument(metavar="QUESTION", help="The question; - reads standard input.")
]
Timezone = Annotated[
    str | None,
    typer.Option("--timezone", metavar="ZONE", help="Whose days, as Europe/Berlin or +09:00."),
]


@dataclass(frozen=True)
class Wanted:
    """Which memories may answer a question, and how likely it must be that they do."""

    min_confidence: Annotated[
        float | None,
        typer.Option(
            "--min-confidence", metavar="SHARE", help="Nothing unless an answer is so likely there."
        ),
    ] = None
    min_score: Annotated[
        float | None,
        typer.Option("--min-score", metavar="SHARE", help="Only what is so likely to answer."),
    ] = None
    filters: Filters = None
    kind: Kinds = None

    @property
    def options(self) -> dict[str, Any]:
        """The same as the verbs of a memory take them; wrong usage for filters that are no JSON."""
        return {
            "min_confidence": self.min_confidence,
            "min_score": self.min_score,
            "filters": mapping(self.filters, "--filters"),
            "kinds": self.kind,
        }


@dataclass(frozen=True)
class When:
    """Which moments a question is about, and how its days are read."""

    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TIME", help="Answer with what held then.")
    ] = None
    known_at: Annotated[
        str | None,
        typer.Option("--known-at", metavar="TIME", help="Answer with what was known by then."),
    ] = None
    asked_at: Annotated[
        str | None,
        typer.Option("--asked-at", metavar="TIME", help='When it is asked, for "last week".'),
    ] = None
    timezone: Timezone = None
    day_first: Annotated[
        bool | None,
        typer.Option("--day-first/--month-first", help="Whether 3/5 is 3 May or March 5."),
    ] = None

    @property
    def zone(self) -> str:
        """Whose days are shown of what was said without an offset."""
        return self.timezone or "UTC"


@dataclass(frozen=True)
class Place:
    """Where the memory is and which embedder reads it."""

    db: Annotated[
        str | None,
        typer.Option("--db", metavar="PATH", help=f"The database: a path or URL [${DB}]."),
    ] = None
    embedder: Annotated[
        str | None,
        typer.Option(
            "--embedder", metavar="NAME", help=f"auto, minilm, hashed or a folder [${EMBEDDER}]."
        ),
    ] = None

    @contextmanager
    def memory(
        self,
        doing: str,
        *,
        system: str = "evidence",
        creates: bool = False,
        policy: Mapping[str, str] | None = None,
        model: Model | None = None,
    ) -> Iterator[Memory]:
        """Open the memory; `doing` names the work on the progress bar.

        `model` says which system reads it and by which model, in the place of `system`.
        """
        # Imported here: the command line must answer --help at once.
        from combray.memory import Memory

        location = locate(self.db)
        location.prepare(creates=creates)
        with (
            show.ProgressBar(doing) as progress,
            Memory(
                location.text,
                embedder=self.embedder or os.environ.get(EMBEDDER) or "auto",
                progress=progress,
                policy=policy,
                **(model or Model(system=system)).choices,
            ) as memory,
        ):
            yield memory


@dataclass(frozen=True)
class Model:
    """Which system derives, by rule or by which model, and for how much."""

    system: System = "evidence"
    extractor: Annotated[
        str | None,
        typer.Option(
            "--extractor", metavar="NAME", help=f"Who reads: rules or llm [${EXTRACTOR}]."
        ),
    ] = None
    llm: Annotated[
        str | None, typer.Option("--llm", metavar="MODEL", help=f"The language model [${LLM}].")
    ] = None
    budget_usd: Annotated[
        float | None,
        typer.Option("--budget-usd", metavar="USD", help="Spend no more than this on the model."),
    ] = None

    @property
    def choices(self) -> dict[str, Any]:
        """The keyword arguments that the memory takes."""
        from combray.systems.text import options_of

        takes = "extractor" in options_of(self.system)
        return {
            "system": self.system,
            "llm": self.llm or os.environ.get(LLM),
            "budget": self.budget_usd,
            "extractor": self.extractor or (os.environ.get(EXTRACTOR) if takes else None),
        }


@dataclass(frozen=True)
class Owner:
    """Whose memory a single id belongs to."""

    user: Annotated[
        str | None, typer.Option("--user", "-u", metavar="ID", help="Whose memory it is.")
    ] = None


@dataclass(frozen=True)
class Whose:
    """Whose memory is meant, narrowed by agent and session."""

    user: Annotated[
        str | None, typer.Option("--user", "-u", metavar="ID", help="Whose memory it is.")
    ] = None
    agent: Annotated[
        str | None, typer.Option("--agent", metavar="ID", help="Only what this agent keeps.")
    ] = None
    session: Annotated[
        str | None, typer.Option("--session", metavar="ID", help="Only this session.")
    ] = None

    @property
    def ids(self) -> dict[str, Any]:
        """The keyword arguments that the memory takes."""
        return {"user_id": self.user, "agent_id": self.agent, "session_id": self.session}


@dataclass(frozen=True)
class Out:
    """How to answer: for people, or as plain JSON."""

    as_json: Annotated[bool, typer.Option("--json", help="Answer in plain JSON only.")] = False

    def give(self, data: Any, readable: Callable[[], RenderableType]) -> None:
        """Print the data as JSON, or what `readable` makes of it."""
        if self.as_json:
            show.as_json(data)
        else:
            show.readable(readable())


@dataclass(frozen=True)
class Location:
    """A database and who chose it."""

    text: str
    chosen_by: str

    @property
    def path(self) -> Path | None:
        """The file, or None for a URL or `:memory:`."""
        if self.text == ":memory:" or "://" in self.text:
            return None
        return Path(self.text).expanduser()

    def prepare(self, *, creates: bool) -> None:
        """Make the default database's folder; refuse to read a named file that does not exist."""
        if self.path is None or self.path.exists():
            return
        if self.chosen_by == "default":
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        elif not creates:
            raise InputError(
                f"There is no memory at {self.path} (from {self.chosen_by}). Check the path, or "
                "make one there with: combray add"
            )


def locate(db: str | None) -> Location:
    """The database that --db, else $COMBRAY_DB, else the user's data folder names."""
    if db:
        return Location(db, "--db")
    if chosen := os.environ.get(DB):
        return Location(chosen, f"${DB}")
    return Location(str(data_folder() / "memory.db"), "default")


def data_folder() -> Path:
    """The user's folder for data of combray, by the convention of the operating system."""
    if chosen := os.environ.get("XDG_DATA_HOME"):
        return Path(chosen) / "combray"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "combray"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "combray"
    return Path.home() / ".local" / "share" / "combray"


def mapping(text: str | None, option: str) -> Mapping[str, Any] | None:
    """The JSON object in an option; wrong usage when it is not one."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"not JSON: {error}.", param_hint=option) from error
    if not isinstance(value, dict):
        raise typer.BadParameter("must be a JSON object, {…}.", param_hint=option)
    return value
