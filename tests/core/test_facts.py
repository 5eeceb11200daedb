"""Facts and the metadata that they are kept in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from combray.core.facts import ENDED, IS, Fact
from combray.core.items import Item
from combray.core.time import FIRST, LAST, iso

FULL = Fact(
    subject="Ann",
    relation="lives in",
    object="Rome",
    functional=True,
    says=ENDED,
    start=1,
    end=9,
    held_to=7,
    at=(3, 12),
)


def item(**fields: object) -> Item:
    """An item with some metadata."""
    return Item(id="f", text="", kind="fact", valid_from_us=10, valid_to_us=20, metadata=fields)


@pytest.mark.parametrize("fact", [FULL, replace(FULL, held_to=None), replace(FULL, at=None)])
def test_a_fact_is_read_back_from_the_metadata_that_it_wrote(fact: Fact) -> None:
    """`of` is the inverse of `metadata`, with every field and without the optional ones."""
    assert Fact.of(item(**fact.metadata())) == fact


def test_the_stored_form_has_the_names_that_older_files_have() -> None:
    """The metadata is plain data under the names that are stored since the first version."""
    assert FULL.metadata() == {
        "subject": "Ann",
        "relation": "lives in",
        "object": "Rome",
        "functional": True,
        "says": "ended",
        "stated": {"from": iso(1), "to": iso(9), "held_to": iso(7)},
        "at": [3, 12],
    }


@pytest.mark.parametrize("moment", [None, FIRST, -1, 0, 1, 1_714_557_600_000_001, LAST])
def test_moments_are_shown_as_text_and_read_as_older_files_have_them(moment: int | None) -> None:
    """Metadata is seen by users, so no number of microseconds stands in it; old ones are read."""
    fact = replace(FULL, start=moment, end=None, held_to=moment)
    metadata = fact.metadata()
    assert not [each for each in metadata["stated"].values() if isinstance(each, int)]
    assert Fact.of(item(**metadata)) == fact
    old = {"from": moment, "to": None, "held_to": moment}
    assert Fact.of(item(**{**metadata, "stated": old})) == fact


@pytest.mark.parametrize("wrong", ["never", True, 1.5, 10**30, [1], {}])
def test_what_is_no_moment_was_not_stated(wrong: object) -> None:
    """Then the time of the item counts."""
    assert Fact.of(item(stated={"from": wrong, "to": 9})).start == 10


def test_what_was_not_stated_is_not_written() -> None:
    """Without `held_to` and `at` their keys are absent, not null."""
    plain = replace(FULL, held_to=None, at=None).metadata()
    assert plain["stated"] == {"from": iso(1), "to": iso(9)}
    assert "at" not in plain


def test_a_fact_without_a_stated_interval_has_that_of_its_item() -> None:
    """Triples of a system state no time; then the time of the item counts."""
    read = Fact.of(item(subject="Ann", relation="knows", object="Ben", functional=False))
    assert (read.start, read.end, read.held_to, read.at) == (10, 20, None, None)
    assert (read.says, read.functional) == (IS, False)


def test_a_stated_open_end_is_not_replaced_by_that_of_the_item() -> None:
    """None is an open end that was stated, not a missing one."""
    assert Fact.of(item(stated={"from": None, "to": None})).start is None
    assert Fact.of(item(stated={"from": None, "to": None})).end is None


def test_metadata_that_is_no_fact_reads_as_an_empty_one() -> None:
    """Metadata that a user changed by hand breaks nothing."""
    read = Fact.of(item(note="x"))
    assert read.claim == ("", "", "", IS)
    assert not read.functional


def test_the_subject_is_compared_without_regard_to_case() -> None:
    """`about` joins spellings of one subject; `claim` keeps what was said."""
    shouted = replace(FULL, subject="ANN")
    assert shouted.about == FULL.about == ("ann", "lives in")
    assert shouted.claim != FULL.claim
    assert FULL.claim == ("Ann", "lives in", "Rome", ENDED)
