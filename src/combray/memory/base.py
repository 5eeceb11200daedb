"""Opening and closing a memory, and what its verbs share."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Self

from combray.core import caches
from combray.core.changes import NewJob
from combray.core.checks import check_name, check_names
from combray.core.dates.zones import check_zone
from combray.core.errors import CombrayError, InputError, quoted
from combray.core.items import Item, Scope, Status
from combray.core.ports import Call, DeriverLike, Experience, HasDeriver, Progress
from combray.memory.extraction import model_use, with_extractor
from combray.memory.recalled import Recalled
from combray.memory.worker import Worker
from combray.models.chat import resolve_chat
from combray.models.embed import follow, resolve
from combray.models.metered import Metered, read_budget
from combray.recall.runtime.runtime import Runtime
from combray.store.connect import connect
from combray.store.engine import Engine
from combray.store.files.parts import remove_left_parts
from combray.store.tables import ledger, vectors
from combray.systems.text import System, make
from combray.write.change import erasure
from combray.write.change.embedding import embed, heal
from combray.write.maintain.rederive import queue_reading, to_read
from combray.write.maintain.run_jobs import Outcome, run_due
from combray.write.messages.guard import read_policy, show_item
from combray.write.messages.masked_chat import MaskedChat

_log = logging.getLogger("combray")
MAX_LIMIT = 10_000


class MemoryBase:
    """One open database with its embedder, its system and what was recalled lately."""

    def __init__(
        self,
        location: str | os.PathLike[str] | Engine = ":memory:",
        *,
        system: System = "evidence",
        embedder: Any = "auto",
        llm: Any = None,
        extractor: str | None = None,
        durable: bool = False,
        progress: Progress | None = None,
        policy: Mapping[str, str] | None = None,
        timezone: str | None = None,
        day_first: bool | None = None,
        options: Mapping[str, Any] | None = None,
        budget: Any = None,
        worker: bool = False,
    ) -> None:
        self._policy = read_policy(policy)
        self._zone = check_zone(timezone) or "UTC"
        self._day_first = check_day_first(day_first)
        self._embedder = resolve(embedder)
        chat, limit = resolve_chat(llm), read_budget(budget)
        if chat is not None and self._policy.pii == "mask":
            chat = MaskedChat(chat)
        self._name = system
        self._store = connect(location, durable=durable)
        with ExitStack() as on_error:
            on_error.callback(self._store.close)
            if embedder == "auto" and (made := vectors.active(self._store.engine)) is not None:
                self._embedder = follow(self._embedder, made.embedder)
            vectors.check(self._store.engine, self._embedder.name)
            erasure.resume(self._store)
            remove_left_parts(self._store)
            self._chat = None if chat is None else Metered(chat, self._enter, limit)
            self._runtime = Runtime(self._store, self._embedder, self._chat)
            self._options = with_extractor(system, options, extractor, self._chat)
            self._system = make(system, self._runtime, **self._options)
            on_error.pop_all()
        if self._chat is not None:
            _log.info("%s", model_use(system, self._options, self._chat.name))
        self._deriver = self._system.deriver if isinstance(self._system, HasDeriver) else None
        self._progress = progress
        self._healed: set[str] = set()
        self._recalled = Recalled(caches.forget)
        self._worker = Worker(self._runtime, self._deriver) if worker else None

    def close(self) -> None:
        """End the worker and the model's calls, and release the database."""
        if self._worker is not None:
            self._worker.stop()
        if self._chat is not None:
            self._chat.close()
        if self._worker is not None:
            self._worker.join()
        self._store.close()

    def _see(self, items: Iterable[Item]) -> list[Item]:
        """The items as the policy lets them be seen."""
        return [show_item(item, self._policy) for item in items]

    def _enter(self, call: Call) -> None:
        """Enter a call of the model in the ledger."""
        ledger.record(self._store.engine, call)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _learn(
        self, fresh: Sequence[Item], facts: Sequence[Item] = (), *, wait: bool = False
    ) -> None:
        """Embed what is new, and let the system take in the words that are live.

        The jobs of a system that derives are queued already; those that are cheap, or waited for,
        are done now. One that fails is kept for later: the words are stored, whatever comes of it.
        """
        if fresh or facts:
            self._embed([*fresh, *facts])
        live = [item for item in fresh if item.status == Status.LIVE]
        if not live:
            return
        self._system.write(Experience(scope=live[0].scope, items=live))
        self._work(live[0].scope.tenant, wait=wait)
        if self._worker is not None:
            self._worker.wake()

    def _jobs(self, items: Sequence[Item]) -> list[NewJob]:
        """The jobs that follow from raw items about to be stored."""
        return [] if self._deriver is None else self._deriver.jobs(items)

    def _work(self, tenant: str, *, wait: bool = False) -> None:
        """Do the jobs of our system that are cheap, or all of them."""
        if self._deriver is not None and (wait or self._deriver.inline):
            for _ in self._due(tenant, kinds=[self._deriver.actor]):
                pass

    def _due(
        self,
        tenant: str | None,
        *,
        kinds: Collection[str] | None = None,
        limit: int | None = None,
        dry_run: bool = False,
    ) -> Iterator[Outcome]:
        """Do the jobs that are due and that we can do, one after another."""
        return run_due(
            self._runtime, self._deriver, tenant, kinds=kinds, limit=limit, dry_run=dry_run
        )

    def _tenants(self, user_id: str | None) -> list[str]:
        """The tenant of a user; without one those of all users, and of nobody."""
        return self._store.tenants() if user_id is None else [tenant_of(user_id)]

    def _embed(self, items: Sequence[Item]) -> None:
        texts = [vectors.pending_of(item) for item in items]
        try:
            embed(self._store, self._embedder, texts, self._progress)
        except CombrayError as error:
            # The words are safe; the vectors are made at the next search that can make them.
            _log.warning("Stored %d items without vectors: %s", len(items), error)
            self._healed.discard(items[0].scope.tenant)

    def _heal(self, tenant: str) -> None:
        """Once for each tenant: embed what has no vector, and read what the system has not read."""
        if tenant in self._healed:
            return
        self._healed.add(tenant)
        heal(self._store, self._embedder, tenant, self._progress)
        if self._deriver is not None:
            self._catch_up(self._deriver, tenant)

    def _catch_up(self, deriver: DeriverLike, tenant: str) -> None:
        """Read by rule what our system has not read of a tenant, or say that it has not."""
        items = to_read(self._store.engine.tenant_reader(tenant), tenant, deriver)
        if items and deriver.inline:
            _log.info("%s reads %d memories that it has not read.", deriver.actor, len(items))
            queue_reading(self._runtime, tenant, deriver)
        if deriver.inline:
            # What was queued now, or before somebody was interrupted.
            self._work(tenant)
        elif items:
            _log.warning(
                "%s has not read %d memories of this file, so it answers without them. "
                "rederive(dry_run=True) says what reading them costs.",
                deriver.actor,
                len(items),
            )


def scope_of(
    user_id: str | None, agent_id: str | None, session_id: str | None, run_id: str | None = None
) -> Scope:
    """A checked scope; `run_id` is another name of `session_id`."""
    if run_id is not None and session_id is not None and run_id != session_id:
        raise InputError("run_id is another name of session_id; give one of them.")
    named = {"user_id": user_id, "agent_id": agent_id, "session_id": session_id or run_id}
    for name, value in named.items():
        if value is not None:
            check_name(value, name)
    return Scope(**named)


def tenant_of(user_id: str | None) -> str:
    """The partition of the store that is a user's."""
    return scope_of(user_id, None, None).tenant


def tenant_guard(user_id: str | None) -> str | None:
    """The tenant that an id must belong to, or that work is for; None for any."""
    return None if user_id is None else tenant_of(user_id)


def check_day_first(day_first: bool | None) -> bool | None:
    """The order of day and month as given, or InputError when it is not one."""
    if day_first is not None and not isinstance(day_first, bool):
        raise InputError(
            f"day_first is True (3/5 is 3 May), False (it is March 5) or None, not "
            f"{quoted(day_first)}."
        )
    return day_first


def check_limit(limit: int) -> int:
    """The limit as given, or InputError when it is not a whole number from 1."""
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT:
        raise InputError(
            f"limit must be a whole number from 1 to {MAX_LIMIT}, not {quoted(limit)}."
        )
    return limit


def maybe_limit(limit: int | None) -> int | None:
    """The limit as `check_limit` takes it; None for no limit."""
    return None if limit is None else check_limit(limit)


def check_kinds(kinds: Sequence[str] | None) -> tuple[str, ...] | None:
    """The kinds as given, None without any, or InputError when they are not a list of names."""
    return None if kinds is None else check_names(kinds, "kinds", "['turn']") or None


def check_share(share: float | None, name: str = "min_confidence") -> float:
    """The share as given, 0 for None, or InputError when it is not a number from 0 to 1."""
    if share is None:
        return 0.0
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise InputError(f"{name} must be a number from 0 to 1, not {quoted(share)}.")
    return share
