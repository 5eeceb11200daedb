"""Parse a model's answer into a change: facts, merges, supersessions, deletions and summaries.

    {"facts": [{"subject": "Ann", "relation": "lives in", "object": "Paris", "sources": [1],
                "valid_from": "2024-06-01", "valid_to": null}],
     "summaries": [{"text": "…", "sources": [1, 2]}],
     "merges": [{"ids": [3, 4], "text": "…"}],
     "supersessions": [{"old": 3, "new": 4, "why": "…"}],
     "deletions": [{"id": 5, "why": "…"}]}

The answer names items by the numbers under which the model saw them, or by their ids. An answer of
any other shape raises ModelError with the raw answer; no part of it is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from combray.core.changes import ChangeSet
from combray.core.checks import check_text, data_problem
from combray.core.errors import InputError, ModelError, quoted
from combray.core.items import Item, Json, Status
from combray.core.time import now
from combray.models.structured import fenced
from combray.write.change.draft import Draft
from combray.write.change.supersession import begins
from combray.write.facts.facts import claimed_fact, fact_item
from combray.write.messages.messages import read_interval

PARTS = ("facts", "summaries", "merges", "supersessions", "deletions")

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {part: {"type": "array", "items": {"type": "object"}} for part in PARTS},
    "additionalProperties": False,
}


def parse(raw: str, shown: Sequence[Item], *, actor: str) -> ChangeSet:
    """Return the change that a model's answer proposes about the items it was shown.

    `shown` are items of one tenant; number n in the answer is shown[n - 1]. Raises ModelError
    saying what is wrong with the answer.
    """
    try:
        return _Reader(shown, actor).read(_load(raw))
    except InputError as error:
        raise ModelError(f"The model's answer cannot be used: {error}", raw=raw) from error


def _load(raw: str) -> Mapping[str, Any]:
    text = (fenced(raw) or raw).strip()
    if not text:
        raise InputError("it is empty.")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"it is not JSON ({error}).") from error
    if not isinstance(answer, dict) or not answer:
        raise InputError(f"it is not an object with {', '.join(PARTS)}.")
    if (wrong := data_problem(answer)) is not None:
        raise InputError(f"{wrong}.")
    unknown = sorted(set(answer) - set(PARTS))
    if unknown:
        raise InputError(f"it has unknown parts: {', '.join(map(repr, unknown))}.")
    return answer


class _Reader:
    """Fills a draft from an answer about the items that were shown."""

    def __init__(self, shown: Sequence[Item], actor: str) -> None:
        if not shown:
            raise InputError("no items were shown, so it can be about none.")
        self._shown = shown
        self._by_id = {item.id: item for item in shown}
        self._draft = Draft(shown[0].scope.tenant, actor, "proposal")

    def read(self, answer: Mapping[str, Any]) -> ChangeSet:
        """Return the whole answer as one change set."""
        readers = {
            "facts": self._fact,
            "summaries": self._summary,
            "merges": self._merge,
            "supersessions": self._supersession,
            "deletions": self._deletion,
        }
        for part in PARTS:
            entries = answer.get(part, [])
            if not isinstance(entries, list):
                raise InputError(f"{part} must be a list.")
            for i, entry in enumerate(entries):
                if not isinstance(entry, dict):
                    raise InputError(f"{part}[{i}] must be an object.")
                readers[part](entry, f"{part}[{i}]")
        return self._draft.change()

    def _fact(self, entry: Json, where: str) -> None:
        subject, relation, value = (
            check_text(entry.get(part), f"{where}.{part}").strip()
            for part in ("subject", "relation", "object")
        )
        start, end = read_interval(entry.get("valid_from"), entry.get("valid_to"))
        sources = self._items(entry.get("sources"), f"{where}.sources")
        fact = claimed_fact((subject, relation, value), sources, start=start, end=end)
        self._draft.add(fact_item(fact, sources, actor=self._draft.actor))

    def _summary(self, entry: Json, where: str) -> None:
        text = check_text(entry.get("text"), f"{where}.text")
        sources = self._items(entry.get("sources"), f"{where}.sources")
        self._draft.put("summary", text, sources)

    def _merge(self, entry: Json, where: str) -> None:
        named = self._items(entry.get("ids"), f"{where}.ids")
        merged = list({item.id: item for item in named}.values())
        if len(merged) < 2:
            raise InputError(f"{where}.ids must name at least two items.")
        self._draft.merge(merged, check_text(entry.get("text"), f"{where}.text"))

    def _supersession(self, entry: Json, where: str) -> None:
        old = self._item(entry.get("old"), f"{where}.old")
        new = self._item(entry.get("new"), f"{where}.new")
        if old.id == new.id:
            raise InputError(f"{where}: an item cannot supersede itself.")
        if old.valid_from_us is not None and begins(new) < old.valid_from_us:
            raise InputError(f"{where}: the new item begins before the old one does.")
        self._draft.supersede(old, new, str(entry.get("why") or ""))

    def _deletion(self, entry: Json, where: str) -> None:
        item = self._item(entry.get("id"), f"{where}.id")
        gone = {"status": Status.DELETED, "known_to": now()}
        self._draft.patch(item, "delete", gone, str(entry.get("why") or ""))

    def _items(self, names: Any, where: str) -> list[Item]:
        if not isinstance(names, list) or not names:
            raise InputError(f"{where} must be a list of items.")
        return [self._item(name, f"{where}[{i}]") for i, name in enumerate(names)]

    def _item(self, name: Any, where: str) -> Item:
        number = int(name) if isinstance(name, str) and name.isdigit() else name
        if isinstance(number, int) and not isinstance(number, bool):
            if 1 <= number <= len(self._shown):
                return self._shown[number - 1]
        elif isinstance(name, str) and name in self._by_id:
            return self._by_id[name]
        raise InputError(f"{where} names {quoted(name)}, which was not shown.")
