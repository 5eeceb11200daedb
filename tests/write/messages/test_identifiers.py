"""What secrets and identifiers look like; their masking is specified in test_guard."""

from __future__ import annotations

import pytest

from combray.write.messages.identifiers import PERSONAL, SECRETS, private_keys

KEY = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("ann@example.com", ["e-mail"]),
        ("DE89 3704 0044 0532 0130 00", ["bank account"]),
        ("4111 1111 1111 1111", ["card number"]),
        ("+49 30 1234567", ["phone number"]),
        ("078-05-1120", ["social security number"]),
        ("203.0.113.9", ["network address"]),
        ("300.1.2.3", []),
        ("Section 12.3.4.5", []),
        ("firmware 12.3.4.5", []),
        ("11/05/2024 11:30 - 12:45", []),
        ("am 11/05/2024 09:15", []),
        ("4111 1111 1111 1112", []),
        ("9" * 30, []),
    ],
)
def test_each_identifier_is_known_by_its_kind_first(text: str, kinds: list[str]) -> None:
    """And a number that fails its check is of none."""
    assert [kind.name for kind in PERSONAL if list(kind.found(text))][:1] == kinds


def test_the_names_of_kinds_are_single() -> None:
    """Each mark says one thing."""
    names = [kind.name for kind in (*SECRETS, *PERSONAL)]
    assert len(set(names)) == len(names)


def test_private_keys_end_where_they_say() -> None:
    """Two of them, and one that is cut off."""
    assert private_keys(f"a {KEY} b") == [(2, 2 + len(KEY))]
    assert len(private_keys(f"{KEY}\n{KEY}")) == 2
    assert private_keys("-----BEGIN RSA PRIVATE KEY-----\nab") == [(0, 34)]
