"""Prices of models, and what a call costs by them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.models.prices import AS_OF, PRICES, cost, price_of


@pytest.mark.parametrize("model", sorted(PRICES))
def test_a_dated_version_costs_what_its_model_costs(model: str) -> None:
    """And no version of it is taken for a cheaper one whose name it begins with."""
    assert price_of(model) == price_of(f"{model}-2024-07-18") == PRICES[model]


@pytest.mark.parametrize("model", ["", "gpt", "gpt-4o-mini-fine", "my-gpt-4o", "GPT-4O", "llama3"])
def test_what_is_not_named_has_no_price(model: str) -> None:
    """Rather none than a wrong one: a budget in dollars is then refused."""
    assert price_of(model) is None


def test_prices_are_sane() -> None:
    """Of a known month, above nothing, and an answer costs more than a question."""
    assert re.fullmatch(r"20\d\d-[01]\d", AS_OF)
    assert all(0 < price[0] < price[1] for price in PRICES.values())


def test_a_call_costs_by_its_tokens() -> None:
    """For a million each way; nothing is free that has a price, and unknown is not nothing."""
    assert cost((1.0, 4.0), 1_000_000, 500_000) == 3.0
    assert cost((0.0, 0.0), 10**9, 10**9) == 0.0
    assert cost((1.0, 4.0), 0, 0) == 0.0
    assert cost(None, 0, 0) is None


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**6))
def test_more_tokens_never_cost_less(sent: int, got: int, more: int) -> None:
    """In either direction."""
    price = (0.15, 0.60)
    base = cost(price, sent, got)
    assert base is not None
    assert (cost(price, sent + more, got) or 0) >= base
    assert (cost(price, sent, got + more) or 0) >= base
