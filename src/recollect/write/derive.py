"""Store what a system derived: checked like every proposal, then embedded so that it is found."""

from __future__ import annotations

from recollect.core.changes import ChangeSet
from recollect.recall.workbench import Workbench
from recollect.store import vectors
from recollect.write.checks import Preview, propose
from recollect.write.embedding import embed


def derive(bench: Workbench, change: ChangeSet) -> Preview:
    """Apply a system's change and embed its new items and texts; nothing for an empty change.

    Raises RejectedChange when it breaks an invariant; then nothing is applied.
    """
    if not change:
        return Preview(change=change)
    preview = propose(bench.store, change)
    rewritten = [patch.id for patch in change.patches if "text" in patch.fields]
    items = bench.store.get(change.tenant, [*(item.id for item in change.puts), *rewritten])
    if items:
        texts = [vectors.pending_of(item) for item in items.values()]
        embed(bench.store, bench.embedder, texts)
    return preview
