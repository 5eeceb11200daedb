"""List prices of hosted models, for the ledger: US dollars for a million tokens, in and out.

Prices change; give your own with `budget={"price": (in, out)}`. A model that is not named here has
no known price, and a model on this machine costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

Price = tuple[float, float]

AS_OF = "2025-04"
PRICES: Mapping[str, Price] = {
    "gpt-4o-mini": (0.15, 0.60),
    "gpt-4o": (2.50, 10.00),
    "gpt-4.1-nano": (0.10, 0.40),
    "gpt-4.1-mini": (0.40, 1.60),
    "gpt-4.1": (2.00, 8.00),
    "o4-mini": (1.10, 4.40),
}


def price_of(model: str) -> Price | None:
    """The price of a model or of a dated version of it; None when it is not known."""
    named = [name for name in PRICES if model == name or model.startswith(f"{name}-20")]
    return PRICES[max(named, key=len)] if named else None


def cost(price: Price | None, tokens_in: int, tokens_out: int) -> float | None:
    """US dollars of a call; None without a price."""
    if price is None:
        return None
    return (tokens_in * price[0] + tokens_out * price[1]) / 1e6
