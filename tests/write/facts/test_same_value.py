"""Whether two values of a relation may be one."""

from __future__ import annotations

import pytest

from combray.write.facts.same_value import may_be_one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rome", "rome"),
        ("dana", "dana reed"),
        ("nurse", "night nurse"),
        ("acme", "acme corporation"),
        ("the bbc", "bbc"),
        ("rome", "rome, italy"),
        ("germany", "berlin"),
        ("老师", "teacher"),
        ("北京", "北京市"),
    ],
)
def test_a_value_may_be_another_said_more_finely(one: str, other: str) -> None:
    """More words, a place in the other, or another script; in either order."""
    assert may_be_one(one, other)
    assert may_be_one(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("rome", "paris"), ("dana reed", "dana cole"), ("acme", "globex"), ("555 01", "555 02"),
     ("inc", "ltd"), ("北京", "上海")],
)  # fmt: skip
def test_two_values_that_differ_are_two(one: str, other: str) -> None:
    """A word that each has and the other has not tells them apart."""
    assert not may_be_one(one, other)
