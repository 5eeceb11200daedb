"""Keep and move: export, import, backup, copy, verify, repair, reindex."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from combray.core.items import Item, Json, Status
from combray.core.ports import Progress
from combray.memory.base import MemoryBase, tenant_of
from combray.models.embed import resolve
from combray.store.connect import connect
from combray.store.engine import Cursor
from combray.store.files import backup, export, import_
from combray.store.history.verify import Report
from combray.store.paths import as_path
from combray.store.tables import copy
from combray.write.change.edit import hold_back_in
from combray.write.maintain import reindex as generations
from combray.write.maintain import repair
from combray.write.messages.guard import hold_back, mask_record

PathLike = str | os.PathLike[str]


class MaintainVerbs(MemoryBase):
    """What keeps a memory whole and lets it move."""

    def export(self, path: PathLike, *, user_id: str | None = None) -> int:
        """Write memories as JSON lines; returns how many items.

        A path that ends in .md gets Markdown for reading, which cannot be read back. Without a
        `user_id` everything is written.
        """
        return export.export(self._store, as_path(path), user_id)

    def import_(self, path: PathLike, *, user_id: str | None = None) -> int:
        """Read what `export` wrote, whole or not at all; returns how many items were new.

        With a `user_id` everything goes into that user's memory; without one each memory goes to
        the user whom the file names; one who has others here that the file does not know is left
        out, with a warning. The policy holds for it as for `add`: what it refuses refuses the file,
        what it masks is masked, and orders from untrusted sources are held back, with what rests on
        them alone.
        """
        tenant = None if user_id is None else tenant_of(user_id)
        policy = self._policy

        def arrived(items: Sequence[Item]) -> Callable[[Cursor], None]:
            said = [item for item in items if item.is_raw and item.status == Status.LIVE]
            held = [i for i in said if hold_back(i, policy.trusted).status == Status.QUARANTINED]
            return lambda cursor: hold_back_in(self._store, cursor, held)

        masked = partial(mask_record, policy=policy)
        added = import_.import_(self._store, as_path(path), tenant, masked=masked, arrived=arrived)
        self._healed.clear()
        return added

    def backup(self, path: PathLike) -> Path:
        """Write a consistent copy to a new file while others write; `erase` reaches it too."""
        return backup.backup(self._store, as_path(path))

    def copy_to(self, location: PathLike) -> Json:
        """Copy everything into an empty database, such as a server; returns how many rows of each.

        Ids, history, both times and vectors stay. InputError when something is there already.
        """
        target = connect(location)
        try:
            return dict(copy.copy(self._store.engine, target.engine))
        finally:
            target.close()

    def verify(self) -> Report:
        """Whether the database is whole and is what its history says."""
        return repair.check(self._store)

    def repair(self) -> Json:
        """Make everything derived again from the user's own words; returns what was mended.

        What a system derives by rule is derived at once, what it asks a model for by consolidate().
        """
        mended = repair.repair(self._store, self._jobs)
        done = generations.reindex(self._store, self._embedder, self._progress, anew=True)
        self._runtime.forget()
        for tenant in self._store.tenants():
            self._work(tenant)
        return {**mended, "vectors": done["embedded"]}

    def reindex(self, embedder: Any = None) -> Json:
        """Embed everything anew with another embedder while searches go on; ids stay.

        Without an embedder, complete the vectors of the present one. Interrupted, the next call
        goes on from there.
        """
        new = self._embedder if embedder is None else resolve(embedder)
        done = generations.reindex(self._store, new, self._progress)
        self._embedder = self._runtime.embedder = new
        self._runtime.forget()
        return done


def reindex(
    location: PathLike, embedder: Any = "auto", *, progress: Progress | None = None
) -> Json:
    """Change over a database that another embedder made, which need not be at hand; ids stay.

    Whoever has it open with the old embedder goes on until the change is whole, and then gets
    EmbedderMismatch. Returns what `Memory.reindex` returns.
    """
    new = resolve(embedder)
    store = connect(location)
    try:
        return generations.reindex(store, new, progress)
    finally:
        store.close()
