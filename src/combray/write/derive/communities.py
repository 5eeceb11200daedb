"""Communities of what a system derived: names that go together, with a summary of their rows.

They are made anew in a job behind the words, each time that enough was added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from combray.core.changes import ChangeSet, Job, NewJob
from combray.core.items import Item
from combray.core.text import terms
from combray.index.corpus import members
from combray.index.groups import OPEN_END
from combray.recall.entities.resolution import NamesOfViews
from combray.recall.graph.communities import grouped
from combray.recall.runtime.runtime import Runtime
from combray.write.change.draft import Draft
from combray.write.change.validate import REREAD
from combray.write.extract.factory import extractor_of

KIND = "community"
EVERY, TOKENS, SHOWN = 50, 100, 40
"""New rows between two jobs; the length of a summary, and the rows it is made of."""


class Communities:
    """Keeps communities of the rows of one kind that an actor makes.

    `names` says what each row names; `make` does the jobs of kind `job`.
    """

    def __init__(
        self, runtime: Runtime, extractor: str, actor: str, kind: str, names: NamesOfViews
    ) -> None:
        self.job = f"{actor} communities"
        self._runtime, self._extractor = runtime, extractor
        self._actor, self._kind, self._names = actor, kind, names

    def follow(self, draft: Draft) -> None:
        """Put a job into a draft that adds the row at which one is due."""
        before = int(members(self._runtime.view(draft.tenant), (self._kind,), self._actor).sum())
        if before // EVERY != (before + len(draft.puts)) // EVERY:
            draft.jobs.append(NewJob(kind=self.job, payload={}))

    def make(self, job: Job) -> ChangeSet | None:
        """Communities anew from the rows that hold; those that stay the same are left alone."""
        store, tenant = self._runtime.store, job.tenant
        view = self._runtime.view(tenant)
        names = self._names.of(view)
        holding = members(view, (self._kind,), self._actor) & (
            view.times.valid_to.values == OPEN_END
        )
        extractor = extractor_of(self._runtime, self._extractor, self._actor, tenant)
        draft = Draft(tenant, self._actor, "communities")
        standing = np.flatnonzero(members(view, (KIND,), self._actor))
        old = {i.text: i for i in store.get(tenant, [view.ids[r] for r in standing]).values()}
        for group, inside in grouped([(r, names.of(r)) for r in np.flatnonzero(holding).tolist()]):
            found = store.get(tenant, [view.ids[row] for row in inside])
            rows = sorted(found.values(), key=lambda item: (item.first_at_us, item.id))[-SHOWN:]
            summary = extractor.summarise(rows, TOKENS)
            if not summary.sources:
                continue
            text = f"{', '.join(group[:5])} ({_label(rows)}): {summary.text}"
            if old.pop(text, None) is None:
                draft.put(KIND, text, summary.sources, metadata={"names": group})
        for item in old.values():
            draft.retire(item, REREAD, "its members or their facts are others now")
        return draft.change()


def _label(rows: Sequence[Item]) -> str:
    """The most frequent words of some rows, two of them."""
    counts = Counter(term for row in rows for term in set(terms(row.text)) if len(term) > 3)
    return " ".join(sorted(counts, key=lambda term: (-counts[term], term))[:2])
