"""How records show themselves to people: by their plain data, with ISO times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def shown(record: object, data: Mapping[str, Any]) -> str:
    """The repr of a record: its plain data, without what is empty."""
    said = [f"{name}={value!r}" for name, value in data.items() if value not in (None, "", [], {})]
    return f"{type(record).__name__}({', '.join(said)})"
