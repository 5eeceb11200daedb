"""A model's answer as a change set: facts, merges, supersessions, deletions and summaries.

    {"facts": [{"subject": "Ann", "relation": "lives in", "object": "Paris", "sources": [1],
                "valid_from": "2024-06-01", "valid_to": null}],
     "summaries": [{"text": "…", "sources": [1, 2]}],
     "merges": [{"ids": [3, 4], "text": "…"}],
     "supersessions": [{"old": 3, "new": 4, "why": "…"}],
     "deletions": [{"id": 5, "why": "…"}]}

Items are named by the small numbers under which they were shown to the model, or by their ids.
Whatever does not fit this shape raises ModelError with the raw answer; nothing is half-read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from combray.core.changes import ChangeSet, Patch
from combray.core.errors import InputError, ModelError
from combray.core.ids import new_id
from combray.core.items import Item, Json, Link
from combray.core.time import now
from combray.store.tables.fact_keys import topic_of
from combray.write.facts.facts import claimed_fact, ended
from combray.write.facts.update_timelines import SUPERSEDES
from combray.write.messages.messages import check_text, read_interval

PARTS = ("facts", "summaries", "merges", "supersessions", "deletions")
_FENCE = re.compile(r"^\s*```(?:json)?\s*\n(.*?)\n\s*```\s*$", re.S)

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {part: {"type": "array", "items": {"type": "object"}} for part in PARTS},
    "additionalProperties": False,
}


def parse(raw: str, shown: Sequence[Item], *, actor: str) -> ChangeSet:
    """The change set that a model's answer proposes about the items it was shown.

    `shown` are items of one tenant; number n in the answer is shown[n - 1]. Raises ModelError
    saying what is wrong with the answer.
    """
    try:
        return _Reader(shown, actor).read(_load(raw))
    except InputError as error:
        raise ModelError(f"The model's answer cannot be used: {error}", raw=raw) from error


def _load(raw: str) -> Mapping[str, Any]:
    fenced = _FENCE.match(raw)
    text = fenced.group(1) if fenced else raw
    if not text.strip():
        raise InputError("it is empty.")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"it is not JSON ({error}).") from error
    if not isinstance(answer, dict) or not answer:
        raise InputError(f"it is not an object with {', '.join(PARTS)}.")
    unknown = sorted(set(answer) - set(PARTS))
    if unknown:
        raise InputError(f"it has unknown parts: {', '.join(map(repr, unknown))}.")
    return answer


@dataclass
class _Parts:
    puts: list[Item] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


class _Reader:
    """Reads an answer against the items that were shown."""

    def __init__(self, shown: Sequence[Item], actor: str) -> None:
        if not shown:
            raise InputError("no items were shown, so it can be about none.")
        self._shown = shown
        self._by_id = {item.id: item for item in shown}
        self._actor = actor
        self._parts = _Parts()

    def read(self, answer: Mapping[str, Any]) -> ChangeSet:
        """The whole answer as one change set."""
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
        return ChangeSet(
            tenant=self._shown[0].scope.tenant,
            actor=self._actor,
            why="proposal",
            puts=self._parts.puts,
            patches=self._parts.patches,
            links=self._parts.links,
        )

    def _fact(self, entry: Json, where: str) -> None:
        subject, relation, value = (
            check_text(entry.get(part), f"{where}.{part}").strip()
            for part in ("subject", "relation", "object")
        )
        start, end = read_interval(entry.get("valid_from"), entry.get("valid_to"))
        sources = self._items(entry.get("sources"), f"{where}.sources")
        triple = (subject, relation, value)
        fact = claimed_fact(triple, sources, start=start, end=end, actor=self._actor)
        self._parts.puts.append(fact)

    def _summary(self, entry: Json, where: str) -> None:
        text = check_text(entry.get("text"), f"{where}.text")
        sources = self._items(entry.get("sources"), f"{where}.sources")
        self._parts.puts.append(self._derived("summary", text, sources))

    def _merge(self, entry: Json, where: str) -> None:
        merged = self._items(entry.get("ids"), f"{where}.ids")
        if len(merged) < 2:
            raise InputError(f"{where}.ids must name at least two items.")
        text = check_text(entry.get("text"), f"{where}.text")
        roots = [source for item in merged for source in (item.sources or (item.id,))]
        new = self._derived(merged[0].kind, text, merged, roots=roots)
        self._parts.puts.append(new)
        for item in merged:
            self._go(item, "merge", f"merged into {new.id}", successor=new.id)

    def _supersession(self, entry: Json, where: str) -> None:
        old = self._item(entry.get("old"), f"{where}.old")
        new = self._item(entry.get("new"), f"{where}.new")
        if old.id == new.id:
            raise InputError(f"{where}: an item cannot supersede itself.")
        end = new.valid_from_us if new.valid_from_us is not None else new.first_at_us
        why = str(entry.get("why") or f"superseded by {new.id}")
        fields: Json = {"valid_to": end} if topic_of(old) is None else {"metadata": ended(old, end)}
        self._parts.patches.append(Patch(id=old.id, fields=fields, op="supersede", why=why))
        self._parts.links.append(Link(src=new.id, dst=old.id, kind=SUPERSEDES))

    def _deletion(self, entry: Json, where: str) -> None:
        item = self._item(entry.get("id"), f"{where}.id")
        self._go(item, "delete", str(entry.get("why") or ""))

    def _go(self, item: Item, op: str, why: str, successor: str | None = None) -> None:
        fields = {"status": "merged" if successor else "deleted", "known_to": now()}
        self._parts.patches.append(Patch(id=item.id, fields=fields, op=op, why=why))
        if successor is not None:
            self._parts.links.append(Link(src=successor, dst=item.id, kind=SUPERSEDES))

    def _derived(
        self, kind: str, text: str, of: Sequence[Item], roots: Sequence[str] | None = None
    ) -> Item:
        ids = tuple(dict.fromkeys(roots or [item.id for item in of]))
        first, last = min(item.first_at_us for item in of), max(item.last_at_us for item in of)
        return Item(
            id=new_id(),
            text=text,
            kind=kind,
            scope=of[0].scope,
            first_at_us=first,
            last_at_us=last,
            valid_from_us=first,
            known_from_us=now(),
            sources=ids,
            created_by=self._actor,
        )

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
        raise InputError(f"{where} names {name!r}, which was not shown.")
