"""Change the embedder while searches continue: build a second generation of vectors.

Searches read the active generation until the new one is complete; then one small transaction
switches to it and drops the old one. After an interruption the next call resumes the work.
"""

from __future__ import annotations

from combray.core.errors import InputError, StoreBusy, StoreError
from combray.core.items import Json
from combray.core.ports import Embedder, Progress
from combray.store.store import Store
from combray.store.tables import vectors
from combray.store.tables.vectors import Generation
from combray.write.change.embedding import CHUNK

LAST = 32
"""So many texts may be embedded while writers wait, so that a change ends beside steady ones."""


def reindex(
    store: Store, embedder: Embedder, progress: Progress | None = None, *, anew: bool = False
) -> Json:
    """Embed all texts; return the name of the embedder and how many texts it embedded.

    With the embedder of the active generation only texts without a vector are embedded, unless
    `anew` asks for all.
    """
    current = vectors.active(store.engine)
    generation = _generation(store, embedder, current, anew)
    if generation is None:
        return {"embedder": embedder.name, "embedded": 0, "replaced": None}
    done = _fill(store, embedder, generation, progress)
    if generation.state != "active":
        done += _switch(store, embedder, generation, progress)
    for other in vectors.generations(store.engine):
        # What is being built is another change's, or waits for one that was interrupted.
        if other.state == "old":
            vectors.drop(store.engine, other.seq)
    replaced = None if current is None or current.seq == generation.seq else current.embedder
    return {"embedder": embedder.name, "embedded": done, "replaced": replaced}


def _generation(
    store: Store, embedder: Embedder, current: Generation | None, anew: bool
) -> Generation | None:
    """Return the generation to fill; a half-built one of this embedder is resumed."""
    some = vectors.pending(store.engine, 0, limit=1)
    if current is None and not some:
        return None
    if current is not None and current.embedder == embedder.name and not anew:
        return current
    dim = embedder.embed([some[0].text if some else "dimension"]).shape[1]
    state = "active" if current is None else "building"
    generation = vectors.begin(store.engine, embedder.name, dim, state)
    if generation.dim != dim:
        raise InputError(
            f"{embedder.name!r} now makes vectors of {dim} numbers, and made {generation.dim} "
            "before. Give the new model another name."
        )
    return generation


def _fill(
    store: Store, embedder: Embedder, generation: Generation, progress: Progress | None
) -> int:
    """Embed what has no vector, in one walk through the items; return how many there were.

    The walk ends with the first part that is not full, not when it has caught up: writers may add
    for as long as texts are embedded.
    """
    total = vectors.count_pending(store.engine, generation.seq)
    done, last, read = 0, -1, store.engine.read
    while texts := vectors.pending_in(read, generation.seq, after=last, limit=CHUNK):
        made = embedder.embed([text.text for text in texts])
        with store.engine.write() as cursor:
            vectors.add(cursor, generation.seq, texts, made)
        done, last = done + len(texts), texts[-1].seq
        if progress is not None:
            progress(min(done, total), max(total, done))
        if len(texts) < CHUNK:
            break
    return done


def _switch(
    store: Store, embedder: Embedder, generation: Generation, progress: Progress | None
) -> int:
    """Switch; the last few texts, which others added meanwhile, are embedded while they wait."""
    done, first = 0, None
    while True:
        with store.engine.write() as cursor:
            texts = vectors.pending_in(cursor.run, generation.seq, limit=LAST + 1)
            if texts and texts[0] == first:
                if generation.seq not in [g.seq for g in vectors.generations(store.engine)]:
                    raise StoreBusy(
                        f"{store.engine.location}: another change of the vectors ended before this "
                        "one, which was dropped. Run it again if it is still wanted."
                    )
                raise StoreError(
                    f"{store.engine.location}: {texts[0].item_id} takes no vector, so its row or "
                    "an index is damaged. Run repair, or restore a backup."
                )
            if 0 < len(texts) <= LAST:
                made = embedder.embed([text.text for text in texts])
                vectors.add(cursor, generation.seq, texts, made)
            if len(texts) <= LAST and vectors.switch(cursor, generation.seq):
                return done + len(texts)
        first = texts[0]
        done += _fill(store, embedder, generation, progress)
