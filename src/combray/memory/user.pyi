"""The verbs of one user. Made by docs/make.py."""

import builtins
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Unpack

from combray.core.changes import Job
from combray.core.items import Context, Event, Hit, Item, Json
from combray.core.ports import Call
from combray.core.text import count_tokens
from combray.core.time import Timestamp
from combray.memory.base import MemoryBase
from combray.memory.maintain import PathLike
from combray.memory.options import UserReadOptions, UserSearchOptions
from combray.memory.task.task_memory import TaskMemory
from combray.recall.answer.context import Counter
from combray.recall.answer.explain import Explanation
from combray.recall.answer.profile import Line
from combray.recall.answer.why_not import WhyNot
from combray.store.erase import Receipt
from combray.write.change.validate import Preview
from combray.write.extract.factory import RULES
from combray.write.facts.facts import Triple
from combray.write.maintain.estimate import Estimate
from combray.write.maintain.rederive import Rederived
from combray.write.maintain.run_jobs import Outcome
from combray.write.messages.messages import Content
from combray.write.task.slot_memory import (
    Requires,
)

class UserMemory:
    """What one user's memory answers: the verbs of Memory without `user_id`.

    No call reaches what belongs to another user: the id of another's memory is answered as one that
    does not exist. An `agent_id` or `session_id` narrows what is added, asked for, listed and
    erased; what is asked by its id, and what counts or moves the whole, is the user's. A `timezone`
    is whose days the days are, where a call names no other.
    A handle holds nothing open: it ends with the memory that made it.
    """
    def __init__(
        self,
        memory: MemoryBase,
        user_id: str,
        *,
        agent_id: str | None = None,
        session_id: str | None = None,
        timezone: str | None = None,
    ) -> None: ...
    @property
    def user_id(self) -> str: ...
    @property
    def agent_id(self) -> str | None: ...
    @property
    def session_id(self) -> str | None: ...
    def add(
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
    def search(self, query: str, **options: Unpack[UserSearchOptions]) -> builtins.list[Hit]:
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
    def cite(
        self, ids: Collection[str] | None = None, *, answer: str | None = None
    ) -> builtins.list[str]:
        """Say which memories of the last search were of use; returns the ids that count as cited.

        Give their ids, or the answer that was made of them: then those whose words it uses. A
        system that learns orders the next search by it (`rmm`); others take no notice. Raises
        InputError when nothing was searched for, or an id was not among what was found.
        """
    def context(
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
    def explain(self, query: str, **options: Unpack[UserSearchOptions]) -> Explanation:
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
    def why_not(self, query: str, id: str, **options: Unpack[UserSearchOptions]) -> WhyNot:
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
    def profile(
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
    def fill(
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
    def get(self, id: str) -> Item:
        """One memory by its id."""
    def list(
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
    def history(self, id: str) -> builtins.list[Event]:
        """Every change of one memory, oldest first: who, what, when, why, before and after."""
    def stats(self) -> Json:
        """What this user's memory holds: `items`, `bytes`, kinds, sessions, and what is pending."""
    def review(self) -> builtins.list[Item]:
        """What was quarantined and waits for `approve` or `reject`, oldest first."""
    def jobs(self) -> builtins.list[Job]:
        """The work that waits, runs or has failed, oldest first, each with its last error."""
    def update(
        self, id: str, *, text: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> Item:
        """Change the text or metadata of a memory; the earlier state stays in its history.

        New metadata takes the place of the old; of what was derived, the fields that its system
        reads again stay where they are left out, and keep their type. Raises InputError for what is
        out of all answers, such as a deleted memory.
        """
    def delete(self, id: str) -> Item:
        """Take a memory, and what rests on it alone, out of every answer.

        Its history stays; `erase` removes that too.
        """
    def supersede(self, old_id: str, new: str | Item) -> tuple[Item, Item]:
        """End one memory where another begins; returns both as they are afterwards.

        `new` is the item, or its id, that takes the place of the old one; add it first.
        """
    def undo(
        self, change_id: str | None = None, *, since: Timestamp | None = None
    ) -> builtins.list[str]:
        """Undo one change, or all of a user's since a moment; returns the ids of the undoing ones.

        Raises InputError when a change was undone already or something changed since, and
        RejectedChange when it would bring back what rests on words that are deleted. Orders of
        sources that are not trusted come back held back, as `add` holds them back.
        """
    def erase(
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
    def propose(self, answer: str, shown: Sequence[str], *, dry_run: bool = False) -> Preview:
        """Check and apply what a model answered about some memories, or only preview it.

        `answer` is JSON in the shape of `write.change.parse`; `shown` are the ids it was shown,
        so that number n means shown[n - 1]. Raises ModelError or RejectedChange; nothing is applied
        then.
        """
    def consolidate(
        self, *, limit: int | None = None, dry_run: bool = False, retry: bool = False
    ) -> builtins.list[Outcome]:
        """Do the work that is due, and say what came of each job.

        A job that fails keeps its error and is tried again later, or now with `retry`; `jobs` shows
        it.
        """
    def approve(self, id: str) -> Item:
        """Let a quarantined memory into answers."""
    def reject(self, id: str) -> Item:
        """Keep a quarantined memory out of answers for good; its history stays."""
    def tasks(
        self,
        name: str,
        *,
        agent_id: str | None = None,
        by: str | None = None,
        system: str = "tme_spatial",
        requires: Requires | None = None,
    ) -> TaskMemory:
        """The task memory of that name: the same slots in any process, for any agent.

        `by` is who acts where a call names nobody, and else the agent. `system` is how it is kept:
        "tme_spatial" as a graph, "tme" as a tree. `requires` are dependencies that slots have from
        the start, such as {"hotel": ["destination"]}.
        """
    def task_names(self) -> builtins.list[str]:
        """The names of a user's task memories."""
    def ledger(self, *, limit: int | None = None) -> builtins.list[Call]:
        """Every call of a model, the newest first."""
    def spent(self) -> builtins.list[Json]:
        """The ledger added up by system, step and model: calls, tokens, ms, US dollars."""
    def estimate(
        self,
        content: Content,
        *,
        session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Estimate:
        """What it would cost to add this: calls of a model, tokens, US dollars; nothing is stored.

        An upper estimate: a model that states less than it is told costs less.
        """
    def rederive(self, *, anew: bool = False, dry_run: bool = False) -> Rederived:
        """Let the present system read the words of a user that it has not read yet.

        With `anew` it reads everything again and takes back what it made of it before. A dry run
        only says what it would cost, with the jobs that wait already. Interrupted, the jobs that
        are left are done by the next `rederive` or `consolidate`.
        """
    def export(self, path: PathLike) -> int:
        """Write memories as JSON lines; returns how many items.

        A path that ends in .md gets Markdown for reading, which cannot be read back.
        """
    def import_(self, path: PathLike) -> int:
        """Read what `export` wrote, whole or not at all; returns how many items were new.

        The policy holds for it as for `add`: what it refuses refuses the file, what it masks is
        masked, and orders from untrusted sources are held back, in texts and in what was derived,
        with what rests on them alone. Facts beside those that are here are settled on their
        timelines, as a change.
        """
