"""What each field of an exported record may be, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest

from combray.store.files.export import SHAPES
from combray.store.files.fields import FIELDS


def test_every_field_of_every_record_has_a_rule() -> None:
    """A field without one would let anything in."""
    for kind, names in SHAPES.items():
        assert [name for name in names if name not in FIELDS and (kind, name) not in FIELDS] == []


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("text", "Ünï 🦊", ["a\0b", "\ud83d", 3, None]),
        ("role", None, [3, "a\0", "ü" * 257]),
        ("id", "ü" * 256, ["ü" * 257, None, "a\0"]),
        ("change_id", "", ["x" * 513]),
        ("tenant", "", [" ", "x" * 513, None, "\ud83d"]),
        ("weight", -0.5, [True, float("nan")]),
        ("first_at", -1, [None, True, 1.5, 2**62]),
        ("valid_to", None, ["2024", 2**62]),
        ("count", 1, [0, True, 2**62, 1.0]),
        ("strength", 0.5, [True, "1", float("inf"), float("nan"), 2**53, -1e40]),
        ("status", "live", ["lively", None]),
        ("metadata", {"a": [1]}, [[], None, "x"]),
        ("sources", ["a"], ["a", [1], None]),
        ("after", '{"a": 1}', ["[1]", "{", 3]),
        (("link", "sources"), '["a"]', ["{}", ["a"], "["]),
        (("link", "known_from"), 0, [None, "0"]),
    ],
)
def test_a_field_is_what_it_may_be(field: Any, good: Any, bad: list[Any]) -> None:
    """The value that our own exports write passes, and each of the others does not."""
    assert FIELDS[field](good)
    assert [value for value in bad if FIELDS[field](value)] == []
