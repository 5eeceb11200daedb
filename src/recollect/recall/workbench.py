"""What every text system works with: the store, views of tenants, the embedder and the model."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from recollect.core.changes import ChangeSet
from recollect.core.items import Hit
from recollect.core.ports import ChatModel, Embedder, Query
from recollect.recall.ask import Ask
from recollect.store.jobs import Job
from recollect.store.store import Store
from recollect.store.view import View

VIEWS = 64
Explain = Callable[[int], Mapping[str, Any]]
Handler = Callable[[Job], ChangeSet | None]
"""Does one kind of job: gives what to change, for whoever runs it to check; None for nothing."""


class Workbench:
    """One store with its views, one embedder, at most one language model.

    `handlers` do the jobs of each kind; a system adds its own.
    """

    def __init__(self, store: Store, embedder: Embedder, chat: ChatModel | None = None) -> None:
        self.store = store
        self.embedder = embedder
        self.chat = chat
        self.handlers: dict[str, Handler] = {}
        self._views: OrderedDict[str, View] = OrderedDict()
        self._lock = threading.Lock()

    def view(self, tenant: str) -> View:
        """The tenant's view, up to date with everything committed."""
        with self._lock:
            view = self._views.get(tenant)
            if view is None:
                view = self._views[tenant] = View(self.store, tenant)
            self._views.move_to_end(tenant)
            while len(self._views) > VIEWS:
                self._views.popitem(last=False)
        view.refresh()
        return view

    def forget(self, tenant: str | None = None) -> None:
        """Drop cached views, of one tenant or all."""
        with self._lock:
            if tenant is None:
                self._views.clear()
            else:
                self._views.pop(tenant, None)

    def ask(self, query: Query) -> Ask:
        """A question with everything the channels need to answer it."""
        view = self.view(query.scope.tenant)
        return Ask(query=query, view=view, store=self.store, embedder=self.embedder)

    def hits(
        self,
        ask: Ask,
        rows: Sequence[int],
        scores: Sequence[float],
        explain: Explain | None = None,
    ) -> list[Hit]:
        """Hits for rows of a view, in the order given, with their items read from the store."""
        ids = [ask.view.ids[row] for row in rows]
        found = ask.believed(self.store.get(ask.query.scope.tenant, ids))
        past = ask.standing.past
        return [
            Hit(
                item=found[id_],
                score=float(score),
                evidence=found[id_].sources or (id_,),
                explain={} if explain is None else explain(row),
                past=bool(past[row]),
            )
            for row, id_, score in zip(rows, ids, scores, strict=True)
            if id_ in found
        ]
