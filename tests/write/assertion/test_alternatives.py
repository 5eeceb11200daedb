"""Patterns of many alternatives."""

from __future__ import annotations

import re

from combray.write.assertion.alternatives import any_of


def test_lists_are_joined_whole() -> None:
    """The last of one list and the first of the next are two alternatives."""
    assert any_of("moved|joined", r"ha[sd] changed") == r"(?:moved|joined|ha[sd] changed)"
    assert any_of("a", "b", opening="(?!") == "(?!a|b)"


def test_a_group_stands_inside_a_pattern() -> None:
    """What surrounds it belongs to each of the alternatives."""
    pattern = re.compile(r"\b" + any_of("cat|dog", "heron") + r"s\b")
    assert [bool(pattern.search(word)) for word in ("cats", "herons", "heron", "s")] == [
        True, True, False, False,
    ]  # fmt: skip
