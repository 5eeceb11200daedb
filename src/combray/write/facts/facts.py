"""Facts as items that cite the raw items they rest on.

The timeline of a fact sets the `valid_from` and `valid_to` of its item; the fact itself
(`core.facts`) keeps the interval that was stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from combray.core.dates.zones import OFFSET, place_of, zone_of
from combray.core.facts import ALSO, ENDED, WAS, Fact
from combray.core.ids import new_id
from combray.core.items import Item, Json
from combray.core.time import FIRST
from combray.write.facts.speaker import speaker_of
from combray.write.facts.timeline import Claim
from combray.write.patterns.fact_patterns import Found, find_facts
from combray.write.patterns.phrases import canonical, sentence_of

ACTOR = "rules/1"
Triple = tuple[str, str, str]
RULE_LENGTH = 8_000
"""Longer texts are documents, not statements of a speaker; rules read no facts from them."""


def facts_of(item: Item) -> list[Item]:
    """Return the facts that a raw item states, as items not yet on their timelines."""
    speaker = speaker_of(item)
    if speaker is None or len(item.text) > RULE_LENGTH:
        return []
    zone = zone_of(place_of(item.metadata))
    return [
        fact_item(_fact_of(item, speaker, found), [item], actor=ACTOR)
        for found in find_facts(item.text, item.first_at_us, zone)
    ]


def given_facts(triples: Sequence[Triple], sources: Sequence[Item]) -> list[Item]:
    """Return the facts of triples that the user gave, as items that cite the items of the call."""
    start, end = sources[0].valid_from_us, sources[0].valid_to_us
    return [
        fact_item(claimed_fact(triple, sources, start=start, end=end), sources, actor="user")
        for triple in triples
    ]


def claimed_fact(
    triple: Triple, sources: Sequence[Item], *, start: int | None, end: int | None
) -> Fact:
    """Return the fact that a given triple states.

    Without a start and an end it holds from the moment when its first source was said.
    """
    subject, relation, value = triple
    name, functional = canonical(relation)
    if start is None and end is None:
        start = min(item.first_at_us for item in sources)
    return Fact(
        subject=subject, relation=name, object=value, functional=functional, start=start, end=end
    )


def fact_item(fact: Fact, sources: Sequence[Item], *, actor: str) -> Item:
    """Return a fact as a new item that cites the raw items under its sources, without timeline."""
    text = sentence_of(fact.subject, fact.relation, fact.object)
    if fact.says == ENDED:
        text = f"No longer: {text}" if fact.object else f"{text.strip()} no more"
    return Item(
        id=new_id(),
        text=text,
        kind="fact",
        scope=sources[0].scope,
        first_at_us=min(item.first_at_us for item in sources),
        last_at_us=max(item.last_at_us for item in sources),
        valid_from_us=fact.start,
        valid_to_us=fact.end,
        known_from_us=max(item.known_from_us for item in sources),
        metadata={**_place(sources), **fact.metadata()},
        sources=roots_of(sources),
        created_by=actor,
    )


def _place(sources: Sequence[Item]) -> Json:
    """Return where the sources were said, by which the days of a fact are shown."""
    places = {place_of(item.metadata, "") for item in sources}
    return {OFFSET: place} if len(places) == 1 and (place := places.pop()) else {}


def roots_of(sources: Sequence[Item]) -> tuple[str, ...]:
    """Return the ids of the raw items under some items, each once, in order."""
    return tuple(dict.fromkeys(r for item in sources for r in (item.sources or (item.id,))))


def claims_of(item: Item) -> list[Claim]:
    """Return the claims of a functional fact: two for a value that is over since a known moment."""
    fact = Fact.of(item)
    claim = Claim(
        id=item.id,
        value=fact.object.casefold(),
        start=fact.start,
        end=fact.end,
        said_at=item.last_at_us,
        held_to=fact.held_to if fact.ends else None,
        ends=fact.ends,
    )
    if fact.says == ENDED:
        return [replace(claim, end=None, held_to=None, kind=ENDED)]
    if fact.says == ALSO:
        return [replace(claim, held_to=None, kind=ALSO)]
    if fact.says != WAS or not fact.ends or fact.end is None:
        # An end at no known moment would stand before all that has a start, and follow nothing.
        return [claim]
    stop = replace(claim, id=f"{item.id}#", start=fact.end, end=None, held_to=None, kind=ENDED)
    return [claim, stop]


def claim_key(item: Item) -> tuple[str, str, str, str]:
    """Return what a fact says apart from its time and place; equal for items that say the same."""
    return Fact.of(item).claim


def end_fact(item: Item, end: int) -> Json:
    """Return the metadata of a functional fact with another stated end."""
    return {**item.metadata, "stated": replace(Fact.of(item), end=end).stated()}


def _fact_of(item: Item, speaker: str, found: Found) -> Fact:
    """Return the fact that a rule found; the interval of its item overrides the time of saying."""
    own = item.valid_from_us is not None and item.valid_from_us != item.first_at_us
    start = item.valid_from_us if own and found.start == item.first_at_us else found.start
    # "For nine years", said in year 1, began before every moment that can be kept.
    start = start if start is None else max(start, FIRST)
    return Fact(
        subject=_subject(found, speaker),
        relation=found.relation,
        object=found.value,
        functional=True,
        says=found.says,
        start=start,
        end=found.end if found.end is not None else item.valid_to_us,
        held_to=found.held_to,
        at=found.at,
        own=found.who is None and item.role in (None, "user"),
        ends=found.ends,
    )


def _subject(found: Found, speaker: str) -> str:
    """Return whom a statement is about; two people of one name are told apart by their roles."""
    if found.who is None:
        return speaker
    return f"{speaker}'s {found.role} {found.who}" if found.role else found.who
