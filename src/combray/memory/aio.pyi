"""The verbs of Memory, awaited. Made by docs/make.py."""

import builtins
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

from combray.core.changes import Job
from combray.core.items import Context, Event, Hit, Item, Json
from combray.core.ports import Call, Progress
from combray.core.text import count_tokens
from combray.core.time import Timestamp
from combray.memory.maintain import PathLike
from combray.memory.options import (
    ReadOptions,
    SearchOptions,
    UserReadOptions,
    UserSearchOptions,
)
from combray.memory.task.task_memory import Told
from combray.recall.answer.context import Counter
from combray.recall.answer.explain import Explanation
from combray.recall.answer.profile import Line
from combray.recall.answer.why_not import WhyNot
from combray.recall.task.prompt import TOKENS
from combray.recall.task.slots import LinkKind, Slot, Slots, Version
from combray.store.engine import Engine
from combray.store.erase import Receipt
from combray.store.history.verify import Report
from combray.store.tables.steps import Step
from combray.systems.text import System
from combray.write.change.validate import Preview
from combray.write.extract.factory import RULES
from combray.write.facts.facts import Triple
from combray.write.maintain.estimate import Estimate
from combray.write.maintain.rederive import Rederived
from combray.write.maintain.run_jobs import Outcome
from combray.write.messages.messages import Content
from combray.write.task.slot_memory import (
    LEASE,
    Requires,
)

class AsyncTaskMemory:
    """One task of a user, awaited; `AsyncMemory.tasks` makes it."""

    @property
    def name(self) -> str: ...
    async def prompt(
        self, title: str | None = None, *, tokens: int = TOKENS, past: bool = False
    ) -> str:
        """What a slot needs to know, as text of at most so many tokens.

        Without a title that of the slot last changed, and "" while there is none; with `past` the
        values that slots had before too. Raises InputError when the slot alone needs more.
        """
    async def tell(self, text: str, *, tokens: int = TOKENS, by: str | None = None) -> Told:
        """Take in what somebody said of the task, and return what it wanted and what is known now.

        It is new, an update, a check or goes back, as the model of the memory reads it, or by rule
        without one. A check changes nothing: its text has the values from before too.
        """
    async def erase(self) -> Receipt:
        """Remove the task for good, with its whole log, here and in the backups.

        The receipt counts its steps. Nothing brings it back, not even `undo` or an old export.
        """
    async def add(
        self,
        title: str,
        value: Any = None,
        *,
        after: Iterable[str] = (),
        parent: str | None = None,
        blocks: Iterable[str] = (),
        discovered_from: str | None = None,
        by: str | None = None,
    ) -> Slot:
        """Add a slot, with a value if it has one; return it.

        What it comes `after` and does not exist yet is added too, open; what it `blocks` depends on
        it from now on. Raises InputError for a title that is there, and RejectedChange for a
        circle, which is shown.
        """
    async def set(self, title: str, value: Any, *, by: str | None = None) -> Slot:
        """Give a slot another value, adding it when it is new; return it.

        The slots that depend on it are stale until they are set again, or it has the old value.
        """
    async def done(self, title: str, value: Any = None, *, by: str | None = None) -> Slot:
        """Mark a slot as done, with the value that came of it if any; return it."""
    async def mark(self, title: str, status: str, *, by: str | None = None) -> Slot:
        """Give a slot another status, open, done, failed or dropped, and keep its value."""
    async def rename(self, title: str, new: str, *, by: str | None = None) -> Slot:
        """Give a slot another title; what refers to it still does."""
    async def depend(self, title: str, after: Iterable[str], *, by: str | None = None) -> Slot:
        """Let a slot depend on these, and on no others; return it.

        Raises RejectedChange when that would close a circle, which is shown.
        """
    async def drop(
        self, title: str, *, replaced_by: str | None = None, by: str | None = None
    ) -> Slot:
        """Take a slot out of the task; what depended on it depends on its replacement, if any."""
    async def rollback(self, title: str, to: int, *, by: str | None = None) -> Slot:
        """Let an earlier version of a slot hold again: its value, its status, and with them what
        was made for it. Versions are numbered from 1; raises InputError for one there is not.
        """
    async def undo(self, *, by: str | None = None) -> None:
        """Take back the last change of the task that was not taken back yet, whoever made it.

        Raises StaleChange when that would change who holds a slot that somebody else holds.
        """
    async def claim(self, title: str, *, by: str | None = None, seconds: float = LEASE) -> Slot:
        """Hold a slot for some seconds, in which nobody else can claim or settle it.

        The holder may claim it again to hold it longer. Raises StaleChange when somebody else
        holds it, and RejectedChange when it cannot be worked on yet, or nothing is left to do.
        """
    async def release(self, title: str, *, by: str | None = None) -> Slot:
        """Let go of a slot that is held."""
    async def state(self) -> Slots:
        """Return all slots as they are now, those too that were dropped, by their ids."""
    async def slots(self) -> list[Slot]:
        """Return the slots that were not dropped, in the order in which they came."""
    async def get(self, title: str) -> Slot:
        """Return the slot of a title; raise UnknownName with the nearest titles."""
    async def history(self, title: str) -> Sequence[Version]:
        """Return every value that a slot had, oldest first."""
    async def links(self, title: str) -> dict[LinkKind, list[str]]:
        """Return the titles of what a slot is linked with, by kind of link."""
    async def stale(self) -> list[str]:
        """Return the titles of slots whose value was made for what is no longer so."""
    async def ready(self) -> list[str]:
        """Return the titles of what can be worked on now.

        Something is left to do on them, all they depend on is settled and fresh, no part of them
        is open, and nobody holds them.
        """
    async def log(self) -> Sequence[Step]:
        """Return every step of the task, oldest first."""

class AsyncUserMemory:
    """What one user's memory answers, awaited; `AsyncMemory.user` makes it."""

    @property
    def user_id(self) -> str: ...
    @property
    def agent_id(self) -> str | None: ...
    @property
    def session_id(self) -> str | None: ...
    def tasks(
        self,
        name: str,
        *,
        agent_id: str | None = None,
        by: str | None = None,
        system: str = "tme_spatial",
        requires: Requires | None = None,
    ) -> AsyncTaskMemory:
        """The task memory of that name: the same slots in any process, for any agent.

        `by` is who acts where a call names nobody, and else the agent. `system` is how it is kept:
        "tme_spatial" as a graph, "tme" as a tree. `requires` are dependencies that slots have from
        the start, such as {"hotel": ["destination"]}.
        """
    async def add(
        self,
        content: Content,
        *,
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
    async def search(self, query: str, **options: Unpack[UserSearchOptions]) -> builtins.list[Hit]:
        """The memories that answer a question, best first.

        * `agent_id`: only what this agent keeps.
        * `session_id`: only this session.
        * `run_id`: another name of `session_id`.
        * `limit`: at most so many answers.
        * `min_confidence`: 0 to 1: no answers unless it is so likely that one is remembered.
        * `min_score`: 0 to 1: only what is so likely to answer, and nothing superseded.
        * `filters`: only what a filter over metadata and fields lets pass.
        * `kinds`: only these kinds, such as ['turn'].
        * `as_of`: answer for a past moment of the world.
        * `known_at`: answer with what was known by then.
        * `asked_at`: the moment "last week" is counted from; else `as_of`, else now.
        * `timezone`: whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`.
        * `day_first`: whether 3/5 is 3 May; either way when it is left out.
        """
    async def cite(
        self, ids: Collection[str] | None = None, *, answer: str | None = None
    ) -> builtins.list[str]:
        """Say which memories of the last search were of use; returns the ids that count as cited.

        Give their ids, or the answer that was made of them: then those whose words it uses. A
        system that learns orders the next search by it (`rmm`); others take no notice. Raises
        InputError when nothing was searched for, or an id was not among what was found.
        """
    async def context(
        self,
        query: str,
        *,
        tokens: int,
        counter: Counter = count_tokens,
        cite: str = "number",
        **options: Unpack[UserSearchOptions],
    ) -> Context:
        """The memories that answer a question as one block that fits a budget of tokens.

        `counter` counts the tokens of a text; give your model's own for an exact budget. `cite`
        shows each memory's "number" in the block (`Context.ids` has the ids), its "id", or "none".
        What holds no longer is marked "past", or with the day until which it held.
        Where nothing is remembered, or nothing as likely as `min_confidence` and `min_score`, its
        text says so and its `messages` are empty.

        * `agent_id`: only what this agent keeps.
        * `session_id`: only this session.
        * `run_id`: another name of `session_id`.
        * `limit`: at most so many answers.
        * `min_confidence`: 0 to 1: no answers unless it is so likely that one is remembered.
        * `min_score`: 0 to 1: only what is so likely to answer, and nothing superseded.
        * `filters`: only what a filter over metadata and fields lets pass.
        * `kinds`: only these kinds, such as ['turn'].
        * `as_of`: answer for a past moment of the world.
        * `known_at`: answer with what was known by then.
        * `asked_at`: the moment "last week" is counted from; else `as_of`, else now.
        * `timezone`: whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`.
        * `day_first`: whether 3/5 is 3 May; either way when it is left out.
        """
    async def explain(self, query: str, **options: Unpack[UserSearchOptions]) -> Explanation:
        """How a question was read, and its answers, each with why it was found.

        * `agent_id`: only what this agent keeps.
        * `session_id`: only this session.
        * `run_id`: another name of `session_id`.
        * `limit`: at most so many answers.
        * `min_confidence`: 0 to 1: no answers unless it is so likely that one is remembered.
        * `min_score`: 0 to 1: only what is so likely to answer, and nothing superseded.
        * `filters`: only what a filter over metadata and fields lets pass.
        * `kinds`: only these kinds, such as ['turn'].
        * `as_of`: answer for a past moment of the world.
        * `known_at`: answer with what was known by then.
        * `asked_at`: the moment "last week" is counted from; else `as_of`, else now.
        * `timezone`: whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`.
        * `day_first`: whether 3/5 is 3 May; either way when it is left out.
        """
    async def why_not(self, query: str, id: str, **options: Unpack[UserSearchOptions]) -> WhyNot:
        """Why a memory is not among the answers to a question, and what would have found it.

        Raises NotFound when there is no such memory of the user who asks.

        * `agent_id`: only what this agent keeps.
        * `session_id`: only this session.
        * `run_id`: another name of `session_id`.
        * `limit`: at most so many answers.
        * `min_confidence`: 0 to 1: no answers unless it is so likely that one is remembered.
        * `min_score`: 0 to 1: only what is so likely to answer, and nothing superseded.
        * `filters`: only what a filter over metadata and fields lets pass.
        * `kinds`: only these kinds, such as ['turn'].
        * `as_of`: answer for a past moment of the world.
        * `known_at`: answer with what was known by then.
        * `asked_at`: the moment "last week" is counted from; else `as_of`, else now.
        * `timezone`: whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`.
        * `day_first`: whether 3/5 is 3 May; either way when it is left out.
        """
    async def profile(
        self, *, about: str | None = None, **options: Unpack[UserReadOptions]
    ) -> builtins.list[Line]:
        """What is known of the people a user spoke of, or of one; each line cites its evidence.

        The system `second_me` adds shades of interest to the facts, `memorybank` an overview.

        * `agent_id`: only what this agent keeps.
        * `session_id`: only this session.
        * `run_id`: another name of `session_id`.
        * `filters`: only what a filter over metadata and fields lets pass.
        * `kinds`: only these kinds, such as ['turn'].
        * `as_of`: answer for a past moment of the world.
        * `known_at`: answer with what was known by then.
        * `asked_at`: the moment "last week" is counted from; else `as_of`, else now.
        * `timezone`: whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`.
        * `day_first`: whether 3/5 is 3 May; either way when it is left out.
        """
    async def fill(
        self,
        fields: Sequence[str],
        *,
        about: str | None = None,
        extractor: str = RULES,
        **options: Unpack[UserReadOptions],
    ) -> dict[str, Line | None]:
        """Fill in a form from what is remembered: for each field a line with evidence, or None.

        By rule a field is a relation that facts are known by, such as "employer", "city" or
        "phone number", of one person: `about`, else the one most is known of. With the
        extractor "llm" a model reads the memories; a value that stands in none of them is refused.

        * `agent_id`: only what this agent keeps.
        * `session_id`: only this session.
        * `run_id`: another name of `session_id`.
        * `filters`: only what a filter over metadata and fields lets pass.
        * `kinds`: only these kinds, such as ['turn'].
        * `as_of`: answer for a past moment of the world.
        * `known_at`: answer with what was known by then.
        * `asked_at`: the moment "last week" is counted from; else `as_of`, else now.
        * `timezone`: whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`.
        * `day_first`: whether 3/5 is 3 May; either way when it is left out.
        """
    async def get(self, id: str) -> Item:
        """One memory by its id."""
    async def list(
        self,
        *,
        agent_id: str | None = None,
        session_id: str | None = None,
        limit: int = 100,
        filters: Mapping[str, Any] | None = None,
        kinds: Sequence[str] | None = None,
        before: str | None = None,
        run_id: str | None = None,
        timezone: str | None = None,
    ) -> builtins.list[Item]:
        """The memories of a user, the newest first; days in `filters` are those of the time zone.

        For the next page give the id of the last one seen as `before`; NotFound when it was erased.
        """
    async def history(self, id: str) -> builtins.list[Event]:
        """Every change of one memory, oldest first: who, what, when, why, before and after."""
    async def stats(self) -> Json:
        """What this user's memory holds: `items`, `bytes`, kinds, sessions, and what is pending."""
    async def review(self) -> builtins.list[Item]:
        """What was quarantined and waits for `approve` or `reject`, oldest first."""
    async def jobs(self) -> builtins.list[Job]:
        """The work that waits, runs or has failed, oldest first, each with its last error."""
    async def update(
        self, id: str, *, text: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> Item:
        """Change the text or metadata of a memory; the earlier state stays in its history.

        New metadata takes the place of the old; of what was derived, the fields that its system
        reads again stay where they are left out, and keep their type. Raises InputError for what is
        out of all answers, such as a deleted memory.
        """
    async def delete(self, id: str) -> Item:
        """Take a memory, and what rests on it alone, out of every answer.

        Its history stays; `erase` removes that too.
        """
    async def supersede(self, old_id: str, new: str | Item) -> tuple[Item, Item]:
        """End one memory where another begins; returns both as they are afterwards.

        `new` is the item, or its id, that takes the place of the old one; add it first.
        """
    async def undo(
        self, change_id: str | None = None, *, since: Timestamp | None = None
    ) -> builtins.list[str]:
        """Undo one change, or all of a user's since a moment; returns the ids of the undoing ones.

        Raises InputError when a change was undone already or something changed since, and
        RejectedChange when it would bring back what rests on words that are deleted. Orders of
        sources that are not trusted come back held back, as `add` holds them back.
        """
    async def erase(
        self,
        ids: str | Collection[str] | None = None,
        *,
        agent_id: str | None = None,
        session_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        timezone: str | None = None,
    ) -> Receipt:
        """Remove memories for good, with everything made of them, and prove it by a receipt.

        Give ids, or a scope and filters to choose by; a user alone is erased whole. Nothing brings
        it back, not even `undo`. Ids are NotFound outside of a scope that is given with them.
        Days in `filters` are those of the time zone.
        """
    async def propose(self, answer: str, shown: Sequence[str], *, dry_run: bool = False) -> Preview:
        """Check and apply what a model answered about some memories, or only preview it.

        `answer` is JSON in the shape of `write.change.parse`; `shown` are the ids it was shown,
        so that number n means shown[n - 1]. Raises ModelError or RejectedChange; nothing is applied
        then.
        """
    async def consolidate(
        self, *, limit: int | None = None, dry_run: bool = False, retry: bool = False
    ) -> builtins.list[Outcome]:
        """Do the work that is due, and say what came of each job.

        A job that fails keeps its error and is tried again later, or now with `retry`; `jobs` shows
        it.
        """
    async def approve(self, id: str) -> Item:
        """Let a quarantined memory into answers."""
    async def reject(self, id: str) -> Item:
        """Keep a quarantined memory out of answers for good; its history stays."""
    async def task_names(self) -> builtins.list[str]:
        """The names of a user's task memories."""
    async def ledger(self, *, limit: int | None = None) -> builtins.list[Call]:
        """Every call of a model, the newest first."""
    async def spent(self) -> builtins.list[Json]:
        """The ledger added up by system, step and model: calls, tokens, ms, US dollars."""
    async def estimate(
        self,
        content: Content,
        *,
        session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Estimate:
        """What it would cost to add this: calls of a model, tokens, US dollars; nothing is stored.

        An upper estimate: a model that states less than it is told costs less.
        """
    async def rederive(self, *, anew: bool = False, dry_run: bool = False) -> Rederived:
        """Let the present system read the words of a user that it has not read yet.

        With `anew` it reads everything again and takes back what it made of it before. A dry run
        only says what it would cost, with the jobs that wait already. Interrupted, the jobs that
        are left are done by the next `rederive` or `consolidate`.
        """
    async def export(self, path: PathLike) -> int:
        """Write memories as JSON lines; returns how many items.

        A path that ends in .md gets Markdown for reading, which cannot be read back.
        """
    async def import_(self, path: PathLike) -> int:
        """Read what `export` wrote, whole or not at all; returns how many items were new.

        The policy holds for it as for `add`: what it refuses refuses the file, what it masks is
        masked, and orders from untrusted sources are held back, in texts and in what was derived,
        with what rests on them alone. Facts beside those that are here are settled on their
        timelines, as a change.
        """

class AsyncMemory:
    def __init__(
        self,
        location: str | os.PathLike[str] | Engine = ":memory:",
        *,
        system: System = "evidence",
        embedder: Any = "auto",
        llm: Any = None,
        extractor: str | None = None,
        durable: bool = False,
        progress: Progress | None = None,
        policy: Mapping[str, str] | None = None,
        timezone: str | None = None,
        day_first: bool | None = None,
        options: Mapping[str, Any] | None = None,
        budget: Any = None,
        worker: bool = False,
    ) -> None: ...
    def user(
        self,
        user_id: str,
        *,
        agent_id: str | None = None,
        session_id: str | None = None,
        timezone: str | None = None,
    ) -> AsyncUserMemory: ...
    def tasks(
        self,
        name: str,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        by: str | None = None,
        system: str = "tme_spatial",
        requires: Requires | None = None,
    ) -> AsyncTaskMemory:
        """The task memory of that name: the same slots in any process, for any agent.

        `by` is who acts where a call names nobody, and else the agent. `system` is how it is kept:
        "tme_spatial" as a graph, "tme" as a tree. `requires` are dependencies that slots have from
        the start, such as {"hotel": ["destination"]}.
        """
    async def profile(
        self, *, about: str | None = None, **options: Unpack[ReadOptions]
    ) -> builtins.list[Line]:
        """What is known of the people a user spoke of, or of one; each line cites its evidence.

        The system `second_me` adds shades of interest to the facts, `memorybank` an overview.

        * `user_id`: whose memories; without one, those that belong to no user.
        * `agent_id`: only what this agent keeps.
        * `session_id`: only this session.
        * `run_id`: another name of `session_id`.
        * `filters`: only what a filter over metadata and fields lets pass.
        * `kinds`: only these kinds, such as ['turn'].
        * `as_of`: answer for a past moment of the world.
        * `known_at`: answer with what was known by then.
        * `asked_at`: the moment "last week" is counted from; else `as_of`, else now.
        * `timezone`: whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`.
        * `day_first`: whether 3/5 is 3 May; either way when it is left out.
        """
    async def fill(
        self,
        fields: Sequence[str],
        *,
        about: str | None = None,
        extractor: str = RULES,
        **options: Unpack[ReadOptions],
    ) -> dict[str, Line | None]:
        """Fill in a form from what is remembered: for each field a line with evidence, or None.

        By rule a field is a relation that facts are known by, such as "employer", "city" or
        "phone number", of one person: `about`, else the one most is known of. With the
        extractor "llm" a model reads the memories; a value that stands in none of them is refused.

        * `user_id`: whose memories; without one, those that belong to no user.
        * `agent_id`: only what this agent keeps.
        * `session_id`: only this session.
        * `run_id`: another name of `session_id`.
        * `filters`: only what a filter over metadata and fields lets pass.
        * `kinds`: only these kinds, such as ['turn'].
        * `as_of`: answer for a past moment of the world.
        * `known_at`: answer with what was known by then.
        * `asked_at`: the moment "last week" is counted from; else `as_of`, else now.
        * `timezone`: whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`.
        * `day_first`: whether 3/5 is 3 May; either way when it is left out.
        """
    async def add(
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
    async def search(self, query: str, **options: Unpack[SearchOptions]) -> builtins.list[Hit]:
        """The memories that answer a question, best first.

        * `user_id`: whose memories; without one, those that belong to no user.
        * `agent_id`: only what this agent keeps.
        * `session_id`: only this session.
        * `run_id`: another name of `session_id`.
        * `limit`: at most so many answers.
        * `min_confidence`: 0 to 1: no answers unless it is so likely that one is remembered.
        * `min_score`: 0 to 1: only what is so likely to answer, and nothing superseded.
        * `filters`: only what a filter over metadata and fields lets pass.
        * `kinds`: only these kinds, such as ['turn'].
        * `as_of`: answer for a past moment of the world.
        * `known_at`: answer with what was known by then.
        * `asked_at`: the moment "last week" is counted from; else `as_of`, else now.
        * `timezone`: whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`.
        * `day_first`: whether 3/5 is 3 May; either way when it is left out.
        """
    async def cite(
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
    async def context(
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

        * `user_id`: whose memories; without one, those that belong to no user.
        * `agent_id`: only what this agent keeps.
        * `session_id`: only this session.
        * `run_id`: another name of `session_id`.
        * `limit`: at most so many answers.
        * `min_confidence`: 0 to 1: no answers unless it is so likely that one is remembered.
        * `min_score`: 0 to 1: only what is so likely to answer, and nothing superseded.
        * `filters`: only what a filter over metadata and fields lets pass.
        * `kinds`: only these kinds, such as ['turn'].
        * `as_of`: answer for a past moment of the world.
        * `known_at`: answer with what was known by then.
        * `asked_at`: the moment "last week" is counted from; else `as_of`, else now.
        * `timezone`: whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`.
        * `day_first`: whether 3/5 is 3 May; either way when it is left out.
        """
    async def explain(self, query: str, **options: Unpack[SearchOptions]) -> Explanation:
        """How a question was read, and its answers, each with why it was found.

        * `user_id`: whose memories; without one, those that belong to no user.
        * `agent_id`: only what this agent keeps.
        * `session_id`: only this session.
        * `run_id`: another name of `session_id`.
        * `limit`: at most so many answers.
        * `min_confidence`: 0 to 1: no answers unless it is so likely that one is remembered.
        * `min_score`: 0 to 1: only what is so likely to answer, and nothing superseded.
        * `filters`: only what a filter over metadata and fields lets pass.
        * `kinds`: only these kinds, such as ['turn'].
        * `as_of`: answer for a past moment of the world.
        * `known_at`: answer with what was known by then.
        * `asked_at`: the moment "last week" is counted from; else `as_of`, else now.
        * `timezone`: whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`.
        * `day_first`: whether 3/5 is 3 May; either way when it is left out.
        """
    async def why_not(self, query: str, id: str, **options: Unpack[SearchOptions]) -> WhyNot:
        """Why a memory is not among the answers to a question, and what would have found it.

        Raises NotFound when there is no such memory of the user who asks. The memory of a named
        user is looked for under that `user_id` alone.

        * `user_id`: whose memories; without one, those that belong to no user.
        * `agent_id`: only what this agent keeps.
        * `session_id`: only this session.
        * `run_id`: another name of `session_id`.
        * `limit`: at most so many answers.
        * `min_confidence`: 0 to 1: no answers unless it is so likely that one is remembered.
        * `min_score`: 0 to 1: only what is so likely to answer, and nothing superseded.
        * `filters`: only what a filter over metadata and fields lets pass.
        * `kinds`: only these kinds, such as ['turn'].
        * `as_of`: answer for a past moment of the world.
        * `known_at`: answer with what was known by then.
        * `asked_at`: the moment "last week" is counted from; else `as_of`, else now.
        * `timezone`: whose days the days are, as "Europe/Berlin"; else the offset of `asked_at`.
        * `day_first`: whether 3/5 is 3 May; either way when it is left out.
        """
    async def get(self, id: str, *, user_id: str | None = None) -> Item:
        """One memory by its id.

        Whoever runs the service needs the id alone; with a `user_id` it is NotFound unless it is
        that user's, and so with every verb that takes an id.
        """
    async def list(
        self,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        session_id: str | None = None,
        limit: int = 100,
        filters: Mapping[str, Any] | None = None,
        kinds: Sequence[str] | None = None,
        before: str | None = None,
        run_id: str | None = None,
        timezone: str | None = None,
    ) -> builtins.list[Item]:
        """The memories of a user, the newest first; days in `filters` are those of the time zone.

        For the next page give the id of the last one seen as `before`; NotFound when it was erased.
        """
    async def history(self, id: str, *, user_id: str | None = None) -> builtins.list[Event]:
        """Every change of one memory, oldest first: who, what, when, why, before and after."""
    async def stats(self, *, user_id: str | None = None) -> Json:
        """What this user's memory holds: `items`, `bytes`, kinds, sessions, and what is pending."""
    async def users(self) -> dict[str | None, int]:
        """Every user of this place with the number of their memories; None for those of no user.

        For whoever runs the service: it is the one verb that looks over the walls between users.
        """
    async def review(self, *, user_id: str | None = None) -> builtins.list[Item]:
        """What was quarantined and waits for `approve` or `reject`, oldest first.

        Without a `user_id` that of all users.
        """
    async def jobs(self, *, user_id: str | None = None) -> builtins.list[Job]:
        """The work that waits, runs or has failed, oldest first, each with its last error.

        Without a `user_id` that for all users.
        """
    async def update(
        self,
        id: str,
        *,
        text: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        user_id: str | None = None,
    ) -> Item:
        """Change the text or metadata of a memory; the earlier state stays in its history.

        New metadata takes the place of the old; of what was derived, the fields that its system
        reads again stay where they are left out, and keep their type. Raises InputError for what is
        out of all answers, such as a deleted memory.
        """
    async def delete(self, id: str, *, user_id: str | None = None) -> Item:
        """Take a memory, and what rests on it alone, out of every answer.

        Its history stays; `erase` removes that too.
        """
    async def supersede(
        self, old_id: str, new: str | Item, *, user_id: str | None = None
    ) -> tuple[Item, Item]:
        """End one memory where another begins; returns both as they are afterwards.

        `new` is the item, or its id, that takes the place of the old one; add it first.
        """
    async def undo(
        self,
        change_id: str | None = None,
        *,
        since: Timestamp | None = None,
        user_id: str | None = None,
    ) -> builtins.list[str]:
        """Undo one change, or all of a user's since a moment; returns the ids of the undoing ones.

        Raises InputError when a change was undone already or something changed since, and
        RejectedChange when it would bring back what rests on words that are deleted. Orders of
        sources that are not trusted come back held back, as `add` holds them back. Without a
        `user_id`, `since` undoes what belongs to no user.
        """
    async def erase(
        self,
        ids: str | Collection[str] | None = None,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        session_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
        timezone: str | None = None,
    ) -> Receipt:
        """Remove memories for good, with everything made of them, and prove it by a receipt.

        Give ids, or a scope and filters to choose by; a user alone is erased whole. Nothing brings
        it back, not even `undo`. Ids are NotFound outside of a scope that is given with them.
        Days in `filters` are those of the time zone.
        """
    async def propose(
        self,
        answer: str,
        shown: Sequence[str],
        *,
        user_id: str | None = None,
        dry_run: bool = False,
    ) -> Preview:
        """Check and apply what a model answered about some memories, or only preview it.

        `answer` is JSON in the shape of `write.change.parse`; `shown` are the ids it was shown,
        so that number n means shown[n - 1]. Raises ModelError or RejectedChange; nothing is applied
        then.
        """
    async def consolidate(
        self,
        *,
        user_id: str | None = None,
        limit: int | None = None,
        dry_run: bool = False,
        retry: bool = False,
    ) -> builtins.list[Outcome]:
        """Do the work that is due, and say what came of each job.

        A job that fails keeps its error and is tried again later, or now with `retry`; `jobs`
        shows it. Without a `user_id` the work for all users is done.
        """
    async def approve(self, id: str, *, user_id: str | None = None) -> Item:
        """Let a quarantined memory into answers."""
    async def reject(self, id: str, *, user_id: str | None = None) -> Item:
        """Keep a quarantined memory out of answers for good; its history stays."""
    async def task_names(self, *, user_id: str | None = None) -> builtins.list[str]:
        """The names of a user's task memories."""
    async def ledger(
        self, *, user_id: str | None = None, limit: int | None = None
    ) -> builtins.list[Call]:
        """Every call of a model, the newest first.

        Without a `user_id` those for all users.
        """
    async def spent(self, *, user_id: str | None = None) -> builtins.list[Json]:
        """The ledger added up by system, step and model: calls, tokens, ms, US dollars.

        Without a `user_id` that of all users.
        """
    async def estimate(
        self,
        content: Content,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Estimate:
        """What it would cost to add this: calls of a model, tokens, US dollars; nothing is stored.

        An upper estimate: a model that states less than it is told costs less.
        """
    async def rederive(
        self, *, user_id: str | None = None, anew: bool = False, dry_run: bool = False
    ) -> Rederived:
        """Let the present system read the words of a user that it has not read yet.

        With `anew` it reads everything again and takes back what it made of it before. A dry run
        only says what it would cost, with the jobs that wait already. Interrupted, the jobs that
        are left are done by the next `rederive` or `consolidate`. Without a `user_id` it reads the
        words of all users.
        """
    async def export(self, path: PathLike, *, user_id: str | None = None) -> int:
        """Write memories as JSON lines; returns how many items.

        A path that ends in .md gets Markdown for reading, which cannot be read back. Without a
        `user_id` everything is written.
        """
    async def import_(self, path: PathLike, *, user_id: str | None = None) -> int:
        """Read what `export` wrote, whole or not at all; returns how many items were new.

        With a `user_id` everything goes into that user's memory; without one each memory goes to
        the user whom the file names; one who has others here that the file does not know is left
        out, with a warning. The policy holds for it as for `add`: what it refuses refuses the file,
        what it masks is masked, and orders from untrusted sources are held back, in texts and in
        what was derived, with what rests on them alone. Facts beside those that are here are
        settled on their timelines, as a change.
        """
    async def backup(self, path: PathLike) -> Path:
        """Write a consistent copy to a new file while others write; `erase` reaches it too."""
    async def copy_to(self, location: PathLike) -> Json:
        """Copy everything into an empty database, such as a server; returns how many rows of each.

        Ids, history, both times and vectors stay. InputError when something is there already.
        """
    async def verify(self) -> Report:
        """Whether the database is whole and is what its history says."""
    async def repair(self) -> Json:
        """Make everything derived again from the user's own words; returns what was mended.

        What a system derives by rule is derived at once, what it asks a model for by consolidate().
        """
    async def reindex(self, embedder: Any = None) -> Json:
        """Embed everything anew with another embedder while searches go on; ids stay.

        Without an embedder, complete the vectors of the present one. Interrupted, the next call
        goes on from there.
        """
    async def close(self) -> None:
        """End the worker and the model's calls, and release the database."""

    async def __aenter__(self) -> AsyncMemory: ...
    async def __aexit__(self, *_: object) -> None: ...
