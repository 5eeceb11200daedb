"""Who somebody is by what is remembered: a profile, and forms filled in from it, with citations."""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Sequence
from typing import Any

from combray.core.errors import InputError
from combray.core.time import Timestamp
from combray.memory.recall import RecallVerbs
from combray.recall.answer.profile import Line, ProfileSource, fact_lines, llm_fill, rules_fill
from combray.write.extract.base import LLM, RULES, check_extractor
from combray.write.messages.messages import check_text
from combray.write.patterns.phrases import canonical


class ProfileVerbs(RecallVerbs):
    """What a memory says of the people in it."""

    def profile(
        self,
        *,
        about: str | None = None,
        user_id: str | None = None,
        as_of: Timestamp | None = None,
        known_at: Timestamp | None = None,
        **scope: Any,
    ) -> builtins.list[Line]:
        """What is known of the people a user spoke of, or of one; each line cites its evidence.

        `as_of` is the profile of a past moment. `second_me` adds shades of interest to the facts.
        """
        question = self._question(
            about or "profile", user_id=user_id, as_of=as_of, known_at=known_at, **scope
        )
        if isinstance(self._system, ProfileSource):
            lines = self._system.profile(question)
        else:
            lines = fact_lines(self._runtime.query_context(question))
        return [
            line
            for line in lines
            if about is None or line.about.casefold() in ("", about.casefold())
        ]

    def fill(
        self,
        fields: Sequence[str],
        *,
        about: str | None = None,
        user_id: str | None = None,
        as_of: Timestamp | None = None,
        engine: str = RULES,
        **scope: Any,
    ) -> dict[str, Line | None]:
        """Fill in a form from what is remembered: for each field a line with evidence, or None.

        By rule a field is a relation that facts are known by, such as "employer", "city" or
        "phone number", of one person: `about`, else the one most is known of. With the engine
        "llm" a model reads the memories, and a value that stands in none of them is refused.
        """
        names = [check_text(field, "field") for field in fields]
        if not names:
            raise InputError("fill needs at least one field; nothing was looked for.")
        check_extractor(self._runtime, engine)
        if engine == LLM:
            question = self._question(
                about or names[0], user_id=user_id, as_of=as_of, limit=5, **scope
            )
            asker = self._runtime.asker("combray.fill", question.scope.tenant)
            found = llm_fill(self._runtime, asker, question, names)
        else:
            lines = self.profile(about=about, user_id=user_id, as_of=as_of, **scope)
            known = Counter(line.about for line in lines if line.about)
            whom = about or (known.most_common(1)[0][0] if known else "")
            mine = [line for line in lines if line.about.casefold() == whom.casefold()]
            found = rules_fill(mine, {name: canonical(name)[0] for name in names})
        return {name: found.get(name) for name in names}
