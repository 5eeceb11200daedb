"""The embedder of a bench: it caches every vector on disk and measures its own time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from combray.bench.datasets.form import History, Message
from combray.core.arrays import FloatArray
from combray.core.ports import Embedder, Progress
from combray.core.text import embed_text
from combray.models.embed import Cached, cache_folder, resolve

FILE = "bench-vectors.sqlite"
CHUNK = 256


class Clocked:
    """An embedder that adds up the CPU seconds it takes."""

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self.seconds = 0.0
        self._embedder = embedder

    def embed(self, texts: Sequence[str], /) -> FloatArray:
        """Rows of unit length, shape (n, d)."""
        begun = time.process_time()
        try:
            return self._embedder.embed(texts)
        finally:
            self.seconds += time.process_time() - begun


def cached_embedder(choice: Any = "auto") -> Clocked:
    """Return a named embedder that caches its vectors in $COMBRAY_CACHE or the user's cache."""
    return Clocked(Cached(resolve(choice), cache_folder() / FILE))


def warm(embedder: Embedder, histories: Sequence[History], progress: Progress | None) -> None:
    """Embed everything that the histories say and ask, in batches of like length."""
    texts = sorted({text for history in histories for text in _texts(history)}, key=len)
    for start in range(0, len(texts), CHUNK):
        embedder.embed(texts[start : start + CHUNK])
        if progress is not None:
            progress(min(start + CHUNK, len(texts)), len(texts))


def _texts(history: History) -> Iterator[str]:
    for session in history.sessions:
        for message in session.content:
            yield _told(message, session.metadata)
    for question in history.questions:
        yield question.text


def _told(message: Message, shared: Any) -> str:
    """What the memory will embed of a message."""
    if isinstance(message, str):
        return embed_text(message, shared, None)
    metadata = {**shared, **message.get("metadata", {})}
    return embed_text(str(message["content"]), metadata, message.get("name"))
