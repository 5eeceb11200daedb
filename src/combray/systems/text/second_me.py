"""Second Me: raw memories and their chunks, shades of interest over them, and a profile.

v row, q question, all unit vectors; c the centre of the shade that the row belongs to

score = q · v + λ q · c            shades as in `index.clusters`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from combray.core.items import Hit, Item
from combray.core.ports import Experience, Query
from combray.core.text import count_tokens, sentences
from combray.index.clusters import ClustersOfViews, Nearness
from combray.index.corpus import members
from combray.index.view import View
from combray.recall.answer.profile import Line, confidence, fact_lines
from combray.recall.query.mark_ended import marked
from combray.recall.query.query_context import QueryContext
from combray.recall.runtime.derived_rows import answerable, best_shown, derived_rows
from combray.recall.runtime.runtime import Runtime
from combray.write.change.draft import Draft
from combray.write.derive.deriver import Deriver
from combray.write.extract.base import Extractor
from combray.write.extract.factory import RULES

ACTOR, CHUNK, SHADE = "second_me/1", "chunk", "shade"
CHUNK_TOKENS, SHADE_TOKENS = 512, 80
"""The length of a chunk, and of what a shade says."""
CENTRAL, GROWN, AT_ONCE = 6, 1.5, 5
"""A shade cites so many members, is told anew when it grew so much, so many at a time."""


class SecondMe:
    """L0, what was said, in chunks; L1, shades of interest and a biography that cite it.

    **Paper** Wei et al., 2025, AI-native Memory 2.0: Second Me.
    **Kept** 1. Chunks of long texts. 2. Incremental clusters with outliers. 3. A shade of each
    cluster with evidence and confidence, told anew when it grew. 4. A biography as of any date, in
    which what ended since is marked. 5. Recall over L0, with shades as cues.
    **Left** L2, a model trained on the memory. Clusters join by cosine, not by Ward's linkage over
    everything. A shade's text is the label and central sentences of its members by rule, prose by
    a model; the biography is a list of facts and shades, made when it is asked for. By rule it is
    true to what it cites and tells little, hardly more than as many turns drawn at random. Shades
    are cues only with `cue` above 0. Confidence counts how often and how long something came up:
    an interest of many turns is surer than a fact said once.
    **Law** Every line of the profile cites live evidence, and goes when it is erased; every memory
    is in one cluster or an outlier.
    """

    def __init__(
        self,
        runtime: Runtime,
        extractor: str = RULES,
        cue: float = 0.0,
        nearness: dict[str, float] | None = None,
    ) -> None:
        self._runtime, self._cue = runtime, cue
        self._clusters = ClustersOfViews(Nearness(**(nearness or {})))  # type: ignore[arg-type]
        self.deriver = Deriver(
            runtime, ACTOR, self.derive, extractor=extractor, why="chunks and shades"
        )

    # ── writing ──────────────────────────────────────────────────────────────────────────────

    def write(self, experience: Experience, /) -> None:
        """Nothing at once: `deriver` reads what was said, in jobs behind the words."""

    def derive(self, draft: Draft, extractor: Extractor, items: Sequence[Item]) -> None:
        """Chunks of long items, and the shades that came up or grew with them."""
        for item in items:
            for text in chunks(item.text):
                draft.put(CHUNK, text, [item], name=item.name)
        self._tell(draft, extractor, self._runtime.view(draft.tenant))

    def _tell(self, draft: Draft, extractor: Extractor, view: View) -> None:
        """A text for each cluster that is new, or that grew much since its shade was told."""
        clusters, old = self._clusters.of(view), self._shades(view)
        if view.embeddings.vectors is None:
            return
        due = [
            (len(rows), number)
            for number, rows in clusters.members.items()
            if len(rows)
            >= GROWN * max((int(s.metadata["size"]) for s in old.get(number, [])), default=0)
        ]
        for size, number in sorted(due, reverse=True)[:AT_ONCE]:
            central = clusters.central(view.embeddings.vectors.values, number, CENTRAL)
            found = self._runtime.store.get(view.tenant, [view.ids[row] for row in central])
            said = sorted(found.values(), key=lambda item: (item.first_at_us, item.seq))
            label = ", ".join(_label(extractor, said))
            text = f"{label}: {extractor.summarise(said, SHADE_TOKENS).text}"
            draft.put(SHADE, text, said, metadata={"label": label, "size": size})
            for shade in old.get(number, []):
                draft.retire(shade, "retell", "told anew from more memories")

    def _shades(self, view: View) -> dict[int, list[Item]]:
        """The live shades, by the cluster that their sources are in now."""
        clusters = self._clusters.of(view)
        rows = np.flatnonzero(members(view, (SHADE,), ACTOR))
        found: dict[int, list[Item]] = {}
        for shade in self._runtime.store.get(view.tenant, [view.ids[r] for r in rows]).values():
            at = [clusters.of.get(view.row_of[id_], -1) for id_ in shade.sources]
            found.setdefault(max(at), []).append(shade)
        return found

    # ── recall ───────────────────────────────────────────────────────────────────────────────

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The nearest memories and chunks, those of a fitting shade before others."""
        context = self._runtime.query_context(query)
        rows = answerable(context, (CHUNK,), ACTOR)
        scores = context.scores.dense + np.float32(self._cue) * self._cued(context)
        best = best_shown(context, scores, rows, query.limit)
        return self._runtime.hits(context, best.tolist(), scores[best].tolist())

    def _cued(self, context: QueryContext) -> NDArray[np.float32]:
        """The cosine of the question with the centre of each row's shade; 0 for outliers; (n,)."""
        clusters = self._clusters.of(context.view)
        numbers, centres = clusters.centres()
        cued = np.zeros(len(context.view), np.float32)
        for number, near in zip(
            numbers, (centres @ context.scores.vector).tolist() if numbers else (), strict=True
        ):
            cued[[row for row in clusters.members[number] if row < len(cued)]] = max(near, 0)
        return cued

    # ── profile ──────────────────────────────────────────────────────────────────────────────

    def profile(self, query: Query, /) -> list[Line]:
        """The facts that hold at the moment asked about, and the shades there were by then."""
        context = self._runtime.query_context(query)
        view = context.view
        rows = np.flatnonzero(
            derived_rows(context, (SHADE,), ACTOR)
            & (view.times.first_at.values <= context.time.moment)
        )
        found = marked(
            context, self._runtime.store.get(view.tenant, [view.ids[row] for row in rows])
        )
        return [*fact_lines(context), *(self._line(view, shade) for shade in found.values())]

    def _line(self, view: View, shade: Item) -> Line:
        clusters = self._clusters.of(view)
        number = clusters.of.get(view.row_of[shade.sources[0]], -1)
        everyone = clusters.members.get(number, [view.row_of[id_] for id_ in shade.sources])
        return Line(
            about=shade.name or "",
            aspect="interest",
            text=shade.text,
            value=str(shade.metadata["label"]),
            evidence=shade.sources,
            confidence=confidence(view.times.first_at.values[everyone].tolist()),
            since_us=shade.first_at_us,
        )


def chunks(text: str) -> list[str]:
    """A long text in runs of whole sentences of about CHUNK_TOKENS; nothing for a short one."""
    if count_tokens(text) <= CHUNK_TOKENS:
        return []
    found: list[list[str]] = [[]]
    room = CHUNK_TOKENS
    for _, words in sentences(text):
        cost = count_tokens(words)
        if cost > room and found[-1]:
            found.append([])
            room = CHUNK_TOKENS
        found[-1].append(words)
        room -= cost
    return [" ".join(run) for run in found]


def _label(extractor: Extractor, said: Sequence[Item]) -> list[str]:
    """The words that most of some items share, for a name."""
    together = replace(said[0], text="\n".join(item.text for item in said))
    return list(extractor.gist(together).keywords[:3])
