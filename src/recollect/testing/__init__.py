"""What others test against: the conformance suite of a store. Needs pytest.

from recollect.testing import StoreConformance

class TestMyStore(StoreConformance):
    @pytest.fixture
    def place(self, tmp_path):
        return str(tmp_path / "memory")

    def open(self, place):
        return MyEngine(place)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recollect.testing.store import StoreConformance

__all__ = ["StoreConformance"]

_ROOMS = {"StoreConformance": "store"}


def __getattr__(name: str) -> Any:
    """Load a double or a suite when it is asked for: not all of them need the same packages."""
    if name not in _ROOMS:
        raise AttributeError(f"recollect.testing has no {name!r}; it has {', '.join(__all__)}.")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
