"""The verbs of memory in tensors: a cache that forgets by rule, and small models to test it on.

Names are loaded on first use, so importing this package costs nothing and needs no torch.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

from combray.core.errors import MissingExtra

_HOME = {
    "CACHE_ARGUMENT": "combray.tensor.kv.cache",
    "DenseStore": "combray.tensor.kv.kv_store",
    "Entries": "combray.tensor.kv.policy",
    "KVPolicy": "combray.tensor.kv.policy",
    "KVStore": "combray.tensor.kv.kv_store",
    "LayerView": "combray.tensor.kv.policy",
    "Plan": "combray.tensor.kv.policy",
    "PolicyCache": "combray.tensor.kv.cache",
    "Requirements": "combray.tensor.kv.policy",
    "attach": "combray.tensor.kv.attach",
    "keep": "combray.tensor.kv.policy",
    "load": "combray.tensor.kv.generate",
    "tiny": "combray.tensor.learn.tiny",
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
