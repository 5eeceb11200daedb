"""What can be kept: the one validator, asked at every door by which something comes in.

TEXT    characters of one text
NAME    bytes (UTF-8) of a name: of a user, an agent, a session, a speaker, a tool
DATA    characters in all the texts of one metadata
VALUES  values in one metadata
DEPTH   levels of nesting in JSON data: metadata, filters, answers of models

Whatever passes can be stored by every engine, shown, exported and imported again. The functions
that end in `_problem` return what is wrong as the end of a sentence, or None; the others raise.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from typing import Any

from combray.core.errors import InputError, quoted
from combray.core.items import Item, Json
from combray.core.time import FIRST, LAST

TEXT, NAME, DATA = 16_777_216, 512, 8_388_608
VALUES, DEPTH, NUMBER = 200_000, 64, 1e300
STRENGTH = 2**53
"""No strength is as great: it is a float of four bytes in an index, and may be told as whole."""

_MOMENTS = ("first_at_us", "last_at_us", "known_from_us")
_OPEN_MOMENTS = ("valid_from_us", "valid_to_us", "known_to_us", "last_recalled_us")
_WORDS = ("id", "kind", "created_by")
_OPEN_WORDS = ("role", "name")


def characters_problem(text: str) -> str | None:
    """Return what is wrong with the characters of a text: a NUL, or half of a surrogate pair."""
    if "\0" in text:
        return f"holds a NUL character at {text.index(chr(0))}. Remove it first."
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return (
            f"holds half of a surrogate pair at {error.start}, which is not text. "
            "Decode the source again with errors='replace'."
        )
    return None


def text_problem(text: Any, most: int = TEXT) -> str | None:
    """Return why something cannot be kept as text; an empty text is text."""
    if not isinstance(text, str):
        return f"must be text, not {type(text).__name__}."
    if len(text) > most:
        return f"has {len(text):,} characters, and at most {most:,} are kept. Give it in parts."
    return characters_problem(text)


def check_text(text: Any, where: str) -> str:
    """Return the text as given; raise InputError when it is empty or cannot be stored."""
    wrong = text_problem(text)
    if wrong is None and not text.strip():
        wrong = "is empty. Give some text."
    if wrong is not None:
        raise InputError(f"{where} {wrong}")
    return str(text)


def check_names(names: Any, where: str, example: str) -> tuple[str, ...]:
    """Return a collection of texts as a tuple; raise InputError for one text, or for no texts."""
    several = isinstance(names, Collection) and not isinstance(names, str | bytes | Mapping)
    if not several or not all(isinstance(name, str) for name in names):
        raise InputError(f"{where} must be a list such as {example}, not {quoted(names)}.")
    return tuple(names)


def check_name(name: Any, where: str) -> str:
    """Return a name as given; raise InputError when it is empty, too long or no text."""
    size = len(check_text(name, where).encode())
    if size > NAME:
        raise InputError(f"{where} has {size:,} bytes; a name has at most {NAME}.")
    return str(name)


def moment_problem(value: Any) -> str | None:
    """Return why a number is no moment of the years 1 to 9999, in microseconds UTC."""
    if isinstance(value, bool) or not isinstance(value, int) or not FIRST <= value <= LAST:
        return f"is {quoted(value)}, which is no moment of the years 1 to 9999."
    return None


def data_problem(data: Any, depth: int = DEPTH) -> str | None:
    """Return why something cannot be kept as JSON data."""
    left: list[tuple[Any, int]] = [(data, 1)]
    count = size = 0
    while left:
        value, level = left.pop()
        count += 1
        if count > VALUES:
            return f"it holds more than {VALUES:,} values"
        if isinstance(value, str):
            size += len(value)
            wrong = characters_problem(value)
            if size > DATA:
                wrong = f"has more than {DATA:,} characters in all."
            if wrong is not None:
                return f"a text in it {wrong.rstrip('.')}"
        elif isinstance(value, Mapping | list | tuple):
            if level > depth:
                return f"it is nested more than {depth} levels deep"
            if isinstance(value, Mapping):
                if (twice := _same_key(value)) is not None:
                    return f"two keys of it are {twice!r:.60} as text, and only one would be kept"
                left += [(key, level + 1) for key in value]
                value = value.values()
            left += [(part, level + 1) for part in value]
        elif (wrong := _scalar_problem(value)) is not None:
            return wrong
    return None


def _same_key(mapping: Mapping[Any, Any]) -> str | None:
    """Return the text that two keys become in JSON, where all keys are text; None without any."""
    # What is neither text nor one of these is no key in JSON at all, as the encoder says.
    others = [key for key in mapping if key is None or isinstance(key, int | float)]
    texts = {key for key in mapping if isinstance(key, str)} if others else set()
    for key in others:
        if (text := json.dumps(key)) in texts:
            return text
        texts.add(text)
    return None


def _scalar_problem(value: Any) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if not isinstance(value, int | float):
        return f"a value of type {type(value).__name__} is not JSON"
    if not math.isfinite(value) if isinstance(value, float) else not -NUMBER < value < NUMBER:
        return "a number in it is not finite, or beyond 1e300"
    return None


def check_data(data: Mapping[str, Any] | None, where: str = "metadata") -> Json:
    """Return metadata as plain JSON data; raise InputError when it cannot be."""
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise InputError(f"{where} must be a mapping, not {type(data).__name__}.")
    wrong = data_problem(data)
    if wrong is not None:
        raise InputError(f"{where} cannot be kept as JSON: {wrong}.")
    try:
        plain: Json = json.loads(json.dumps(data, allow_nan=False, default=_plain))
    except (TypeError, ValueError) as error:
        raise InputError(f"{where} cannot be kept as JSON: {error}.") from error
    return plain


def _plain(value: Any) -> dict[Any, Any]:
    """Return a mapping of another kind as a dict; `data_problem` has seen everything else."""
    return dict(value)


def item_problem(item: Item) -> str | None:
    """Return why an item cannot be stored, shown or exported, with the field at fault."""
    checked = [(name, text_problem(getattr(item, name))) for name in ("text", *_WORDS)]
    scope = item.scope
    words = {**{name: getattr(item, name) for name in _OPEN_WORDS}, "user_id": scope.user_id}
    words |= {"agent_id": scope.agent_id, "session_id": scope.session_id}
    checked += [(name, text_problem(word)) for name, word in words.items() if word is not None]
    checked += [(name, moment_problem(getattr(item, name))) for name in _MOMENTS]
    checked += [
        (name, moment_problem(moment))
        for name in _OPEN_MOMENTS
        if (moment := getattr(item, name)) is not None
    ]
    if not abs(item.strength) < STRENGTH:
        checked.append(("strength", f"is {item.strength}, which is no number below 2**53."))
    if item.metadata:
        wrong = data_problem(item.metadata)
        checked.append(("metadata", wrong and f"cannot be kept as JSON: {wrong}."))
    return next((f"{name.removesuffix('_us')} {wrong}" for name, wrong in checked if wrong), None)
