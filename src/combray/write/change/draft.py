"""The builder of changes: new items that cite raw ones, merges, supersessions and retirements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from combray.core.changes import ChangeSet, NewJob, Patch
from combray.core.entities import entities, normal_name
from combray.core.ids import new_id
from combray.core.items import SUPERSEDES, Item, Json, Link, Status
from combray.core.time import now
from combray.store.tables.fact_keys import topic_of
from combray.write.change.supersession import begins
from combray.write.extract.base import NONE, SUPERSEDE, UPDATE, Decision, Statement
from combray.write.facts.facts import end_fact, roots_of


class Draft:
    """Collects what one step of a system changes in one tenant."""

    def __init__(self, tenant: str, actor: str, why: str = "") -> None:
        self.tenant, self.actor, self.why = tenant, actor, why
        self.puts: dict[str, Item] = {}
        self.patches: dict[str, Patch] = {}
        self.links: list[Link] = []
        self.jobs: list[NewJob] = []

    def put(
        self,
        kind: str,
        text: str,
        sources: Sequence[Item],
        *,
        metadata: Mapping[str, Any] | None = None,
        name: str | None = None,
        valid_from: int | None = None,
        valid_to: int | None = None,
    ) -> Item:
        """Add a derived item that cites the raw items under its sources and has their span.

        Without `valid_from` it holds from its first source on.
        """
        first = min(item.first_at_us for item in sources)
        return self.add(
            Item(
                id=new_id(),
                text=text,
                kind=kind,
                scope=sources[0].scope,
                name=name,
                first_at_us=first,
                last_at_us=max(item.last_at_us for item in sources),
                valid_from_us=first if valid_from is None else valid_from,
                valid_to_us=valid_to,
                known_from_us=max(item.known_from_us for item in sources),
                metadata=dict(metadata or {}),
                sources=roots_of(sources),
                created_by=self.actor,
            )
        )

    def add(self, item: Item) -> Item:
        """Add a derived item that the caller built."""
        self.puts[item.id] = item
        return item

    def state(
        self, kind: str, said: Statement, *, metadata: Mapping[str, Any] | None = None
    ) -> Item:
        """Add a statement as an item; the store places a functional one on its timeline."""
        return self.put(
            kind,
            said.text,
            said.sources,
            metadata={**said.about, "names": names_in(said), **(metadata or {})},
            name=said.speaker,
            valid_from=said.start,
            valid_to=said.end,
        )

    def take(
        self,
        kind: str,
        said: Statement,
        decision: Decision,
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> Item | None:
        """Carry out a decision about a statement; return the item that now says it, None for NONE.

        Of two items that contradict each other the one that begins earlier ends where the other
        begins, whichever arrived first. The timeline of a relation orders its values.
        """
        old = decision.target
        if decision.op == NONE:
            return None
        if decision.op == UPDATE and old is not None:
            return self.merge([old], decision.text, said.sources)
        new = self.state(kind, said, metadata=metadata)
        one_line = topic_of(new) is not None and old is not None and topic_of(new) == topic_of(old)
        if decision.op == SUPERSEDE and old is not None and not one_line:
            first, second = sorted((old, new), key=_order)
            self.supersede(first, second, decision.why)
        return new

    def merge(
        self, old: Iterable[Item], text: str, more: Sequence[Item] = (), **fields: Any
    ) -> Item:
        """Replace items by one that cites all that they and `more` cite.

        The replaced items leave all answers; each keeps its history and a link to its successor.
        """
        gone = list(old)
        first = gone[0]
        fields.setdefault("metadata", first.metadata)
        fields.setdefault("name", first.name)
        new = self.put(first.kind, text, [*gone, *more], **fields)
        for item in gone:
            if self.puts.pop(item.id, None) is not None:
                self.links = [_moved(link, item.id, new.id) for link in self.links]
                continue
            self.links.append(Link(src=new.id, dst=item.id, kind=SUPERSEDES))
            self.patch(item, "merge", {"status": Status.MERGED, "known_to": now()}, f"now {new.id}")
        return new

    def supersede(self, old: Item, new: Item, why: str = "") -> None:
        """End one item where another begins; the ended item stays live and true of its own time."""
        end = begins(new)
        end = max(end, old.valid_from_us if old.valid_from_us is not None else end)
        if old.valid_to_us is not None:
            end = min(end, old.valid_to_us)
        fields: Json = {"valid_to": end}
        if topic_of(old) is not None:
            fields = {"metadata": end_fact(old, end)}
        self.patch(old, "supersede", fields, why or f"superseded by {new.id}")
        self.links.append(Link(src=new.id, dst=old.id, kind=SUPERSEDES))

    def retire(self, old: Item, op: str, why: str) -> None:
        """Remove a derived item from all answers for a reason; its history stays."""
        self.patch(old, op, {"status": Status.RETIRED, "known_to": now()}, why)

    def patch(self, item: Item, op: str, fields: Mapping[str, Any], why: str = "") -> None:
        """Change some fields of an item of this draft or of the store."""
        if item.id in self.puts:
            self.puts[item.id] = self.puts[item.id].with_fields(fields)
            return
        before = self.patches.get(item.id)
        merged = {**(before.fields if before else {}), **fields}
        self.patches[item.id] = Patch(id=item.id, fields=merged, op=op, why=why)

    def link(self, src: Item, dst: Item, kind: str, weight: float = 1.0) -> None:
        """Link two items."""
        self.links.append(Link(src=src.id, dst=dst.id, kind=kind, weight=weight))

    def change(self) -> ChangeSet:
        """Return everything collected as one change set."""
        return ChangeSet(
            tenant=self.tenant,
            actor=self.actor,
            why=self.why,
            puts=list(self.puts.values()),
            patches=list(self.patches.values()),
            links=self.links,
            jobs=self.jobs,
        )


def names_in(said: Statement) -> list[str]:
    """Return the names in a statement: its speaker, subject and object, and those in its words."""
    about = [said.about.get(part) for part in ("subject", "object")]
    alone = [name for name in entities(said.text) if " and " not in name]
    named = [normal_name(str(each)) for each in (said.speaker, *about, *alone) if each]
    return [name for name in dict.fromkeys(named) if name]


def _moved(link: Link, old: str, new: str) -> Link:
    """Return a link of an unstored item with the item that replaces it at its end."""
    src, dst = (new if end == old else end for end in (link.src, link.dst))
    return replace(link, src=src, dst=dst)


def _order(item: Item) -> tuple[int, int]:
    """Sort key: when an item begins to hold, then when it was said."""
    return begins(item), item.first_at_us
