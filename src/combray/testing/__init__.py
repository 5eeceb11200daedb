"""What others test against: a model behind HTTP by script, the suite of a store, a system's laws.

from combray.testing import FakeModelServer

with FakeModelServer(["not JSON", '{"statements": []}']) as server:
    memory = Memory(system="mem0", llm=server.chat())

The suite and the laws need pytest.

from combray.testing import StoreConformance

class TestMyStore(StoreConformance):
    @pytest.fixture
    def place(self, tmp_path):
        return str(tmp_path / "memory")

    def open(self, place):
        return MyEngine(place)

from combray.testing import SystemLaws

class TestMine(SystemLaws):
    system = Mine
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from combray.testing.server import Asked, FakeModelServer, Reply
    from combray.testing.store import StoreConformance
    from combray.testing.system import SystemLaws

__all__ = ["Asked", "FakeModelServer", "Reply", "StoreConformance", "SystemLaws"]

_ROOMS = {
    "Asked": "server",
    "FakeModelServer": "server",
    "Reply": "server",
    "StoreConformance": "store",
    "SystemLaws": "system",
}


def __getattr__(name: str) -> Any:
    """Load a double or a suite when it is asked for: not all of them need the same packages."""
    if name not in _ROOMS:
        raise AttributeError(f"combray.testing has no {name!r}; it has {', '.join(__all__)}.")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
