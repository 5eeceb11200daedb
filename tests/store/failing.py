"""A transaction that does some work and then fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from combray.store.engine import Cursor, Engine


def failing(
    engine: Engine,
    work: Callable[[Cursor], Any],
    error: type[BaseException] = ZeroDivisionError,
) -> None:
    """Do the work in a write of tenant u, and raise the error before the commit."""
    with engine.write("u") as cursor:
        work(cursor)
        raise error
