"""Who somebody is by what is remembered: a profile, and forms filled in from it, with citations."""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

from combray.core.checks import check_names, check_text
from combray.core.errors import InputError
from combray.memory.options import ReadOptions, takes
from combray.memory.recall import RecallVerbs
from combray.recall.answer.profile import Line, ProfileSource, fact_lines, llm_fill, rules_fill
from combray.write.extract.factory import LLM, RULES, check_extractor
from combray.write.messages.guard import show
from combray.write.patterns.phrases import canonical

FILLED_FROM = 5
"""How many memories a model reads for each field of a form."""


class ProfileVerbs(RecallVerbs):
    """What a memory says of the people in it."""

    @takes(ReadOptions)
    def profile(
        self, *, about: str | None = None, **options: Unpack[ReadOptions]
    ) -> builtins.list[Line]:
        """What is known of the people a user spoke of, or of one; each line cites its evidence.

        The system `second_me` adds shades of interest to the facts, `memorybank` an overview.
        """
        question = self._question(about or "profile", options)
        with self._recalled.search(question.scope.tenant):
            if isinstance(self._system, ProfileSource):
                lines = self._system.profile(question)
            else:
                lines = fact_lines(self._runtime.query_context(question))
        if self._policy.pii == "mask":
            lines = [
                replace(line, about=show(line.about), text=show(line.text), value=show(line.value))
                for line in lines
            ]
        return [
            line
            for line in lines
            if about is None or line.about.casefold() in ("", about.casefold())
        ]

    @takes(ReadOptions)
    def fill(
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
        """
        names = [check_text(field, "field") for field in check_names(fields, "fields", "['city']")]
        if not names:
            raise InputError("fill needs at least one field; nothing was looked for.")
        check_extractor(self._runtime, extractor)
        if extractor == LLM:
            question = self._question(about or names[0], options, FILLED_FROM)
            asker = self._runtime.asker("combray.fill", question.scope.tenant)
            with self._recalled.search(question.scope.tenant):
                found = llm_fill(self._runtime, asker, question, names)
        else:
            lines = self.profile(about=about, **options)
            known = Counter(line.about for line in lines if line.about)
            whom = about or (known.most_common(1)[0][0] if known else "")
            mine = [line for line in lines if line.about.casefold() == whom.casefold()]
            found = rules_fill(mine, {name: canonical(name)[0] for name in names})
        return {name: found.get(name) for name in names}
