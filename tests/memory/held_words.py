"""What in this process holds a text: for tests that something is in no cache any more."""

from __future__ import annotations

import gc


def holders(word: str) -> list[str]:
    """The types of the containers that hold a text as a key, a value or an element."""
    gc.collect()
    found = []
    for thing in gc.get_objects():
        if issubclass(type(thing), dict):
            parts = [*dict.keys(thing), *dict.values(thing)]
        else:
            parts = list(thing) if type(thing) in (list, tuple) else []
        if any(type(part) is str and word in part for part in parts):
            found.append(type(thing).__name__)
    return found
