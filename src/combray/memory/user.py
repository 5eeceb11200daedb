"""The memory of one user: the verbs of Memory that are about a user, behind that user's walls."""

from __future__ import annotations

import functools
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from combray.core.dates.zones import check_zone
from combray.core.errors import InputError, quoted
from combray.memory.base import MemoryBase, scope_of
from combray.memory.edit import EditVerbs
from combray.memory.inspection import InspectVerbs
from combray.memory.maintain import MaintainVerbs
from combray.memory.model import ModelVerbs
from combray.memory.profile import ProfileVerbs
from combray.memory.recall import RecallVerbs
from combray.memory.task.verbs import TaskVerbs

Verb = Callable[..., Any]
FAMILIES = (
    RecallVerbs, ProfileVerbs, InspectVerbs, EditVerbs, TaskVerbs, ModelVerbs, MaintainVerbs,
)  # fmt: skip
_SENTENCE = re.compile(r"(?<=\.)\s+(?=[A-Z`])")
WIDTH = 92


class UserMemory:
    """What one user's memory answers: the verbs of Memory without `user_id`.

    No call reaches what belongs to another user: the id of another's memory is answered as one that
    does not exist. An `agent_id` or `session_id` narrows what is added, asked for, listed and
    erased; what is asked by its id, and what counts or moves the whole, is the user's. A `timezone`
    is whose days the days are, where a call names no other.
    A handle holds nothing open: it ends with the memory that made it.
    """

    def __init__(
        self,
        memory: MemoryBase,
        user_id: str,
        *,
        agent_id: str | None = None,
        session_id: str | None = None,
        timezone: str | None = None,
    ) -> None:
        if user_id is None:
            raise InputError(
                "user() needs the id of one user, not None. What belongs to no user is reached "
                "through the memory itself."
            )
        scope_of(user_id, agent_id, session_id)
        self._memory = memory
        self._user_id, self._agent_id, self._session_id = user_id, agent_id, session_id
        self.timezone = check_zone(timezone)

    @property
    def user_id(self) -> str:
        """Whose memory it is; another user has a handle of their own."""
        return self._user_id

    @property
    def agent_id(self) -> str | None:
        """The agent it is narrowed to."""
        return self._agent_id

    @property
    def session_id(self) -> str | None:
        """The session it is narrowed to."""
        return self._session_id

    def __repr__(self) -> str:
        given = {name: getattr(self, name) for name in ("agent_id", "session_id", "timezone")}
        narrowed = "".join(f", {name}={value!r}" for name, value in given.items() if value)
        return f"UserMemory({self.user_id!r}{narrowed})"

    def _call(self, verb: str, taken: Mapping[str, Any], args: Any, given: dict[str, Any]) -> Any:
        """Do a verb of the memory for this user, and as narrowly as the handle is."""
        if "user_id" in given:
            raise InputError(
                f"This is the memory of user {quoted(self.user_id)}, so {verb} takes no user_id. "
                "Another user has a handle of their own: memory.user(…)."
            )
        for name, own in (("agent_id", self.agent_id), ("session_id", self.session_id)):
            if own is None or name not in taken:
                continue
            if given.get(name) not in (None, own):
                raise InputError(
                    f"This handle is narrowed to {name}={quoted(own)}, and {verb} was given "
                    f"{quoted(given[name])}. Ask the user's own handle: "
                    f"memory.user({self.user_id!r})."
                )
            given[name] = own
        if self.timezone is not None and "timezone" in taken and given.get("timezone") is None:
            given["timezone"] = self.timezone
        return getattr(self._memory, verb)(*args, user_id=self.user_id, **given)


def verbs() -> dict[str, Verb]:
    """Every verb of Memory that takes a user, by its name; the others are for the whole place."""
    return {
        name: verb
        for family in FAMILIES
        for name, verb in vars(family).items()
        if not name.startswith("_")
        and inspect.isfunction(verb)
        and "user_id" in inspect.signature(verb).parameters
    }


def _of_one_user(verb: Verb) -> Verb:
    """A verb of the handle, which gives its user to the verb of the memory."""
    signature = inspect.signature(verb)

    @functools.wraps(verb)
    def walled(self: UserMemory, *args: Any, **kwargs: Any) -> Any:
        return self._call(verb.__name__, signature.parameters, args, kwargs)

    kept = [p for name, p in signature.parameters.items() if name != "user_id"]
    walled.__doc__ = _without_user(inspect.getdoc(verb) or "")
    walled.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    return walled


def _without_user(told: str) -> str:
    """A docstring without its sentences, and its lines of options, about `user_id`."""
    kept = []
    for paragraph in told.split("\n\n"):
        listed = paragraph.startswith("* ")
        parts = paragraph.split("\n") if listed else _SENTENCE.split(paragraph)
        mine = [part for part in parts if "`user_id`" not in part]
        if mine == parts:
            kept.append(paragraph)
        elif mine:
            kept.append("\n".join(mine) if listed else textwrap.fill(" ".join(mine), WIDTH))
    return "\n\n".join(kept)


for _name, _verb in verbs().items():
    setattr(UserMemory, _name, _of_one_user(_verb))
