"""Checkpoints of a run on disk, so that an interrupted run resumes.

A change of the code or of the settings invalidates them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from combray.models.embed import cache_folder

Record = dict[str, Any]


class Checkpoint:
    """Records of one run by the field `key`; `settings` are all that its results depend on."""

    def __init__(self, name: str, settings: Mapping[str, Any], key: str) -> None:
        text = json.dumps(dict(settings) | {"code": code()})
        digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        folder = cache_folder() / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{name}-{digest}.jsonl"
        self.done: dict[str, Record] = {record[key]: record for record in self._read()}

    def _read(self) -> list[Record]:
        if not self._path.is_file():
            return []
        return [*filter(None, map(_whole, self._path.read_bytes().split(b"\n")))]

    def remove(self) -> None:
        """Take the file away: nothing of this run is left."""
        self._path.unlink(missing_ok=True)

    def add(self, record: Record) -> None:
        """Write one record down."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")


def _whole(line: bytes) -> Record | None:
    """The record of a line; None for the last line of an interrupted run, which can be half one."""
    try:
        record: Record = json.loads(line)
    except ValueError:
        return None
    return record


@cache
def code() -> str:
    """A digest of everything in this package that can change a result."""
    root = Path(__file__).parents[2]
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted((*root.rglob("*.py"), *root.rglob("*.json"), *root.rglob("*.md"))):
        if path.relative_to(root).parts[0] not in ("bench", "serve"):
            digest.update(path.read_bytes())
    return digest.hexdigest()
