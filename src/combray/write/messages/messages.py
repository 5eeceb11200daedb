"""Read and check what users give (text, a message, a list of messages) as raw items."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from combray.core.checks import check_data, check_name, check_names, check_text
from combray.core.dates.zones import OFFSET, offset_at, zone_of
from combray.core.errors import InputError, quoted
from combray.core.ids import new_id
from combray.core.items import ROLE_ALIASES, ROLES, Item, Json, Scope
from combray.core.time import Timestamp, now, to_last_micros, to_micros
from combray.write.messages.content import describe_calls, words_of
from combray.write.messages.guard import Policy, mask
from combray.write.messages.objects import as_mapping, own_time
from combray.write.messages.titles import title_of

Content = str | Mapping[str, Any] | Sequence["str | Mapping[str, Any]"]

_FIELDS = frozenset({"role", "content", "name", "timestamp", "metadata"})
_PROMPTS = frozenset({"system", "developer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDefaults:
    """What all messages of one call share; times in microseconds UTC.

    Without a `valid_from` a memory holds from the moment when it was said, or from an unknown time
    when its `valid_to` is before that moment. `zone` is whose days the days are, and `place` the
    offset from UTC that `said_at` was given with.
    """

    scope: Scope
    said_at: int | None = None
    metadata: Mapping[str, Any]
    valid_from: int | None = None
    valid_to: int | None = None
    roles: frozenset[str] = frozenset(ROLES) - _PROMPTS
    zone: str = "UTC"
    place: str | None = None


def read_roles(roles: Collection[str] | None) -> frozenset[str]:
    """Return the roles whose messages are kept: all but those of prompts, unless told.

    Raises InputError for one that does not exist.
    """
    if roles is None:
        return frozenset(ROLES) - _PROMPTS
    named = check_names(roles, "roles", "['user']")
    return frozenset(_role(role, f"roles[{i}]") for i, role in enumerate(named))


def read_content(content: Content, incoming: MessageDefaults) -> list[Item]:
    """Return one raw item for each message whose role is kept, in order.

    A plain string becomes a `text`, a message a `turn`; an object of another library is a message
    too. A title that a text says itself is kept among its metadata. Raises InputError that names
    the message and the field at fault.
    """
    if isinstance(content, str):
        return [_text(content, incoming, "content")]
    if isinstance(content, list | tuple):
        items = [
            _text(part, incoming, f"content[{i}]")
            if isinstance(part, str)
            else _turn(part, incoming, f"content[{i}]")
            for i, part in enumerate(content)
        ]
    elif (message := as_mapping(content)) is not None:
        items = [_turn(message, incoming, "content")]
    else:
        raise InputError(
            "content must be text, a message such as {'role': 'user', 'content': '…'}, or a list "
            f"of them, not {type(content).__name__}."
        )
    return [item for item in items if item.role is None or item.role in incoming.roles]


def _text(text: str, incoming: MessageDefaults, where: str) -> Item:
    said = check_text(text, where)
    return _item(said, "text", incoming, incoming.metadata, incoming.said_at, incoming.place)


def _turn(given: Any, incoming: MessageDefaults, where: str) -> Item:
    if isinstance(given, tuple) and len(given) == 2 and given[0] in (*ROLES, *ROLE_ALIASES):
        given = {"role": given[0], "content": given[1]}
    message = as_mapping(given)
    if message is None:
        raise InputError(f"{where} must be text or a message, not {type(given).__name__}.")
    timed = own_time(message, where, zone_of(incoming.zone))
    if not all(isinstance(key, str) for key in message):
        raise InputError(f"{where} has a key that is not text.")
    unknown = set(message) - _FIELDS - ({timed.key} if timed else set())
    blank = message.get("content") in (None, "", [])
    words = describe_calls(message) if blank else ""
    if "content" not in message and not words:
        raise InputError(f"{where} has no 'content'. A message is {{'role': …, 'content': …}}.")
    said, images = words_of(words or message["content"], f"{where}.content")
    text = check_text(said, f"{where}.content")
    metadata = {**incoming.metadata, **check_data(message.get("metadata"), f"{where}.metadata")}
    # Keep the other keys of a message (ids, tool calls) instead of dropping them silently.
    metadata |= check_data({key: message[key] for key in sorted(unknown)}, where)
    if images:
        metadata["images"] = images
    said_at, place = incoming.said_at, incoming.place
    if timed is not None:
        said_at, place = timed.moment, timed.place
    role, name = _role(message.get("role", "user"), where), _name(message.get("name"), where)
    return _item(text, "turn", incoming, metadata, said_at, place, role=role, name=name)


def _item(
    text: str,
    kind: str,
    incoming: MessageDefaults,
    metadata: Mapping[str, Any],
    said_at: int | None,
    place: str | None,
    role: str | None = None,
    name: str | None = None,
) -> Item:
    title = None if "title" in metadata else title_of(text)
    titled = {} if title is None else {"title": title}
    learned = now()
    moment = learned if said_at is None else said_at
    start, end = incoming.valid_from, incoming.valid_to
    if start is None and (end is None or end > moment):
        start = moment
    return Item(
        id=new_id(),
        text=text,
        kind=kind,
        scope=incoming.scope,
        role=role,
        name=name,
        first_at_us=moment,
        last_at_us=moment,
        valid_from_us=start,
        valid_to_us=end,
        known_from_us=learned,
        metadata={**_where(moment, place, incoming.zone), **metadata, **titled},
    )


def _where(moment: int, place: str | None, zone: str) -> Json:
    """What is kept of where something was said: the offset it was given with, or its zone's."""
    offset = place or (None if zone == "UTC" else offset_at(moment, zone))
    return {} if offset is None else {OFFSET: offset}


def _role(role: Any, where: str) -> str:
    known = ROLE_ALIASES.get(role.lower(), role.lower()) if isinstance(role, str) else role
    if known not in ROLES:
        raise InputError(f"{where}.role is {quoted(role)}. Known roles: {', '.join(ROLES)}.")
    return str(known)


def _name(name: Any, where: str) -> str | None:
    return None if name is None else check_name(name, f"{where}.name")


def read_timestamp(
    value: Timestamp | None, what: str = "timestamp", zone: str = "UTC"
) -> int | None:
    """Return a time in microseconds, or None for None; a time without an offset is of a zone."""
    return None if value is None else to_micros(value, what=what, zone=zone_of(zone))


def read_end(value: Timestamp | None, what: str, zone: str = "UTC") -> int | None:
    """Return the same for the end of a span: a date is its last moment."""
    return None if value is None else to_last_micros(value, what=what, zone=zone_of(zone))


def read_interval(
    start: Timestamp | None, end: Timestamp | None, zone: str = "UTC"
) -> tuple[int | None, int | None]:
    """Return an interval in microseconds; raise InputError when it ends before it begins."""
    first = read_timestamp(start, "valid_from", zone)
    last = read_timestamp(end, "valid_to", zone)
    if first is not None and last is not None and last <= first:
        raise InputError(
            f"valid_to {quoted(end)} is not after valid_from {quoted(start)}; nothing was stored. "
            "Leave one of them out for an open end."
        )
    return first, last


def read_facts(facts: Any, policy: Policy) -> list[tuple[str, str, str]]:
    """Return (subject, relation, object) triples of masked text; raise InputError for others."""
    if facts is None:
        return []
    if not isinstance(facts, list | tuple):
        raise InputError(
            f"facts must be a list of (subject, relation, object), not {quoted(facts)}."
        )
    triples: list[tuple[str, str, str]] = []
    for i, fact in enumerate(facts):
        if not isinstance(fact, list | tuple) or len(fact) != 3:
            raise InputError(f"facts[{i}] must be (subject, relation, object), not {quoted(fact)}.")
        subject, relation, value = (
            mask(check_text(part, f"facts[{i}]").strip(), policy)[0] for part in fact
        )
        triples.append((subject, relation, value))
    return triples
