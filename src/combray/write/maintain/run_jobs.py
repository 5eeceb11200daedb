"""Run the jobs that are due: each makes a proposal, which is checked, applied and done as one."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from threading import current_thread, main_thread

from combray.core.changes import ChangeSet, Job
from combray.core.errors import BudgetExceeded, ModelError, StaleChange
from combray.core.items import RAW_KINDS, Item, Json, Status
from combray.core.ports import DeriverLike, Handler
from combray.recall.runtime.runtime import Runtime
from combray.store.engine import Run
from combray.store.erase import REBUILD
from combray.store.tables import jobs
from combray.store.tables.queries import items_by_id, items_citing
from combray.write.change.apply import embed_change
from combray.write.change.validate import Preview, propose
from combray.write.facts.facts import ACTOR, claim_key, facts_of

_log = logging.getLogger("combray")
ERROR_LENGTH = 2_000
TRIES = 3
"""How often a job is done anew at once because what it rests on was changed meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one job: what it changed, or the error that is kept with it.

    `refused` says that the budget is spent: no other job is begun.
    """

    job: Job
    preview: Preview | None = None
    error: str | None = None
    refused: bool = False

    def as_dict(self) -> Json:
        """Plain data."""
        return {
            "job": self.job.as_dict(),
            "change": None if self.preview is None else self.preview.as_dict(),
            "error": self.error,
        }


def run_due(
    runtime: Runtime,
    deriver: DeriverLike | None,
    tenant: str | None,
    *,
    kinds: Collection[str] | None = None,
    limit: int | None = None,
    dry_run: bool = False,
) -> Iterator[Outcome]:
    """Do the due jobs that have a handler, oldest first, and those that they queue.

    A job that fails keeps its error and waits longer each time; nothing of it is applied. What was
    made is embedded, so that it is found.
    """
    everything = {REBUILD: rebuilder(runtime, deriver)}
    if deriver is not None:
        everything.update(deriver.handlers)
    able = everything.keys() if kinds is None else everything.keys() & kinds
    if not dry_run:
        jobs.release(runtime.store.engine, tenant)
    seen: set[int] = set()
    while limit is None or len(seen) < limit:
        ready = [j for j in jobs.due(runtime.store.engine, able, tenant) if j.seq not in seen]
        if not ready:
            return
        for job in ready[: None if limit is None else limit - len(seen)]:
            seen.add(job.seq)
            mine = job if dry_run else jobs.claim(runtime.store.engine, job)
            if mine is None:
                continue
            outcome = _do(runtime, deriver, everything[job.kind], mine, dry_run=dry_run)
            yield outcome
            if outcome.refused:
                return


def _do(
    runtime: Runtime, deriver: DeriverLike | None, handler: Handler, job: Job, *, dry_run: bool
) -> Outcome:
    try:
        preview = _proposed(runtime, deriver, handler, job, dry_run=dry_run)
        if not dry_run:
            embed_change(runtime, preview.change)
        return Outcome(job=job, preview=preview)
    except BudgetExceeded as error:
        text = f"BudgetExceeded: {error}"
        kept = job if dry_run else jobs.postpone(runtime.store.engine, job, text)
        return Outcome(job=kept, error=text, refused=True)
    except BaseException as error:
        if _interrupts(error):
            # Whoever goes on must not wait until our lease runs out.
            if not dry_run:
                jobs.postpone(runtime.store.engine, job, "It was interrupted.")
            raise
        # Whatever one job raises, the jobs of all others go on.
        text = _told(error)
    _log.warning("Job %d (%s) failed, and is kept; no words are lost. %s", job.seq, job.kind, text)
    kept = job if dry_run else jobs.fail(runtime.store.engine, job, text)
    return Outcome(job=kept, error=text)


def _proposed(
    runtime: Runtime, deriver: DeriverLike | None, handler: Handler, job: Job, *, dry_run: bool
) -> Preview:
    """Do a job and apply what it made; do it anew when what it rests on was changed meanwhile."""
    tries = 0
    while True:
        seen = runtime.store.head(job.tenant)
        change = handler(job) or ChangeSet(tenant=job.tenant, actor=job.kind)
        signed = replace(_signed(change, _model_of(runtime, deriver, job)), seen=seen)
        try:
            return propose(runtime.store, signed, dry_run=dry_run, job=job)
        except StaleChange:
            tries += 1
            if tries == TRIES:
                raise


def _interrupts(error: BaseException) -> bool:
    """Whether an error is meant for the program: only its main thread is told to end."""
    return not isinstance(error, Exception) and current_thread() is main_thread()


def _told(error: BaseException) -> str:
    """Return an error as text that any database keeps: its type, and what it says."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001
        said = "it cannot be told"
    text = f"{type(error).__name__}: {said}"
    if isinstance(error, ModelError) and error.raw:
        text += f" It answered: {error.raw[:500]!r}"
    kept = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return kept[:ERROR_LENGTH]


def _model_of(runtime: Runtime, deriver: DeriverLike | None, job: Job) -> str | None:
    """The model that reads the words in a job of our system; None when rules do."""
    if deriver is None or deriver.actor != job.kind or deriver.inline or runtime.chat is None:
        return None
    return runtime.chat.name


def _signed(change: ChangeSet, model: str | None) -> ChangeSet:
    """The change with its model named in everything that it adds; a model can be swapped later."""
    if model is None:
        return change
    named = {"model": model}
    return replace(change, puts=[replace(i, metadata={**i.metadata, **named}) for i in change.puts])


def rebuilder(runtime: Runtime, deriver: DeriverLike | None) -> Handler:
    """Return a handler that reads raw items again which lost what was derived from them."""

    def rebuild(job: Job) -> ChangeSet | None:
        read = runtime.store.engine.tenant_reader(job.tenant)
        wanted = [str(id_) for id_ in job.payload.get("sources", ())]
        raw = items_by_id(read, job.tenant, wanted).values()
        live = sorted(
            (item for item in raw if item.status == Status.LIVE), key=lambda item: item.seq
        )
        facts = missing_facts(read, job.tenant, live)
        more = [] if deriver is None else deriver.jobs(live)
        if not facts and not more:
            return None
        return ChangeSet(tenant=job.tenant, actor=ACTOR, why=REBUILD, puts=facts, jobs=more)

    return rebuild


def missing_facts(run: Run, tenant: str, raw: list[Item]) -> list[Item]:
    """The facts that rules read from raw items and that nothing stored states yet."""
    spoken = [item for item in raw if item.kind in RAW_KINDS]
    citing = items_citing(run, tenant, (item.id for item in spoken)).values()
    known = {(source, claim_key(fact)) for fact in citing for source in fact.sources}
    return [
        fact
        for item in spoken
        for fact in facts_of(item)
        if (item.id, claim_key(fact)) not in known
    ]
