"""Changes as values: what is one, and which fields may ever change."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from combray.core.changes import MUTABLE, ChangeSet, NewJob, Patch
from combray.core.items import Item, Link
from combray.store.tables.rows import ITEM_FIELDS

ITEM = Item(id="1", text="x")


@pytest.mark.parametrize(
    "parts",
    [
        {"puts": [ITEM]},
        {"patches": [Patch(id="1", fields={"text": "y"})]},
        {"links": [Link(src="1", dst="2", kind="k")]},
        {"unlinks": [("1", "2", "k")]},
        {"jobs": [NewJob(kind="k", payload={})]},
    ],
    ids=lambda parts: next(iter(parts)),
)
def test_a_change_is_true_when_it_changes_something(parts: dict[str, Any]) -> None:
    """Any one part is enough; a reason alone is none."""
    assert ChangeSet(tenant="u", actor="a", **parts)
    assert not ChangeSet(tenant="u", actor="a", why="because")


def test_what_may_change_is_a_field_of_an_item() -> None:
    """Identity, owner, kind, sources and maker never do, nor what the text's digest follows."""
    assert set(ITEM_FIELDS) > MUTABLE
    fixed = {"id", "tenant", "kind", "sources", "created_by", "known_from", "digest"}
    assert not fixed & MUTABLE


def test_a_change_cannot_be_changed_after_it_was_checked() -> None:
    """What the store validates is what it applies."""
    change = ChangeSet(tenant="u", actor="a")
    with pytest.raises(FrozenInstanceError):
        change.tenant = "v"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Patch(id="1", fields={}).op = "delete"  # type: ignore[misc]
