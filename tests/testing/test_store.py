"""The suite of a store: every law of every room, under one name."""

from __future__ import annotations

import inspect

import pytest

import combray.testing as testing
from combray.testing import (
    base,
    store_engine,
    store_files,
    store_records,
    store_tenants,
    store_together,
    store_view,
)
from combray.testing import store as whole

ROOMS = (store_engine, store_files, store_records, store_tenants, store_together, store_view)


def laws(kind: type) -> dict[str, object]:
    """The laws of a class."""
    return {n: f for n, f in inspect.getmembers(kind) if n.startswith("test_")}


def test_the_suite_has_every_law() -> None:
    """A new room, or a law in one, is part of what a database must do."""
    rooms = [
        kind
        for room in ROOMS
        for kind in vars(room).values()
        if inspect.isclass(kind) and issubclass(kind, base.StoreLaw) and kind is not base.StoreLaw
    ]
    told = {name for kind in rooms for name in laws(kind)}
    assert set(laws(whole.StoreConformance)) == told
    assert len(told) == sum(len(laws(kind)) for kind in rooms), "two laws have one name"


@pytest.mark.parametrize("name", sorted(laws(whole.StoreConformance)))
def test_every_law_is_a_sentence(name: str) -> None:
    """What a database did wrong is read in the report of whoever runs the suite."""
    law = laws(whole.StoreConformance)[name]
    assert str(inspect.getdoc(law)).rstrip().endswith(".")


def test_the_parts_are_found_by_name() -> None:
    """Each when it is asked for; what is not there is named with what is."""
    assert testing.StoreConformance is whole.StoreConformance
    assert set(testing.__all__) >= {"FakeModelServer", "StoreConformance"}
    with pytest.raises(AttributeError, match="FakeModelServer"):
        _ = testing.FakeModel
