"""What every text system works with: the store, views of tenants, the embedder and the model."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from combray.core import caches
from combray.core.errors import InputError
from combray.core.items import Hit
from combray.core.ports import ChatModel, Embedder, Query
from combray.index.view import View
from combray.models.structured import Asker
from combray.recall.query.mark_ended import said_to_have_ended
from combray.recall.query.query_context import QueryContext
from combray.recall.query.time import TimeFrame
from combray.store.store import Store
from combray.store.tables import vectors

VIEWS = 64
"""Tenants whose views are kept in memory."""
Explain = Callable[[int], Mapping[str, Any]]


class ViewCache:
    """The view of one tenant, and who is reading it."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._readers: weakref.WeakSet[View] = weakref.WeakSet()
        self._lock = threading.Lock()

    def frame(self) -> View:
        """The view, up to date; while an older state is read somewhere, a fork is brought up."""
        with self._lock:
            view = self._view.refresh(shared=len(self._readers) > 0)
            if view is not self._view:
                self._view, self._readers = view, weakref.WeakSet()
            frame = view.frame()
            self._readers.add(frame)
        return frame


class _Shared(threading.local):
    """The question that a thread is about to answer more than once."""

    context: QueryContext | None = None


class Runtime:
    """One store with its views, one embedder, at most one language model.

    Systems are made over it and change nothing in it.
    """

    def __init__(self, store: Store, embedder: Embedder, chat: ChatModel | None = None) -> None:
        self.store = store
        self.embedder = embedder
        self.chat = chat
        self._views: OrderedDict[str, ViewCache] = OrderedDict()
        self._lock = threading.Lock()
        self._shared = _Shared()
        caches.register(self)

    def beside(self, chat: ChatModel) -> Runtime:
        """Another runtime over the same store and views, with another model."""
        other = Runtime(self.store, self.embedder, chat)
        other._views, other._lock = self._views, self._lock
        return other

    def view(self, tenant: str) -> View:
        """The tenant's view with everything committed; it does not change while it is held."""
        with self._lock:
            cache = self._views.get(tenant)
            if cache is None:
                cache = self._views[tenant] = ViewCache(View(self.store, tenant))
            self._views.move_to_end(tenant)
            while len(self._views) > VIEWS:
                self._views.popitem(last=False)
        return cache.frame()

    def forget(self, tenant: str | None = None, /) -> None:
        """Drop cached views, of one tenant or all."""
        with self._lock:
            if tenant is None:
                self._views.clear()
            else:
                self._views.pop(tenant, None)

    def asker(self, system: str, tenant: str = "") -> Asker:
        """The language model, asked in the name of a system; InputError without one."""
        if self.chat is None:
            raise InputError(
                f"{system} needs a language model here. Give one: Memory(…, llm='openai:MODEL')."
            )
        return Asker(chat=self.chat, system=system, tenant=tenant)

    def query_context(self, query: Query) -> QueryContext:
        """A question with everything the channels need to answer it."""
        shared = self._shared.context
        if shared is not None and replace(query, limit=shared.query.limit) == shared.query:
            same = query.limit == shared.query.limit
            return shared if same else shared.with_limit(query.limit)
        view = self.view(query.scope.tenant)
        if view.embeddings.embedder not in (None, self.embedder.name):
            # Another process changed the embedder; our vectors of questions mean nothing now.
            vectors.check(self.store.engine, self.embedder.name)
        time = TimeFrame.of(query, view, self.store)
        return QueryContext(query, view, self.store, self.embedder, time)

    @contextmanager
    def shared_context(self, query: Query) -> Iterator[QueryContext]:
        """Make one context that `query_context` returns for this question inside the block.

        So the question is embedded and scored once on this thread and answered as of one moment,
        however often it is asked and for however many answers.
        """
        before, context = self._shared.context, self.query_context(query)
        self._shared.context = context
        try:
            yield context
        finally:
            self._shared.context = before

    def hits(
        self,
        context: QueryContext,
        rows: Sequence[int],
        scores: Sequence[float],
        explain: Explain | None = None,
    ) -> list[Hit]:
        """Hits for rows of a view, in the order given, with their items read from the store."""
        ids = [context.view.ids[row] for row in rows]
        found = context.items(ids)
        past, told = context.time.superseded.rows, said_to_have_ended(context, found)
        return [
            Hit(
                item=found[id_],
                score=float(score),
                evidence=found[id_].sources or (id_,),
                explain={} if explain is None else explain(row),
                superseded=bool(past[row]) or id_ in told,
            )
            for row, id_, score in zip(rows, ids, scores, strict=True)
            if id_ in found
        ]
