"""Hashed n-grams: an embedder that needs nothing and knows spelling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.models.embed.hashed import WIDTH, Hashed

TEXTS = ("I moved to Paris.", "My cat is grey.", "今天天气很好", "…")


def test_hashed_rows_are_unit_and_deterministic() -> None:
    """Any text has a direction of its own, in any script, the same on every machine."""
    rows = Hashed().embed(TEXTS)
    assert rows.shape == (4, 512)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert np.array_equal(rows, Hashed().embed(TEXTS))
    assert Hashed().embed([]).shape == (0, 512)


def test_hashed_knows_spelling() -> None:
    """Texts that share words are nearer than texts that share none."""
    paris, move, cat = Hashed().embed(["I moved to Paris", "moving to Paris", "my grey cat"])
    assert paris @ move > 0.4 > paris @ cat


@given(st.lists(st.text(max_size=40), max_size=5))
def test_any_text_has_a_direction(texts: list[str]) -> None:
    """Of unit length, finite, and its own whatever else is in the batch."""
    rows = Hashed().embed(texts)
    assert rows.shape == (len(texts), WIDTH)
    assert np.isfinite(rows).all()
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for row, text in zip(rows, texts, strict=True):
        assert np.array_equal(row, Hashed().embed([text])[0])


def test_a_direction_is_the_same_on_every_machine() -> None:
    """Stored vectors stay comparable: the places and signs of a known text do not move."""
    (row,) = Hashed().embed(["heron"])
    places = np.flatnonzero(row)
    assert len(places) <= 1 + 5 + 4 + 3
    assert (int(places[np.abs(row[places]).argmax()]), Hashed.name) == (425, "hashed-512")


@pytest.mark.parametrize(
    ("one", "other"),
    [("herons", "heron"), ("Heron!", "heron"), ("the heron", "heron"), ("heron heron", "heron")],
)
def test_what_is_spelt_alike_points_alike(one: str, other: str) -> None:
    """Case, stops, small words and how often a word is said do not turn it."""
    a, b = Hashed().embed([one, other])
    assert a @ b > 0.99


def test_a_misspelling_is_nearer_than_another_word() -> None:
    """The pieces that two words share are what brings them together."""
    right, wrong, other = Hashed().embed(["restaurant", "restaurent", "bicycle"])
    assert right @ wrong > abs(right @ other) + 0.1


def test_a_word_said_often_counts_less_than_in_proportion() -> None:
    """Its weight grows with the logarithm, so that repetition does not drown the rest."""
    once, often, pond = Hashed().embed(["heron pond", f"{'heron ' * 20}pond", "pond"])
    assert once @ pond > often @ pond > 0.1
