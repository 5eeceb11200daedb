"""Embed committed items, in small transactions of their own once the words are safe."""

from __future__ import annotations

from collections.abc import Sequence

from combray.core.ports import Embedder, Progress
from combray.store.store import Store
from combray.store.tables import vectors
from combray.store.tables.vectors import Generation, PendingText

CHUNK = 256


def embed(
    store: Store,
    embedder: Embedder,
    texts: Sequence[PendingText],
    progress: Progress | None = None,
) -> None:
    """Embed texts and store their vectors in the active generation, a chunk at a time."""
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start : start + CHUNK]
        made = embedder.embed([text.text for text in chunk])
        generation = _generation(store, embedder, made.shape[1])
        owners = {text.tenant for text in chunk}
        with store.engine.write(owners.pop() if len(owners) == 1 else None) as cursor:
            vectors.add(cursor, generation.seq, chunk, made)
        if progress is not None:
            progress(start + len(chunk), len(texts))


def heal(store: Store, embedder: Embedder, tenant: str, progress: Progress | None = None) -> int:
    """Embed the items of a tenant that have no vector yet; return how many there were."""
    generation = vectors.active(store.engine)
    done = 0
    while True:
        missing = vectors.pending(
            store.engine, 0 if generation is None else generation.seq, tenant=tenant
        )
        if not missing:
            return done
        embed(store, embedder, missing, progress)
        generation = vectors.active(store.engine)
        done += len(missing)


def _generation(store: Store, embedder: Embedder, dim: int) -> Generation:
    current = vectors.active(store.engine)
    if current is None:
        return vectors.begin(store.engine, embedder.name, dim, "active")
    vectors.check(store.engine, embedder.name)
    return current
