"""Apply the change of a system: validate it like every proposal, store it, embed what is new."""

from __future__ import annotations

import logging

from combray.core.changes import ChangeSet
from combray.core.errors import CombrayError
from combray.recall.runtime.runtime import Runtime
from combray.store.tables import vectors
from combray.write.change.embedding import embed
from combray.write.change.validate import Preview, propose

_log = logging.getLogger("combray")


def derive(runtime: Runtime, change: ChangeSet) -> Preview:
    """Apply a system's change and embed its new items and texts; do nothing for an empty change.

    Raises RejectedChange when it breaks an invariant; then nothing is applied.
    """
    if not change:
        return Preview(change=change)
    preview = propose(runtime.store, change)
    embed_change(runtime, preview.change)
    return preview


def embed_change(runtime: Runtime, change: ChangeSet) -> None:
    """Embed the new items and the new texts of an applied change.

    When the embedder fails nothing is lost: `heal` embeds the items later.
    """
    rewritten = [patch.id for patch in change.patches if "text" in patch.fields]
    ids = [*(item.id for item in change.puts), *rewritten]
    texts = [vectors.pending_of(item) for item in runtime.store.get(change.tenant, ids).values()]
    try:
        embed(runtime.store, runtime.embedder, texts)
    except CombrayError as error:
        _log.warning("Stored %d items without vectors: %s", len(texts), error)
