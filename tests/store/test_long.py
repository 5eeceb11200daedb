"""A minute of concurrency: four writers and four readers, each a process, on each store."""

from __future__ import annotations

from typing import Any

import pytest

from combray.store.connect import connect
from combray.store.engine import Engine
from combray.testing.store_together import TogetherLaws

pytestmark = pytest.mark.slow


class TestAMinute(TogetherLaws):
    """Nothing is lost, refused or seen by half, for a minute."""

    seconds = 60.0

    @pytest.fixture
    def place(self, location: str) -> str:
        """An empty place on each store in turn."""
        return location

    def open(self, place: Any) -> Engine:
        """The engine of a path or a URL."""
        return connect(place).engine
