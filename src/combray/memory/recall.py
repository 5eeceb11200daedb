"""Remember and recall: add, search, context, explain, why_not."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from combray.core.errors import InputError
from combray.core.filters import compile_filter
from combray.core.items import Context, Hit, Item
from combray.core.ports import Citation, FeedbackLearner, Query
from combray.core.text import count_tokens
from combray.core.time import Timestamp
from combray.memory.base import MemoryBase, check_kinds, check_limit, check_share, scope_of
from combray.recall.answer.citations import rules_cited
from combray.recall.answer.context import Counter, build
from combray.recall.answer.dedupe import distinct
from combray.recall.answer.explain import Explanation, explain
from combray.recall.answer.why_not import WhyNot, why_not
from combray.recall.rank.confidence import confidence
from combray.write.change.intake import Batch, ingest
from combray.write.facts.facts import Triple
from combray.write.messages.guard import apply_guard
from combray.write.messages.messages import (
    Content,
    Incoming,
    check_text,
    read_content,
    read_facts,
    read_interval,
    read_metadata,
    read_timestamp,
)


class RecallVerbs(MemoryBase):
    """What an agent does all day."""

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
        wait: bool = False,
    ) -> builtins.list[Item]:
        """Remember text or messages; returns the raw items stored, in input order.

        `timestamp` is when it was said, and now when it is left out; `valid_from` and `valid_to`
        are when it held in the world. `facts` are (subject, relation, object) that it states. The
        words are committed before anything else is done with them. Plain text that is known already
        gives back the item that exists, with its count. What a model is to derive is queued with
        them and done later, or now with `wait`. Raises InputError, and stores nothing, when one
        part cannot be used.
        """
        scope = scope_of(user_id, agent_id, session_id, run_id)
        start, end = read_interval(valid_from, valid_to)
        incoming = Incoming(
            scope=scope,
            said_at=read_timestamp(timestamp),
            metadata=read_metadata(metadata),
            valid_from=start,
            valid_to=end,
        )
        items = apply_guard(read_content(content, incoming), self._policy)
        arrival = Batch(
            tenant=scope.tenant,
            items=items,
            facts=read_facts(facts, self._policy),
            timed=(timestamp, valid_from, valid_to) != (None, None, None),
            jobs=self._runtime.jobs(items),
        )
        taken = ingest(self._store, arrival, self._echoes)
        self._learn(taken.fresh, taken.facts, wait=wait)
        return taken.items

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
        min_confidence: float | None = None,
    ) -> builtins.list[Hit]:
        """The memories that answer a question, best first.

        `as_of` answers for a past moment of the world, `known_at` with what was known by then;
        `asked_at` (else `as_of`, else now) is what "last week" in the question is counted from.
        With `min_confidence`, 0…1, nothing is answered unless it is so likely that the memory holds
        an answer.
        """
        question = self._question(
            query,
            user_id=user_id,
            agent_id=agent_id,
            session_id=session_id,
            run_id=run_id,
            limit=limit,
            filters=filters,
            kinds=kinds,
            as_of=as_of,
            known_at=known_at,
            asked_at=asked_at,
        )
        tenant = question.scope.tenant
        least = None if min_confidence is None else check_share(min_confidence)
        with self._runtime.shared_context(question) as asked:
            sure = least is None or confidence(asked) >= least
            hits = distinct(self._system.recall, question) if sure else []
        self._echoes.heard(tenant, (hit.item for hit in hits))
        self._shown.put(tenant, (question.text, [hit.item for hit in hits]))
        return hits

    def cite(
        self,
        ids: Collection[str] | None = None,
        *,
        answer: str | None = None,
        user_id: str | None = None,
    ) -> builtins.list[str]:
        """Say which memories of the last search were of use; returns the ids that count as cited.

        Give their ids, or the answer that was made of them: then those whose words it uses. A
        system that learns orders the next search by it (`rmm`); others take no notice. Raises
        InputError when nothing was searched for, or an id was not among what was found.
        """
        scope = scope_of(user_id, None, None)
        if (ids is None) == (answer is None):
            raise InputError("cite needs the ids of what was of use, or answer=…; one of them.")
        last = self._shown.get(scope.tenant)
        if last is None:
            raise InputError("cite tells about the last search of a user, and there was none.")
        question, items = last
        shown = tuple(item.id for item in items)
        cited = [item.id for item in rules_cited(answer or "", items)] if ids is None else ids
        unknown = set(cited) - set(shown)
        if unknown:
            raise InputError(f"{min(unknown)} is not among what the last search found.")
        if isinstance(self._system, FeedbackLearner) and shown:
            self._system.cite(
                Citation(query=question, shown=shown, cited=tuple(cited), scope=scope)
            )
        return [id_ for id_ in shown if id_ in cited]

    def context(
        self,
        query: str,
        *,
        tokens: int,
        counter: Counter = count_tokens,
        cite: str = "id",
        limit: int = 50,
        **scope_and_filters: Any,
    ) -> Context:
        """The memories that answer a question as one block that fits a budget of tokens.

        `counter` counts the tokens of a text; give your model's own for an exact budget. `cite`
        shows each memory's "id", its "number" among the items of the block (cheaper), or "none".
        What holds no longer is marked "past", or with the day until which it held.
        Takes what `search` takes; with `min_confidence` the block may say that nothing relevant is
        remembered.
        """
        hits = self.search(query, limit=limit, **scope_and_filters)
        return build(hits, tokens, counter, question=query, cite=cite)

    def explain(self, query: str, *, limit: int = 10, **scope_and_filters: Any) -> Explanation:
        """How a question was read, and its answers, each with why it was found.

        Takes what `search` takes.
        """
        question = self._question(query, limit=limit, **scope_and_filters)
        with self._runtime.shared_context(question) as asked:
            hits = distinct(self._system.recall, question)
            return explain(asked, hits, confidence(asked))

    def why_not(self, query: str, id: str, *, limit: int = 10, **scope_and_filters: Any) -> WhyNot:
        """Why a memory is not among the answers to a question, and what would have found it.

        Takes what `search` takes; raises NotFound when there is no such memory of this user.
        """
        question = self._question(query, limit=limit, **scope_and_filters)
        item = self._store.one(id, question.scope.tenant or None)
        with self._runtime.shared_context(question) as asked:
            return why_not(asked, item, self._system.recall)

    def _question(
        self,
        query: str,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        session_id: str | None = None,
        run_id: str | None = None,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        kinds: Sequence[str] | None = None,
        as_of: Timestamp | None = None,
        known_at: Timestamp | None = None,
        asked_at: Timestamp | None = None,
    ) -> Query:
        """A checked question, its user's memory ready to answer it."""
        question = Query(
            text=check_text(query, "query"),
            scope=scope_of(user_id, agent_id, session_id, run_id),
            limit=check_limit(limit),
            asked_at=read_timestamp(asked_at, "asked_at"),
            kinds=check_kinds(kinds),
            matches=compile_filter(filters),
            as_of=read_timestamp(as_of, "as_of"),
            known_at=read_timestamp(known_at, "known_at"),
        )
        self._heal(question.scope.tenant)
        return question
