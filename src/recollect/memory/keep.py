"""Keep and move: export, import, backup, verify, repair, reindex."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from recollect.core.items import Json
from recollect.memory.base import Opened
from recollect.models.embed import resolve
from recollect.store import arriving, backup, transfer
from recollect.store.verify import Report
from recollect.write import reindex, repair

PathLike = str | os.PathLike[str]


class Keeping(Opened):
    """What keeps a memory whole and lets it move."""

    def export(self, path: PathLike, *, user_id: str | None = None) -> int:
        """Write everything, or one user's part, as JSON lines; returns how many items.

        A path that ends in .md gets Markdown for reading, which cannot be read back.
        """
        return transfer.export(self._store, Path(path), user_id)

    def import_(self, path: PathLike) -> int:
        """Read what `export` wrote, whole or not at all; returns how many items were new."""
        added = arriving.import_(self._store, Path(path))
        self._healed.clear()
        return added

    def backup(self, path: PathLike) -> Path:
        """Write a consistent copy to a new file while others write; `erase` reaches it too."""
        return backup.backup(self._store, Path(path))

    def verify(self) -> Report:
        """Whether the database is whole and is what its history says."""
        return repair.check(self._store)

    def repair(self) -> Json:
        """Make everything derived again from the user's own words; returns what was mended."""
        mended = repair.repair(self._store)
        self._bench.forget()
        self._healed.clear()
        return mended

    def reindex(self, embedder: Any = None) -> Json:
        """Embed everything anew with another embedder while searches go on; ids stay.

        Without an embedder, complete the vectors of the present one. Interrupted, the next call
        goes on from there.
        """
        new = self._embedder if embedder is None else resolve(embedder)
        done = reindex.reindex(self._store, new, self._progress)
        self._embedder = self._bench.embedder = new
        self._bench.forget()
        return done
