"""New statements against what a system holds already, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from combray.core.arrays import FloatArray
from combray.core.items import Item
from combray.core.text import embed_text
from combray.recall.runtime.neighbours import Neighbour, nearest
from combray.recall.runtime.runtime import Runtime
from combray.write.change.draft import Draft
from combray.write.extract.base import Decision, Extractor, Statement

Second = Callable[[Decision, Statement, Sequence[Neighbour]], Decision]


@dataclass(frozen=True, slots=True, kw_only=True)
class Updater:
    """Decides statements of one kind against their `k` nearest neighbours, old and just drafted.

    `second` may decide otherwise than the extractor, by its decision, the statement and the
    neighbours.
    """

    runtime: Runtime
    kind: str
    k: int = 5
    second: Second | None = None

    def derive(self, draft: Draft, extractor: Extractor, items: Sequence[Item]) -> None:
        """Put into the draft what new raw items state, and what becomes of the older beside it.

        A statement sees what those before it in the same batch made.
        """
        statements = extractor.extract(items)
        vectors = self.runtime.embedder.embed([spoken(s) for s in statements])
        stored = nearest(
            self.runtime,
            draft.tenant,
            vectors,
            kinds=(self.kind,),
            created_by=draft.actor,
            k=self.k,
        )
        made: list[tuple[Item, FloatArray]] = []
        for said, vector, old in zip(statements, vectors, stored, strict=True):
            near = self._beside(draft, vector, old, made)
            decision = extractor.decide(said, near)
            if self.second is not None:
                decision = self.second(decision, said, near)
            item = draft.take(self.kind, said, decision)
            if item is not None:
                made.append((item, vector))

    def _beside(
        self,
        draft: Draft,
        vector: FloatArray,
        old: Sequence[Neighbour],
        made: Sequence[tuple[Item, FloatArray]],
    ) -> list[Neighbour]:
        """The nearest of what stands now: stored and untouched, or drafted in this batch."""
        near = [each for each in old if each.item.id not in draft.patches]
        live = [(item, v) for item, v in made if item.id in draft.puts]
        if live:
            cosines = np.stack([v for _, v in live]) @ vector
            near += [Neighbour(item, float(c)) for (item, _), c in zip(live, cosines, strict=True)]
        return sorted(near, key=lambda each: -each.cosine)[: self.k]


def spoken(said: Statement) -> str:
    """What is embedded of a statement: the same words as of the item it becomes."""
    return embed_text(said.text, said.about, said.speaker)
