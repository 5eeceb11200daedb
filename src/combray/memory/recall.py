"""Remember and recall: add, search, cite, context, explain, why_not."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Unpack

from combray.core.checks import check_data, check_names, check_text
from combray.core.dates.zones import check_zone, offset_in, zone_of
from combray.core.errors import InputError, NotFound, quoted
from combray.core.filters import compile_filter
from combray.core.items import Context, Hit, Item
from combray.core.ports import Calibrated, Citation, HasFeedback, Query
from combray.core.text import count_tokens
from combray.core.time import Timestamp
from combray.memory.base import (
    MemoryBase,
    check_day_first,
    check_kinds,
    check_limit,
    check_share,
    scope_of,
    tenant_guard,
)
from combray.memory.options import ReadOptions, SearchOptions, takes
from combray.memory.recalled import Keep
from combray.recall.answer.citations import rules_cited
from combray.recall.answer.context import Counter, build
from combray.recall.answer.dedupe import complete, distinct
from combray.recall.answer.explain import Explanation, explain
from combray.recall.answer.why_not import WhyNot, unlikely, unsure, why_not
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.confidence import confidence
from combray.write.change.intake import Batch, ingest
from combray.write.facts.facts import Triple
from combray.write.messages.guard import apply_guard
from combray.write.messages.messages import (
    Content,
    MessageDefaults,
    read_content,
    read_end,
    read_facts,
    read_interval,
    read_roles,
    read_timestamp,
)

LIMIT, CONTEXT_LIMIT = 10, 50
"""How many answers a search gives, and how many a context is made of, unless told otherwise."""


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
        timezone: str | None = None,
        facts: Sequence[Triple] | None = None,
        roles: Collection[str] | None = None,
        wait: bool = False,
    ) -> builtins.list[Item]:
        """Remember text or messages; returns the raw items stored, in input order.

        `timestamp` is when it was said, and now when it is left out; `valid_from` and `valid_to`
        are when it held in the world. A time without an offset is one of `timezone`, else of the
        memory's own; where it was said is kept in the metadata, as `utc_offset`. `facts` are
        (subject, relation, object) that it states. Prompts (system, developer) are left out, unless
        `roles` names those to keep. The words are committed before anything else is done with them.
        Plain text that is known already gives back the item that exists, with its count. What
        a model is to derive is queued with them and done later, or now with `wait`. Raises
        InputError, and stores nothing, when one part cannot be used.
        """
        scope = scope_of(user_id, agent_id, session_id, run_id)
        zone = check_zone(timezone) or self._zone
        start, end = read_interval(valid_from, valid_to, zone)
        incoming = MessageDefaults(
            scope=scope,
            said_at=read_timestamp(timestamp, zone=zone),
            metadata=check_data(metadata),
            valid_from=start,
            valid_to=end,
            roles=read_roles(roles),
            zone=zone,
            place=offset_in(timestamp),
        )
        items = apply_guard(read_content(content, incoming), self._policy)
        batch = Batch(
            tenant=scope.tenant,
            items=items,
            facts=read_facts(facts, self._policy),
            timed=(timestamp, valid_from, valid_to) != (None, None, None),
            jobs=self._jobs(items),
            trusted=self._policy.trusted,
        )
        ingested = ingest(self._store, batch, self._recalled.echoes)
        self._learn(ingested.fresh, ingested.facts, wait=wait)
        return self._see(ingested.items)

    @takes(SearchOptions, limit=LIMIT)
    def search(self, query: str, **options: Unpack[SearchOptions]) -> builtins.list[Hit]:
        """The memories that answer a question, best first."""
        question = self._question(query, options, options.get("limit", LIMIT))
        with self._asking(question) as (asked, keep):
            hits = self._answers(question, options, asked)
            keep(question.text, [hit.item for hit in hits])
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
        last = self._recalled.last(scope.tenant)
        if last is None:
            raise InputError("cite tells about the last search of a user, and there was none.")
        question, items = last
        shown = tuple(item.id for item in items)
        if ids is None:
            cited = tuple(i.id for i in rules_cited(check_text(answer, "answer"), items))
        else:
            cited = check_names(ids, "ids", "[hit.id]")
        unknown = set(cited) - set(shown)
        if unknown:
            raise InputError(f"{min(unknown)} is not among what the last search found.")
        if isinstance(self._system, HasFeedback) and shown:
            self._system.feedback.cite(
                Citation(query=question, shown=shown, cited=cited, scope=scope)
            )
        return [id_ for id_ in shown if id_ in cited]

    @takes(SearchOptions, limit=CONTEXT_LIMIT)
    def context(
        self,
        query: str,
        *,
        tokens: int,
        counter: Counter = count_tokens,
        cite: str = "number",
        **options: Unpack[SearchOptions],
    ) -> Context:
        """The memories that answer a question as one block that fits a budget of tokens.

        `counter` counts the tokens of a text; give your model's own for an exact budget. `cite`
        shows each memory's "number" in the block (`Context.ids` has the ids), its "id", or "none".
        What holds no longer is marked "past", or with the day until which it held.
        Where nothing is remembered, or nothing as likely as `min_confidence` and `min_score`, its
        text says so and its `messages` are empty.
        """
        options.setdefault("limit", CONTEXT_LIMIT)
        hits = self.search(query, **options)
        zone = self._zone_of(options)
        block = build(hits, tokens, counter, question=query, cite=cite, zone=zone)
        if cite == "number":
            tenant = scope_of(options.get("user_id"), None, None).tenant
            self._recalled.echoes.showed(tenant, (item.id for item in block.items))
        return block

    @takes(SearchOptions, limit=LIMIT)
    def explain(self, query: str, **options: Unpack[SearchOptions]) -> Explanation:
        """How a question was read, and its answers, each with why it was found."""
        question = self._question(query, options, options.get("limit", LIMIT))
        with self._asking(question) as (asked, _):
            hits = self._answers(question, options, asked)
            return explain(asked, hits, confidence(asked))

    @takes(SearchOptions, limit=LIMIT)
    def why_not(self, query: str, id: str, **options: Unpack[SearchOptions]) -> WhyNot:
        """Why a memory is not among the answers to a question, and what would have found it.

        Raises NotFound when there is no such memory of the user who asks. The memory of a named
        user is looked for under that `user_id` alone.
        """
        question = self._question(query, options, options.get("limit", LIMIT))
        (item,) = self._see([self._store.one(id, tenant_guard(options.get("user_id")))])
        if item.scope.tenant != question.scope.tenant:
            raise NotFound(
                f"{id} belongs to a user, and the question is that of no user. Give the user_id "
                "of whoever asks."
            )
        sure, likely = self._least(options)
        with self._asking(question) as (asked, _):
            found = unlikely(why_not(asked, item, self._system.recall), asked, likely)
            if sure and (so := confidence(asked)) < sure:
                return unsure(found, so, sure)
            return found

    @contextmanager
    def _asking(self, question: Query) -> Iterator[tuple[QueryContext, Keep]]:
        """Open a question, with what keeps its answers unless an erasure overtakes it."""
        with (
            self._recalled.search(question.scope.tenant) as keep,
            self._runtime.shared_context(question) as asked,
        ):
            yield asked, keep

    def _answers(
        self, question: Query, options: SearchOptions, asked: QueryContext
    ) -> builtins.list[Hit]:
        """The distinct hits of a question that are as likely to answer it as was asked."""
        sure, likely = self._least(options)
        if sure and confidence(asked) < sure:
            return []
        hits = complete(distinct(self._system.recall, question), asked)
        if likely:
            hits = [hit for hit in hits if hit.score >= likely and not hit.superseded]
        seen = self._see(hit.item for hit in hits)
        return [replace(hit, item=item) for hit, item in zip(hits, seen, strict=True)]

    def _zone_of(self, options: ReadOptions) -> str:
        """Whose days a question speaks of: those of its own zone, of its time, or of the memory."""
        put = options.get("asked_at") or options.get("as_of")
        return check_zone(options.get("timezone")) or offset_in(put) or self._zone

    def _least(self, options: SearchOptions) -> tuple[float, float]:
        """How likely an answer is to be there at all, and how likely each hit is to be one."""
        sure = check_share(options.get("min_confidence"))
        likely = check_share(options.get("min_score"), "min_score")
        if likely and not isinstance(self._system, Calibrated):
            raise InputError(
                f"min_score cuts by probabilities, and the scores of {quoted(self._name)} are "
                "none. Use the default memory, or min_confidence, which asks of any memory whether "
                "an answer is there."
            )
        return sure, likely

    def _question(self, query: str, options: ReadOptions, limit: int = LIMIT) -> Query:
        """A checked question, its user's memory ready to answer it."""
        zone, day_first = self._zone_of(options), check_day_first(options.get("day_first"))
        question = Query(
            text=check_text(query, "query"),
            scope=scope_of(
                options.get("user_id"),
                options.get("agent_id"),
                options.get("session_id"),
                options.get("run_id"),
            ),
            limit=check_limit(limit),
            asked_at=read_end(options.get("asked_at"), "asked_at", zone),
            kinds=check_kinds(options.get("kinds")),
            matches=compile_filter(options.get("filters"), zone_of(zone)),
            as_of=read_end(options.get("as_of"), "as_of", zone),
            known_at=read_end(options.get("known_at"), "known_at", zone),
            zone=zone,
            day_first=self._day_first if day_first is None else day_first,
        )
        self._heal(question.scope.tenant)
        return question
