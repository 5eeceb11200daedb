"""Whose words a text is, by the names and values of its metadata."""

from __future__ import annotations

from typing import Any

import pytest

from combray.testing.base import item
from combray.write.messages.sources import LONGEST_LABEL, MOST_LABELS, is_trusted, words


def trusts(metadata: dict[str, Any], *trusted: str) -> bool:
    """Whether a text with this metadata is the user's own."""
    return is_trusted(item("hello", metadata=metadata), frozenset(trusted))


@pytest.mark.parametrize(
    ("metadata", "own"),
    [
        ({}, True),
        ({"source": "user"}, True),
        ({"source": "a page"}, False),
        ({"sourceName": "a page"}, False),
        ({"title": "a page"}, True),
        ({"trust": "low"}, False),
        ({"trust": 0.9}, True),
        ({"external": True}, False),
        ({"external": "no"}, True),
        ({"note": "https://example.org/a"}, False),
        ({"note": "hello"}, True),
        ({"via": "e-mail"}, False),
        ({"via": "telephone"}, True),
    ],
)
def test_a_field_says_whose_a_text_is(metadata: dict[str, Any], own: bool) -> None:
    """By its name, and else by what only others' words have."""
    assert trusts(metadata) is own


def test_a_source_is_trusted_when_all_its_words_are() -> None:
    """One of two is not enough."""
    assert trusts({"source": "team wiki"}, "team", "wiki")
    assert not trusts({"source": "team wiki"}, "wiki")


def test_a_label_that_is_too_long_is_not_read() -> None:
    """Nor are too many of them: they are another's."""
    assert trusts({"source": ["user"] * MOST_LABELS})
    assert not trusts({"source": ["user"] * (MOST_LABELS + 1)})
    assert not trusts({"source": "user " * LONGEST_LABEL})


def test_the_words_of_a_label_are_those_that_are_seen() -> None:
    """Of all its parts, however they are joined."""
    assert words({"webPage": ["My-file", 7]}) == {"web", "page", "my", "file", "7"}
