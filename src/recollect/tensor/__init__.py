"""The verbs of memory in tensors: a cache that forgets by rule, and small models to test it on.

Names are loaded on first use, so importing this package costs nothing and needs no torch.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

from recollect.core.errors import MissingExtra

_HOME = {
    "CACHE_ARGUMENT": "recollect.tensor.cache",
    "DenseStore": "recollect.tensor.stores",
    "Entries": "recollect.tensor.policy",
    "KVPolicy": "recollect.tensor.policy",
    "KVStore": "recollect.tensor.stores",
    "LayerView": "recollect.tensor.policy",
    "Needs": "recollect.tensor.policy",
    "Plan": "recollect.tensor.policy",
    "PolicyCache": "recollect.tensor.cache",
    "attach": "recollect.tensor.attachment",
    "keep": "recollect.tensor.policy",
    "load": "recollect.tensor.reading",
    "tiny": "recollect.tensor.tiny",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for package in ("torch", "transformers"):
        if find_spec(package) is None:
            raise MissingExtra(f"recollect.tensor.{name}", package, "torch")
    module = importlib.import_module(_HOME[name])
    return module if name == "tiny" else getattr(module, name)
