"""Laws of the view: what follows the log equals what is loaded afresh, and is exact."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from combray.index.view import View
from combray.memory import Memory
from combray.store.store import Store
from combray.testing.base import StoreLaw

_WORDS = "heron mill pond river boat ferry island winter bread honey Ann Ben Rome Paris".split()


def _said(view: View) -> dict[str, Any]:
    """What a view knows of each live item, whatever the order of its rows."""
    view.refresh()
    assert view.embeddings.vectors is not None
    live = [row for row in range(len(view)) if view.rows.alive.values[row]]
    return {
        view.ids[row]: (
            int(view.words.length.values[row]),
            int(view.times.first_at.values[row]),
            int(view.times.valid_from.values[row]),
            int(view.times.valid_to.values[row]),
            float(view.rows.strength.values[row]),
            view.rows.kind.names[view.rows.kind.values[row]],
            view.embeddings.vectors.values[row].tobytes(),
            sorted(view.names.codes.names[code] for code in view.names.named[row]),
            view.ids[view.conversations.before.values[row]]
            if view.conversations.before.values[row] >= 0
            else "",
        )
        for row in live
    }


def _change(memory: Memory, dice: random.Random, ids: list[str]) -> None:
    action = dice.choice(("add", "add", "add", "update", "delete", "erase")) if ids else "add"
    if action == "add":
        words = " ".join(dice.sample(_WORDS, 4)) + f" {dice.random()}"
        message = {"role": "user", "content": words, "timestamp": dice.randrange(10**9)}
        ids += [i.id for i in memory.add([message], user_id="u", session_id=dice.choice("st"))]
    elif action == "update":
        memory.update(dice.choice(ids), text=f"{dice.choice(_WORDS)} {dice.random()}")
    else:
        id_ = ids.pop(dice.randrange(len(ids)))
        (memory.delete if action == "delete" else memory.erase)(id_)


class ViewLaws(StoreLaw):
    """A view is nothing but the tenant's rows, ready to be scored."""

    def test_a_view_that_follows_equals_a_fresh_one(self, place: Any) -> None:
        """After any mix of changes, in any order of time, both know the same."""
        dice = random.Random(7)
        ids: list[str] = []
        with self._store(place) as store, self._memory(place) as memory:
            following = View(store, "u")
            for number in range(60):
                _change(memory, dice, ids)
                if number % 3 == 0:
                    assert _said(following) == _said(View(store, "u"))

    def test_two_memories_see_each_others_writes(self, place: Any) -> None:
        """What one was told, changed or erased, the other's next search knows."""
        with self._memory(place) as one, self._memory(place) as other:
            kept = one.add("The heron is called Xerxes.", user_id="u")[0]
            assert other.search("heron called", user_id="u")[0].text.endswith("Xerxes.")
            other.update(kept.id, text="The heron is called Darius.")
            assert one.search("heron called", user_id="u")[0].text.endswith("Darius.")
            one.erase(kept.id)
            assert other.search("heron called", user_id="u") == []

    def test_the_dense_scores_are_exact(self, place: Any) -> None:
        """The first ten by vectors are those of a plain product over all vectors."""
        dice = random.Random(3)
        with self._memory(place, system="dense") as memory:
            texts = [" ".join(dice.choices(_WORDS, k=6)) + f" {n}" for n in range(300)]
            memory.add([{"role": "user", "content": text} for text in texts], user_id="u")
            for query in ("heron at the pond", "Ann in Rome", "winter bread"):
                hits = memory.search(query, user_id="u", limit=10)
                with self._store(place) as store:
                    best = _best(store, memory, query)
                assert [round(h.score, 5) for h in hits] == best


def _best(store: Store, memory: Memory, query: str) -> list[float]:
    rows = store.engine.read(
        "SELECT data FROM vectors JOIN items ON items.seq = vectors.item_seq "
        "WHERE kind IN ('turn', 'text', 'passage')"
    )
    matrix = np.array([np.frombuffer(bytes(row[0]), np.float32) for row in rows])
    vector = memory._embedder.embed([query])[0]
    return [round(float(score), 5) for score in sorted(matrix @ vector, reverse=True)[:10]]
