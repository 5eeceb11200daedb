"""Open triples: (subject, relation, object) that a text states, by rule or by a model.

By rule: in each sentence the first name is the subject, or what the text is about when the sentence
names one thing only; every other name is an object, and the words before it are the relation.
Where nothing is capitalised the rule finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from combray.core.entities import entities, title_entity
from combray.core.ids import new_id
from combray.core.items import Item
from combray.models.structured import Asker

Triple = tuple[str, str, str]
LONGEST = 8
MOST = 40
"""Triples of one text."""
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_NOT_WORD = re.compile(r"[\W_]+")


def phrase_of(name: str) -> str:
    """A name as a node of the graph: lower-case words of any script without punctuation."""
    return _NOT_WORD.sub(" ", name.casefold()).strip()


def rule_triples(item: Item) -> list[Triple]:
    """The triples of an item by rule, in order, each once."""
    about = title_entity(item.metadata) or (item.name or "").casefold() or None
    found = [t for sentence in _SENTENCE.split(item.text) for t in _stated(sentence, about)]
    return list(dict.fromkeys(found))[:MOST]


def model_triples(asker: Asker, item: Item) -> list[Triple]:
    """The triples of an item as a model reads them; ModelError when its answer has no such form."""
    data = {"title": item.metadata.get("title"), "speaker": item.name, "text": item.text}
    known = {name: value for name, value in data.items() if value}
    answer = asker.ask("combray.write", "triples", known, max_tokens=1500)
    triples = [tuple(part.strip() for part in triple) for triple in answer["triples"]]
    return list(dict.fromkeys((t[0], t[1], t[2]) for t in triples if len(t) == 3 and all(t)))


def triple_item(triple: Triple, source: Item, *, actor: str) -> Item:
    """A triple as a fact that cites the item it was read from."""
    subject, relation, value = triple
    return Item(
        id=new_id(),
        text=f"{subject} {relation} {value}",
        kind="fact",
        scope=source.scope,
        first_at_us=source.first_at_us,
        last_at_us=source.last_at_us,
        valid_from_us=source.valid_from_us,
        valid_to_us=source.valid_to_us,
        known_from_us=source.known_from_us,
        metadata={"subject": subject, "relation": relation, "object": value, "functional": False},
        sources=(source.id,),
        created_by=actor,
    )


def phrase_item(phrase: str, sources: Sequence[Item], *, actor: str) -> Item:
    """A phrase as an entity that cites the items that hold it; its vector says what is like it."""
    return Item(
        id=new_id(),
        text=phrase,
        kind="entity",
        scope=sources[0].scope,
        first_at_us=min(item.first_at_us for item in sources),
        last_at_us=max(item.last_at_us for item in sources),
        known_from_us=sources[0].known_from_us,
        sources=tuple(dict.fromkeys(item.id for item in sources)),
        created_by=actor,
    )


def _stated(sentence: str, about: str | None) -> Iterator[Triple]:
    names = entities(sentence)
    if not names:
        return
    lowered = sentence.casefold()
    subject = names[0] if len(names) > 1 or about is None else about
    after = lowered.find(subject) + len(subject) if subject in lowered else 0
    for name in names:
        if name == subject:
            continue
        place = lowered.find(name, after)
        between = sentence[after:place] if place >= 0 else ""
        words = _NOT_WORD.sub(" ", between).split()[-LONGEST:]
        yield subject, " ".join(words) or "with", name
        after = max(after, place + len(name))
    if about is not None and subject != about:
        yield about, "with", subject
