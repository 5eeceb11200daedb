"""Memory: the façade. Open a path, add what was said, search it, build a context from it."""

from __future__ import annotations

import asyncio
import builtins
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from recollect.core.changes import ChangeSet, Patch
from recollect.core.errors import InputError, RecollectError
from recollect.core.filters import compile_filter
from recollect.core.items import Context, Event, Hit, Item, Json, Scope
from recollect.core.ports import Experience, Query
from recollect.core.time import Timestamp, now
from recollect.models.chat import resolve_chat
from recollect.models.embed import resolve
from recollect.recall.context import Counter, build, count_tokens
from recollect.recall.workbench import Workbench
from recollect.store import transfer, vectors
from recollect.store.connect import connect
from recollect.store.stats import tenant_stats
from recollect.systems.text import make
from recollect.write.echo import Echoes
from recollect.write.embedding import Progress, embed, heal
from recollect.write.facts import Triple
from recollect.write.guard import read_policy, sift
from recollect.write.intake import Arrival, Taken, take_in
from recollect.write.messages import (
    Content,
    Incoming,
    check_text,
    read_content,
    read_facts,
    read_interval,
    read_metadata,
    read_timestamp,
)

_log = logging.getLogger("recollect")
MAX_LIMIT = 10_000


class Memory:
    """A memory in one place: a path, `:memory:` or a URL, under one named system.

    `embedder` is "auto", "minilm", "hashed", a model directory, or an object with
    `embed(texts) -> (n, d)`; `llm` is None, "openai:MODEL", or an object with `complete(request)`.
    """

    def __init__(
        self,
        location: str | os.PathLike[str] = ":memory:",
        *,
        system: str = "evidence",
        embedder: Any = "auto",
        llm: Any = None,
        durable: bool = False,
        progress: Progress | None = None,
        policy: Mapping[str, str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._policy = read_policy(policy)
        self._embedder = resolve(embedder)
        chat = resolve_chat(llm)
        self._store = connect(location, durable=durable)
        try:
            vectors.check(self._store.engine, self._embedder.name)
            self._bench = Workbench(self._store, self._embedder, chat)
            self._system = make(system, self._bench, **(options or {}))
        except RecollectError:
            self._store.close()
            raise
        self._progress = progress
        self._healed: set[str] = set()
        self._echoes = Echoes()

    # ── remember ─────────────────────────────────────────────────────────────────────────────

    def add(
        self,
        content: Content,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        session_id: str | None = None,
        timestamp: Timestamp | None = None,
        metadata: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        valid_from: Timestamp | None = None,
        valid_to: Timestamp | None = None,
        facts: Sequence[Triple] | None = None,
    ) -> builtins.list[Item]:
        """Remember text or messages; returns the raw items stored, in input order.

        `timestamp` is when it was said, and now when it is left out; `valid_from` and `valid_to`
        are when it held in the world. `facts` are (subject, relation, object) that it states. The
        words are committed before anything else is done with them. Plain text that is known already
        gives back the item that exists, with its count. Raises InputError, and stores nothing, when
        one part cannot be used.
        """
        scope = _scope(user_id, agent_id, session_id, run_id)
        start, end = read_interval(valid_from, valid_to)
        incoming = Incoming(
            scope=scope,
            said_at=read_timestamp(timestamp),
            metadata=read_metadata(metadata),
            valid_from=start,
            valid_to=end,
        )
        arrival = Arrival(
            tenant=scope.tenant,
            items=sift(read_content(content, incoming), self._policy),
            facts=read_facts(facts, self._policy),
            timed=(timestamp, valid_from, valid_to) != (None, None, None),
        )
        taken = take_in(self._store, arrival, self._echoes)
        self._learn(taken)
        return taken.items

    def _learn(self, taken: Taken) -> None:
        """Embed what is new, and let the system take in the words that are live."""
        if taken.fresh or taken.facts:
            self._embed([*taken.fresh, *taken.facts])
        live = [item for item in taken.fresh if item.status == "live"]
        if live:
            self._system.write(Experience(scope=live[0].scope, items=live))

    def _embed(self, items: Sequence[Item]) -> None:
        texts = [vectors.pending_of(item) for item in items]
        try:
            embed(self._store, self._embedder, texts, self._progress)
        except RecollectError as error:
            # The words are safe; the vectors are made at the next search that can make them.
            _log.warning("Stored %d items without vectors: %s", len(items), error)
            self._healed.discard(items[0].scope.tenant)

    # ── recall ───────────────────────────────────────────────────────────────────────────────

    def search(
        self,
        query: str,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        session_id: str | None = None,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        kinds: Sequence[str] | None = None,
        as_of: Timestamp | None = None,
        known_at: Timestamp | None = None,
        asked_at: Timestamp | None = None,
        run_id: str | None = None,
    ) -> builtins.list[Hit]:
        """The memories that answer a question, best first.

        `as_of` answers for a past moment of the world, `known_at` with what was known by then;
        `asked_at` (else `as_of`, else now) is what "last week" in the question is counted from.
        """
        moment = read_timestamp(as_of, "as_of")
        asked = read_timestamp(asked_at, "asked_at") or moment or now()
        question = Query(
            text=check_text(query, "query"),
            scope=_scope(user_id, agent_id, session_id, run_id),
            limit=_limit(limit),
            asked_at=asked,
            kinds=None if kinds is None else tuple(kinds),
            matches=compile_filter(filters),
            as_of=moment,
            known_at=read_timestamp(known_at, "known_at"),
        )
        self._heal(question.scope.tenant)
        hits = builtins.list(self._system.recall(question))
        self._echoes.heard(question.scope.tenant, (hit.item for hit in hits))
        return hits

    def _heal(self, tenant: str) -> None:
        """Once for each tenant: embed what an interruption left without a vector."""
        if tenant not in self._healed:
            heal(self._store, self._embedder, tenant, self._progress)
            self._healed.add(tenant)

    def context(
        self,
        query: str,
        *,
        tokens: int,
        counter: Counter = count_tokens,
        limit: int = 50,
        **scope_and_filters: Any,
    ) -> Context:
        """The memories that answer a question as one block that fits a budget of tokens.

        `counter` counts the tokens of a text; give your model's own for an exact budget.
        """
        hits = self.search(query, limit=limit, **scope_and_filters)
        return build(hits, tokens, counter)

    # ── look and change ──────────────────────────────────────────────────────────────────────

    def get(self, id: str, *, user_id: str | None = None) -> Item:
        """One memory by its id; with a `user_id`, NotFound unless it is that user's."""
        return self._store.one(id, _wall(user_id))

    def list(
        self,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        session_id: str | None = None,
        limit: int = 100,
        filters: Mapping[str, Any] | None = None,
        kinds: Sequence[str] | None = None,
        run_id: str | None = None,
    ) -> builtins.list[Item]:
        """The memories of a user, the newest first."""
        scope = _scope(user_id, agent_id, session_id, run_id)
        matches, limit = compile_filter(filters), _limit(limit)
        found = [
            item
            for item in reversed(self._store.items(scope.tenant))
            if item.status == "live"
            and scope.agent_id in (None, item.scope.agent_id)
            and scope.session_id in (None, item.scope.session_id)
            and (kinds is None or item.kind in kinds)
            and (matches is None or matches(item))
        ]
        return found[:limit]

    def update(
        self,
        id: str,
        *,
        text: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        user_id: str | None = None,
    ) -> Item:
        """Change the text or metadata of a memory; the earlier state stays in its history."""
        fields: Json = {}
        if text is not None:
            fields["text"] = check_text(text, "text")
        if metadata is not None:
            fields["metadata"] = read_metadata(metadata)
        if not fields:
            raise InputError("update needs a new text or new metadata; nothing was changed.")
        changed = self._patch(id, fields, "update", user_id)
        if text is not None:
            self._embed([changed])
        return changed

    def delete(self, id: str, *, user_id: str | None = None) -> Item:
        """Take a memory out of every answer. Its history stays; `erase` removes that too."""
        fields = {"status": "deleted", "known_to": now()}
        return self._patch(id, fields, "delete", user_id)

    def _patch(self, id: str, fields: Json, op: str, user_id: str | None) -> Item:
        tenant = self.get(id, user_id=user_id).scope.tenant
        patch = Patch(id=id, fields=fields, op=op)
        self._store.apply(ChangeSet(tenant=tenant, actor="user", why=op, patches=[patch]))
        return self._store.one(id, tenant)

    def history(self, id: str, *, user_id: str | None = None) -> builtins.list[Event]:
        """Every change of one memory, oldest first: who, what, when, why, before and after."""
        tenant = self.get(id, user_id=user_id).scope.tenant
        return self._store.events(tenant, item_id=id)

    def stats(self, *, user_id: str | None = None) -> Json:
        """What this user's memory holds: `items`, `bytes`, kinds, sessions, and what is pending."""
        return tenant_stats(self._store, _tenant(user_id))

    # ── move and close ───────────────────────────────────────────────────────────────────────

    def export(self, path: str | os.PathLike[str], *, user_id: str | None = None) -> int:
        """Write everything, or one user's part, as JSON lines; returns how many items."""
        return transfer.export(self._store, Path(path), user_id)

    def import_(self, path: str | os.PathLike[str]) -> int:
        """Read what `export` wrote, whole or not at all; returns how many items were new."""
        added = transfer.import_(self._store, Path(path))
        self._healed.clear()
        return added

    def close(self) -> None:
        """Release the database."""
        self._store.close()

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncMemory:
    """The same memory for asyncio: every method awaits its namesake in a thread.

    async with AsyncMemory("memory.db") as memory:
        await memory.add("I moved to Paris.", user_id="u1")
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._memory = Memory(*args, **kwargs)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._memory, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            return await asyncio.to_thread(method, *args, **kwargs)

        return call

    async def __aenter__(self) -> AsyncMemory:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._memory.close)


def _scope(
    user_id: str | None, agent_id: str | None, session_id: str | None, run_id: str | None
) -> Scope:
    if run_id is not None and session_id is not None and run_id != session_id:
        raise InputError("run_id is another name of session_id; give one of them.")
    named = {"user_id": user_id, "agent_id": agent_id, "session_id": session_id or run_id}
    for name, value in named.items():
        if value is not None:
            check_text(value, name)
    return Scope(**named)


def _tenant(user_id: str | None) -> str:
    return _scope(user_id, None, None, None).tenant


def _wall(user_id: str | None) -> str | None:
    """The tenant an id must belong to; None when the id alone is enough."""
    return None if user_id is None else _tenant(user_id)


def _limit(limit: int) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT:
        raise InputError(f"limit must be a whole number from 1 to {MAX_LIMIT}, not {limit!r}.")
    return limit
