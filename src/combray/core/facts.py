"""Facts: subject, relation and object, and what was stated about their time.

The metadata of an item stores its fact; only `Fact.of` and `Fact.metadata` know the stored form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from combray.core.checks import moment_problem
from combray.core.errors import InputError
from combray.core.items import Item, Json
from combray.core.time import iso, to_micros

IS, ENDED, WAS, ALSO = "is", "ended", "was", "also"
"""What a fact says of its value: it holds, it stopped to hold, it held and is over, it holds beside
others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact as it was stated; times in microseconds UTC, None being unknown or open.

    A `functional` relation has one value at a time. `held_to` is until when the value is known to
    have held; `at` is the place of the statement in its text. `own` is true of what a user says in
    the first person. One that `ends` none states its value beside the others, until one that does
    ends it.
    """

    subject: str
    relation: str
    object: str
    functional: bool = False
    says: str = IS
    start: int | None = None
    end: int | None = None
    held_to: int | None = None
    at: tuple[int, int] | None = None
    own: bool = False
    ends: bool = True

    @classmethod
    def of(cls, item: Item) -> Fact:
        """Return the fact of an item; without a stated interval it has the interval of the item.

        What is no moment or no place, as an edit or an import may leave it, was not stated.
        """
        about: Mapping[str, Any] = item.metadata
        stated = _interval(about.get("stated"))
        return cls(
            subject=str(about.get("subject", "")),
            relation=str(about.get("relation", "")),
            object=str(about.get("object", "")),
            functional=bool(about.get("functional", False)),
            says=str(about.get("says", IS)),
            start=stated.get("from", item.valid_from_us),
            end=stated.get("to", item.valid_to_us),
            held_to=stated.get("held_to"),
            at=_place(about.get("at")),
            own=bool(about.get("own", False)),
            ends=bool(about.get("ends", True)),
        )

    def metadata(self) -> Json:
        """Return the stored form of the fact."""
        about: Json = {
            "subject": self.subject,
            "relation": self.relation,
            "object": self.object,
            "functional": self.functional,
            "says": self.says,
            "stated": self.stated(),
        }
        if self.own:
            about["own"] = True
        if not self.ends:
            about["ends"] = False
        return about if self.at is None else {**about, "at": list(self.at)}

    def stated(self) -> Json:
        """Return the stored form of the stated interval: ISO text, since metadata is shown."""
        interval: Json = {"from": iso(self.start), "to": iso(self.end)}
        return interval if self.held_to is None else {**interval, "held_to": iso(self.held_to)}

    @property
    def about(self) -> tuple[str, str]:
        """The case-folded subject and the relation: what has one value at a time."""
        return self.subject.casefold(), self.relation

    @property
    def claim(self) -> tuple[str, str, str, str]:
        """What the fact says, apart from where and when."""
        return self.subject, self.relation, self.object, self.says


def _interval(stated: Any) -> Mapping[str, int | None]:
    """Return the moments of a stored interval; empty when one of them is none."""
    moments = stated if isinstance(stated, Mapping) else {}
    try:
        return {name: _moment(moment) for name, moment in moments.items()}
    except InputError:
        return {}


def _moment(stored: Any) -> int | None:
    """Return a moment in microseconds, as which it was stored until 0.1; None is open."""
    if stored is None or isinstance(stored, str):
        return None if stored is None else to_micros(stored)
    wrong = moment_problem(stored)
    if wrong is not None:
        raise InputError(f"A stated moment {wrong}")
    return int(stored)


def _place(at: Any) -> tuple[int, int] | None:
    """Return the two ends of a statement in its text; None when they are not stored as such."""
    if isinstance(at, list | tuple) and len(at) == 2 and all(isinstance(end, int) for end in at):
        return at[0], at[1]
    return None
