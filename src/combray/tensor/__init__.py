"""The verbs of memory in tensors: a cache that forgets by rule, and small models to test it on.

Names are loaded on first use, so importing this package costs nothing and needs no torch.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

from combray.core.errors import MissingExtra

_HOME = {
    "CACHE_ARGUMENT": "combray.tensor.cache",
    "DenseStore": "combray.tensor.stores",
    "Entries": "combray.tensor.policy",
    "KVPolicy": "combray.tensor.policy",
    "KVStore": "combray.tensor.stores",
    "LayerView": "combray.tensor.policy",
    "Needs": "combray.tensor.policy",
    "Plan": "combray.tensor.policy",
    "PolicyCache": "combray.tensor.cache",
    "attach": "combray.tensor.attachment",
    "keep": "combray.tensor.policy",
    "load": "combray.tensor.reading",
    "tiny": "combray.tensor.tiny",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for package in ("torch", "transformers"):
        if find_spec(package) is None:
            raise MissingExtra(f"combray.tensor.{name}", package, "torch")
    module = importlib.import_module(_HOME[name])
    return module if name == "tiny" else getattr(module, name)
