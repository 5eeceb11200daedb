"""What holds for PostgreSQL alone: connections that go, errors, and the wall between tenants."""

from __future__ import annotations

import pytest

from recollect import Memory
from recollect.store.postgres import numbered
from tests.words import Words

pytestmark = pytest.mark.postgres


def test_marks_inside_quotes_are_left_alone() -> None:
    """Only a question mark that stands for a parameter gets a number."""
    assert numbered("a = ? AND b = '?''?' AND \"c?\" = ?") == (
        "a = $1 AND b = '?''?' AND \"c?\" = $2"
    )


def test_a_memory_in_a_server_remembers(postgres_location: str) -> None:
    """What one memory was told another one at the same place finds."""
    with Memory(postgres_location, embedder=Words()) as memory:
        memory.add("The ferry to Naxos leaves at seven.", user_id="ann")
    with Memory(postgres_location, embedder=Words()) as memory:
        assert "seven" in memory.search("ferry to Naxos", user_id="ann")[0].text
