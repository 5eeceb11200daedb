"""Facts as items: each cites what it was read from, and knows what was stated about its time.

A fact's metadata holds `subject`, `relation`, `object`, whether the relation is `functional` (one
value at a time), what it `says` (is, ended, was), the interval that was `stated`, and `at`, its
place in the text. Its `valid_from` and `valid_to` are those of its timeline. Tools, systems and
unnamed assistants are not believed about themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from combray.core.ids import new_id
from combray.core.items import Item, Json
from combray.core.time import to_datetime
from combray.write.facts.timeline import Claim
from combray.write.patterns.fact_patterns import Found, find_facts
from combray.write.patterns.phrases import ENDED, IS, WAS, canonical, sentence_of

ACTOR = "rules/1"
Triple = tuple[str, str, str]
RULE_LENGTH = 8_000
"""Longer texts are documents, not statements of a speaker; no facts are read from them."""


def facts_of(item: Item) -> list[Item]:
    """The facts that a raw item states, as items that cite it; not yet on their timelines."""
    speaker = speaker_of(item)
    if speaker is None or len(item.text) > RULE_LENGTH:
        return []
    return [_fact_item(item, speaker, found) for found in find_facts(item.text, item.first_at_us)]


def speaker_of(item: Item) -> str | None:
    """Who "I" is in an item: its name, else its user; None when it is not to be believed."""
    if item.status != "live" or item.role in ("tool", "function", "system", "developer"):
        return None
    if item.role == "assistant" and item.name is None:
        return None
    return item.name or item.scope.user_id or "user"


def given_facts(triples: Sequence[Triple], sources: Sequence[Item]) -> list[Item]:
    """Facts that the user states outright, citing the items they came with."""
    return [
        claimed_fact(
            triple,
            sources,
            start=sources[0].valid_from_us,
            end=sources[0].valid_to_us,
            actor="user",
        )
        for triple in triples
    ]


def claimed_fact(
    triple: Triple, sources: Sequence[Item], *, start: int | None, end: int | None, actor: str
) -> Item:
    """A fact of a triple that somebody gives, citing its sources; not yet on its timeline.

    Without a start it holds from when it was said.
    """
    subject, relation, value = triple
    name, functional = canonical(relation)
    first = min(item.first_at_us for item in sources)
    return _item(
        sources[0],
        about={"subject": subject, "relation": name, "object": value, "functional": functional},
        stated={"from": start if start is not None or end is not None else first, "to": end},
        says=IS,
        sources=tuple(dict.fromkeys(item.id for item in sources)),
        span=(first, max(item.last_at_us for item in sources)),
        actor=actor,
    )


def _fact_item(item: Item, speaker: str, found: Found) -> Item:
    own = item.valid_from_us is not None and item.valid_from_us != item.first_at_us
    start = item.valid_from_us if own and found.start == item.first_at_us else found.start
    stated: Json = {"from": start, "to": found.end if found.end is not None else item.valid_to_us}
    if found.holds:
        stated["held_to"] = item.first_at_us
    return _item(
        item,
        about={
            "subject": found.who or speaker,
            "relation": found.relation,
            "object": found.value,
            "functional": True,
            "at": list(found.at),
        },
        stated=stated,
        says=found.says,
        sources=(item.id,),
        span=(item.first_at_us, item.last_at_us),
        actor=ACTOR,
    )


def _item(
    raw: Item,
    *,
    about: Json,
    stated: Json,
    says: str,
    sources: tuple[str, ...],
    span: tuple[int, int],
    actor: str,
) -> Item:
    text = sentence_of(about["subject"], about["relation"], about["object"])
    if says == ENDED:
        text = f"No longer: {text}" if about["object"] else f"{text.strip()} no more"
    return Item(
        id=new_id(),
        text=text,
        kind="fact",
        scope=raw.scope,
        first_at_us=span[0],
        last_at_us=span[1],
        valid_from_us=stated["from"],
        valid_to_us=stated["to"],
        known_from_us=raw.known_from_us,
        metadata={**about, "says": says, "stated": stated},
        sources=sources,
        created_by=actor,
    )


def claims_of(fact: Item) -> list[Claim]:
    """A functional fact as claims of its timeline; what was, and is over, makes two."""
    about: Any = fact.metadata
    value = str(about.get("object", "")).casefold()
    stated = about.get("stated") or {"from": fact.valid_from_us, "to": fact.valid_to_us}
    said_at, says = fact.last_at_us, about.get("says", IS)
    if says == ENDED:
        return [Claim(id=fact.id, value=value, start=stated["from"], said_at=said_at, kind=ENDED)]
    claim = Claim(
        id=fact.id,
        value=value,
        start=stated["from"],
        end=stated["to"],
        said_at=said_at,
        held_to=stated.get("held_to"),
    )
    if says != WAS:
        return [claim]
    stop = Claim(id=f"{fact.id}#", value=value, start=stated["to"], said_at=said_at, kind=ENDED)
    return [claim, stop]


def said(fact: Item) -> tuple[object, ...]:
    """What a fact says, apart from where and when."""
    return tuple(fact.metadata.get(name) for name in ("subject", "relation", "object", "says"))


def ended(fact: Item, end: int) -> Json:
    """The metadata of a functional fact whose end is now stated."""
    stated = {"from": fact.valid_from_us, "to": fact.valid_to_us, **fact.metadata.get("stated", {})}
    return {**fact.metadata, "stated": {**stated, "to": end}}


def describe(fact: Item) -> str:
    """The fact with the days between which it holds, for people to read."""
    start, end = (
        None if t is None else f"{to_datetime(t):%Y-%m-%d}"
        for t in (fact.valid_from_us, fact.valid_to_us)
    )
    return f"{fact.text} ({start or '…'} – {end or 'now'})"
