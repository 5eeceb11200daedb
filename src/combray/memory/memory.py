"""The façade itself: every verb of a memory, in one class."""

from __future__ import annotations

from combray.memory.edit import EditVerbs
from combray.memory.inspection import InspectVerbs
from combray.memory.maintain import MaintainVerbs
from combray.memory.model import ModelVerbs
from combray.memory.profile import ProfileVerbs
from combray.memory.task.verbs import TaskVerbs
from combray.memory.user import UserMemory


class Memory(ProfileVerbs, InspectVerbs, EditVerbs, TaskVerbs, ModelVerbs, MaintainVerbs):
    """A memory in one place: a path, `:memory:` or a URL, under one system.

    `system` is a name, or a class of yours (CONTRIBUTING shows one). `embedder` is "auto",
    "minilm", "hashed", a model directory, or an object with `embed(texts) -> (n, d)`; `llm` is
    None, "openai:MODEL", or an object with `complete(request)`. `extractor` is who reads what is
    added, for a system that derives: "llm" (when one is given) or "rules" (no model). `timezone` is
    whose days the days are, such as "Europe/Berlin", and UTC without one; `day_first` says whether
    3/5 is 3 May or March 5, and without it a question may mean either. `options` are
    those of the system. `budget` is the most that the model may cost while the memory is open, in
    US dollars, or a mapping with `usd`, `tokens`, `price`. `worker` does the work for the model in
    a thread of its own.

    `location` may be an engine of yours too. `durable` waits for the disk at every commit. `policy`
    says what becomes of secrets and personal identifiers, and which sources are trusted, such as
    `{"secrets": "mask", "pii": "mask", "trusted": "wiki"}`. `progress` is called with how many
    texts are embedded, of how many.

    The verbs stand in the modules of this folder, by what they are for.
    """

    def user(
        self,
        user_id: str,
        *,
        agent_id: str | None = None,
        session_id: str | None = None,
        timezone: str | None = None,
    ) -> UserMemory:
        """The memory of one user: the same verbs without `user_id`, behind that user's walls.

        An `agent_id` or `session_id` narrows what is added, asked for, listed and erased. With a
        `timezone` days are days of that zone.
        """
        return UserMemory(
            self, user_id, agent_id=agent_id, session_id=session_id, timezone=timezone
        )
