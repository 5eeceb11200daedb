"""The moments of a question, and what held, was known and was superseded at them.

    n rows of a view, each with a time when it held and a time from which it was known

asked_at   when the question is put; "last week" in it is counted from here
as_of      the moment of the world that is asked about; None when no past moment is
known_at   the moment whose knowledge answers; None for everything that is known
moment     as_of, else asked_at: what holds and what is superseded is decided at it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import cached_property
from typing import Any

from combray.core.arrays import Mask
from combray.core.dates.zones import zone_of
from combray.core.items import SUPERSEDES, Item
from combray.core.ports import Query
from combray.core.time import AHEAD, now
from combray.index.view import View
from combray.recall.query.superseded import Superseded, find_superseded
from combray.store.store import Store
from combray.store.tables.fact_keys import links_to

_LINKS = ("link", "unlink")


@dataclass(frozen=True)
class TimeFrame:
    """When a question is put and what time it is about; every mask is computed once.

    Times are microseconds UTC, and 0 is a time like any other. `zone` is whose days the days in
    the question are.
    """

    view: View
    store: Store
    asked_at: int
    as_of: int | None = None
    known_at: int | None = None
    zone: str = "UTC"

    @classmethod
    def of(cls, query: Query, view: View, store: Store) -> TimeFrame:
        """The frame of a query; without `asked_at` it is put at `as_of`, else now.

        Where our clock is behind, now is when the last became known that the memory knows.
        """
        put = query.as_of if query.asked_at is None else query.asked_at
        return cls(
            view=view,
            store=store,
            asked_at=_present(view) if put is None else put,
            as_of=query.as_of,
            known_at=query.known_at,
            zone=query.zone,
        )

    @property
    def zone_info(self) -> tzinfo:
        """The zone itself."""
        return zone_of(self.zone)

    @property
    def moment(self) -> int:
        """The moment of the world that the answers are about."""
        return self.asked_at if self.as_of is None else self.as_of

    @cached_property
    def known(self) -> Mask:
        """Rows that were live by what was known at `known_at`; (n,)."""
        alive = self.view.rows.alive.values.copy()
        for id_, fields in self._past.items():
            row = self.view.row_of.get(id_)
            if row is not None and "status" in fields:
                alive[row] = fields["status"] == "live"
        if self.known_at is not None:
            alive &= self.view.times.known_from.values <= self.known_at
        return alive

    @cached_property
    def held(self) -> Mask:
        """Rows that were valid at the moment, by what was believed at `known_at`; (n,)."""
        start, end = self.view.times.valid_from.values, self.view.times.valid_to.values
        held: Mask = (start <= self.moment) & (self.moment < end)
        for id_, fields in self._past.items():
            row = self.view.row_of.get(id_)
            if row is not None and ("valid_from" in fields or "valid_to" in fields):
                begin = fields.get("valid_from", int(start[row]))
                finish = fields.get("valid_to", int(end[row]))
                held[row] = (begin is None or begin <= self.moment) and (
                    finish is None or self.moment < finish
                )
        return held

    @cached_property
    def superseded(self) -> Superseded:
        """What the facts of the memory say about its rows at the moment."""
        return find_superseded(self.view, self.held, self.known, self.moment, self._successors)

    @cached_property
    def standing(self) -> Mask:
        """Rows that were valid at the moment, or that a fact rests on which was; (n,)."""
        return self.held | self.superseded.held

    @cached_property
    def allowed(self) -> Mask:
        """Rows that time lets be answered: known by then and, with `as_of`, standing then; (n,)."""
        return self.known if self.as_of is None else self.known & self.standing

    @cached_property
    def current(self) -> Mask:
        """Rows that nothing took the place of by the moment; (n,).

        Those yet to begin count too, unless the question is about the past.
        """
        if self.as_of is None and self.known_at is None:
            open_: Mask = self.view.times.valid_to.values > self.moment
            return open_
        return self.held

    def believed(self, items: Mapping[str, Item]) -> dict[str, Item]:
        """The items, by id, as they were believed to be at `known_at`."""
        return {
            id_: replace(item.with_fields(self._past[id_]), digest="")
            if id_ in self._past
            else item
            for id_, item in items.items()
        }

    def _successors(self, row: int) -> list[int]:
        """The rows that a person put in the place of one."""
        view = self.view
        run = self.store.engine.tenant_reader(view.tenant)
        later = links_to(run, view.tenant, SUPERSEDES, [view.ids[row]])
        return [view.row_of[link.src] for link in later if link.src in view.row_of]

    @cached_property
    def _past(self) -> dict[str, dict[str, Any]]:
        """For items that changed after `known_at`: the fields as they were then."""
        past: dict[str, dict[str, Any]] = {}
        if self.known_at is None:
            return past
        for event in self.store.events(self.view.tenant):
            if event.at_us > self.known_at and event.before_us and event.op not in _LINKS:
                known = past.setdefault(event.item_id, {})
                for name, value in event.before_us.items():
                    known.setdefault(name, value)
        return past


def _present(view: View) -> int:
    """Return the present, no earlier than what a clock a little ahead of ours learnt last."""
    at, known = now(), view.times.known_from.values
    return int(max(known[(at < known) & (known <= at + AHEAD)], default=at))
