"""Are two names one? New names beside those known, judged where spelling cannot tell."""

from __future__ import annotations

from combray.core.items import Item
from combray.core.text import embed_text
from combray.recall.entities.resolution import EntityIndex
from combray.recall.runtime.neighbours import nearest
from combray.recall.runtime.runtime import Runtime
from combray.write.change.draft import Draft
from combray.write.extract.base import Extractor, Mention

K, MOST = 10, 15
"""Nearest rows whose names are looked at, and at most so many known names for each new one."""


def recognise(runtime: Runtime, draft: Draft, extractor: Extractor, names: EntityIndex) -> None:
    """Ask whether names that are new in a draft name what is known by another name.

    Known names are those of the nearest rows of the same kind and those that share a word. What
    names two things names two: names of one row are never one. The row that brings a name keeps
    what it was found to be, in `same`, so that it goes when the row goes.
    """
    fresh: dict[str, Item] = {}
    for item in draft.puts.values():
        for name in item.metadata.get("names", ()):
            if not names.classes.known(name):
                fresh.setdefault(name, item)
    new = {name: Mention(name=name, said=item.text) for name, item in fresh.items()}
    known = _known(runtime, draft, names, fresh)
    pairs = extractor.same(list(new.values()), list(known.values()))
    # A new name that is said to be two known ones is taken for the last: it never joins the two.
    for one, other in {one.name: other.name for one, other in pairs}.items():
        item = draft.puts[fresh[one].id]
        if other not in item.metadata["names"]:
            same = [*item.metadata.get("same", ()), [one, other]]
            draft.patch(item, "name", {"metadata": {**item.metadata, "same": same}})


def _known(
    runtime: Runtime, draft: Draft, names: EntityIndex, fresh: dict[str, Item]
) -> dict[str, Mention]:
    """Known names beside the new ones, each with the newest row that holds it."""
    items = list(fresh.values())
    vectors = runtime.embedder.embed([embed_text(i.text, i.metadata, i.name) for i in items])
    kinds = tuple({item.kind for item in items})
    near = nearest(runtime, draft.tenant, vectors, kinds=kinds, created_by=draft.actor, k=K)
    view = runtime.view(draft.tenant)
    known: dict[str, Mention] = {}
    for (name, item), beside in zip(fresh.items(), near, strict=True):
        rows = [view.row_of[each.item.id] for each in beside]
        found = [*names.classes.sharing(name), *(e for row in rows for e in names.of(row))]
        others = [e for e in dict.fromkeys(found) if e not in item.metadata["names"]]
        for entity in others[:MOST]:
            holders = names.holders(entity)
            if holders and entity not in known:
                held = runtime.store.get(draft.tenant, [view.ids[holders[-1]]])
                known[entity] = Mention(name=entity, said=next(i.text for i in held.values()))
    return known
