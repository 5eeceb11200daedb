"""The options of a search: one typed dict, which every verb that asks a question takes.

ReadOptions      whose memories are read, and as of when
└── SearchOptions    the same, with how many and how sure the answers are to be

`UserReadOptions` and `UserSearchOptions` are the same without `user_id`, for the handle of one
user. A verb takes them as `**options: Unpack[SearchOptions]`, so that type checkers know each of
them; `takes` shows them in the verb's signature and docstring, and refuses a name that is none.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ParamSpec, TypedDict, TypeVar, get_args, get_type_hints

from combray.core.errors import UnknownName
from combray.core.time import Timestamp

P = ParamSpec("P")
R = TypeVar("R")


class UserReadOptions(TypedDict, total=False):
    """Which memories of one user are read, and as of when; what is left out narrows nothing."""

    agent_id: Annotated[str | None, "only what this agent keeps"]
    session_id: Annotated[str | None, "only this session"]
    run_id: Annotated[str | None, "another name of `session_id`"]
    filters: Annotated[
        Mapping[str, Any] | None, "only what a filter over metadata and fields lets pass"
    ]
    kinds: Annotated[Sequence[str] | None, "only these kinds, such as ['turn']"]
    as_of: Annotated[Timestamp | None, "answer for a past moment of the world"]
    known_at: Annotated[Timestamp | None, "answer with what was known by then"]
    asked_at: Annotated[
        Timestamp | None, 'the moment "last week" is counted from; else `as_of`, else now'
    ]
    timezone: Annotated[
        str | None,
        'whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`',
    ]
    day_first: Annotated[bool | None, "whether 3/5 is 3 May; either way when it is left out"]


class ReadOptions(UserReadOptions, total=False):
    """Whose memories are read, and as of when."""

    user_id: Annotated[str | None, "whose memories; without one, those that belong to no user"]


class UserSearchOptions(UserReadOptions, total=False):
    """How a question is put to the memory of one user."""

    limit: Annotated[int, "at most so many answers"]
    min_confidence: Annotated[
        float | None, "0 to 1: no answers unless it is so likely that one is remembered"
    ]
    min_score: Annotated[
        float | None, "0 to 1: only what is so likely to answer, and nothing superseded"
    ]


class SearchOptions(UserSearchOptions, ReadOptions, total=False):
    """How a question is put: what `search`, `context`, `explain` and `why_not` take beside it."""


ORDER = (
    "user_id agent_id session_id run_id limit min_confidence min_score filters kinds as_of known_at"
    " asked_at timezone day_first"
).split()
"""How the options are listed."""


def takes(options: type, **defaults: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a verb show the options that it takes, and refuse others by the nearest name.

    `defaults` are the values of options that are something else than None when left out.
    """

    def taking(verb: Callable[P, R]) -> Callable[P, R]:
        shown = _shown(verb, options, defaults)

        @functools.wraps(verb)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            for name in kwargs.keys() - shown.parameters.keys():
                raise UnknownName(
                    f"option of {verb.__name__}", name, (n for n in shown.parameters if n != "self")
                )
            return verb(*args, **kwargs)

        checked.__doc__ = "\n".join([inspect.getdoc(verb) or "", "", *sentences(options)])
        checked.__signature__ = shown  # type: ignore[attr-defined]
        return checked

    return taking


def sentences(options: type) -> Iterator[str]:
    """A line for each option: its name and what it is for."""
    hints = get_type_hints(options, include_extras=True)
    for name in sorted(hints, key=ORDER.index):
        yield f"* `{name}`: {get_args(hints[name])[1]}."


def _shown(
    verb: Callable[..., Any], options: type, defaults: Mapping[str, Any]
) -> inspect.Signature:
    """The signature of a verb with each option in the place of `**options`."""
    given = inspect.signature(verb)
    named = [p for p in given.parameters.values() if p.kind is not p.VAR_KEYWORD]
    hints = get_type_hints(options)
    spread = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name), annotation=hints[name]
        )
        for name in sorted(hints, key=ORDER.index)
    ]
    return given.replace(parameters=[*named, *spread])
