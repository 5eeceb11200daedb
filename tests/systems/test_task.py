"""The systems that keep a task in slots, by name."""

from __future__ import annotations

import pytest

from combray import InputError, UnknownName
from combray.systems.task import slots_class
from combray.systems.task.tme import TME
from combray.systems.task.tme_spatial import TMESpatial


def test_a_system_is_found_by_its_name() -> None:
    """A tree or a graph."""
    assert slots_class("tme") is TME
    assert slots_class("tme_spatial") is TMESpatial


@pytest.mark.parametrize("name", ["tme_spacial", "mem0", "maple", ""])
def test_another_name_is_refused_with_those_there_are(name: str) -> None:
    """A text memory is none, and a planned one is not there yet."""
    with pytest.raises(UnknownName, match="tme"):
        slots_class(name)


def test_what_is_no_name_is_refused() -> None:
    """With the names that can be given."""
    with pytest.raises(InputError, match="tme_spatial"):
        slots_class(None)  # type: ignore[arg-type]
