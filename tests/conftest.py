"""For every test: where a memory can be, and what of a system is switched off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import stores
from tests.nulls import NULLS, VARIABLE


def pytest_configure() -> None:
    """Switch off what the environment names: the tests of that clause must then fail."""
    if name := os.environ.get(VARIABLE):
        NULLS[name].apply()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server that runs as long as the tests."""
    with stores.server() as url:
        yield url


@pytest.fixture
def postgres_location(postgres_server: str) -> str:
    """An empty place in a PostgreSQL server."""
    return stores.place(postgres_server)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place for a memory, on each store in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "memory.db")
    url: str = request.getfixturevalue("postgres_location")
    return url
