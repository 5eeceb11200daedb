"""Cache embeddings by the content of the text, so that no text is embedded twice."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from combray.core import caches
from combray.core.arrays import FloatArray
from combray.core.ports import Embedder

CHUNK = 500


class Recent:
    """The vectors of the last texts, in memory: what is compared and then stored is embedded once.

    Batches over `BATCH` texts are not kept, since they would push out everything else. Of a text
    only its digest is kept.
    """

    BATCH = 256

    def __init__(self, embedder: Embedder, size: int = 4096) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._size = size
        self._kept: OrderedDict[bytes, FloatArray] = OrderedDict()
        self._lock = threading.Lock()
        caches.register(self)

    def embed(self, texts: Sequence[str], /) -> FloatArray:
        """Rows of unit length, shape (n, d)."""
        if not 0 < len(texts) <= self.BATCH:
            return self._embedder.embed(texts)
        keys = [_digest(text) for text in texts]
        with self._lock:
            known = {key: self._kept[key] for key in keys if key in self._kept}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            made = dict(zip(missing, self._embedder.embed(list(missing.values())), strict=True))
            known.update(made)
            with self._lock:
                self._kept.update(made)
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        return np.stack([known[key] for key in keys])

    def forget(self, tenant: str, /) -> None:
        """Drop every vector: whose text one is of, nobody knows."""
        with self._lock:
            self._kept.clear()


class Cached:
    """Vectors in a SQLite file of their own, keyed by embedder and text; shared by processes."""

    def __init__(self, embedder: Embedder, path: Path) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, timeout=60, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, data BLOB)")

    def embed(self, texts: Sequence[str], /) -> FloatArray:
        """Rows of unit length, shape (n, d); only texts not seen before are computed."""
        keys = [self._key(text) for text in texts]
        with self._lock:
            known = self._find(keys)
            missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in known}
            if missing:
                made = self._embedder.embed(list(missing.values()))
                rows = [(k, row.tobytes()) for k, row in zip(missing, made, strict=True)]
                self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
                self._db.commit()
                known.update(rows)
        if not texts:
            return self._embedder.embed([])
        return np.stack([np.frombuffer(known[key], np.float32) for key in keys])

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def _key(self, text: str) -> bytes:
        return _digest(f"{self.name}\0{text}")

    def _find(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            marks = ", ".join("?" * len(chunk))
            query = f"SELECT key, data FROM vectors WHERE key IN ({marks})"
            found.update(self._db.execute(query, chunk).fetchall())
        return found


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
