"""One user under two names: messages that give a `name`, and those that give none.

A user says "I live in Rome." in a note and "I moved to Paris." in a message by "Dana". As long as
nobody but Dana speaks as a user, both are about one person; once a second name speaks, each name is
a person of its own, and whose the notes are is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from combray.core.facts import Fact
from combray.core.items import Item
from combray.store.engine import Run
from combray.store.tables.fact_keys import one_on_each_topic, user_names


def with_persons(run: Run, tenant: str, facts: Sequence[Item]) -> list[Item]:
    """Return new facts in which what a user says of himself is about one person."""
    return [_with_person(run, tenant, fact) if _is_own(fact) else fact for fact in facts]


def _is_own(fact: Item) -> bool:
    return not fact.seq and fact.kind == "fact" and Fact.of(fact).own


def _with_person(run: Run, tenant: str, fact: Item) -> Item:
    about = Fact.of(fact)
    others = {
        str(item.metadata.get("person") or item.metadata["subject"])
        for item in one_on_each_topic(run, tenant, about.relation)
    }
    mine = about.subject.casefold()
    if len(others) != 1 or mine == (other := others.pop()).casefold():
        return fact
    unnamed = (fact.scope.user_id or "user").casefold()
    if unnamed not in (mine, other.casefold()):
        return fact
    names = {name.casefold() for name in user_names(run, tenant)} | {mine, other.casefold()}
    if len(names - {unnamed}) != 1:
        return fact
    return replace(fact, metadata={**fact.metadata, "person": other})
