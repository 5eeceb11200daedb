"""The sizes of a transformer, read from its config.json: parameters, cache, activations, work.

s tokens of one row, h width, a attention heads, H key-value heads, d width of a head, I inner
width, L layers. Nothing is loaded and torch is not needed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recollect.core.errors import InputError

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Sizes of one model; `nbytes` of a number, `gated`: three matrices feed forward."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    head: int
    inner: int
    words: int
    gated: bool
    nbytes: int = 2

    @property
    def layer_parameters(self) -> int:
        """Weights of one layer without its norms."""
        attention = self.width * self.head * (2 * self.heads + 2 * self.kv_heads)
        return attention + self.width * self.inner * (3 if self.gated else 2)

    @property
    def parameters(self) -> int:
        """Weights of all layers, the embedding and the head."""
        return self.layers * self.layer_parameters + 2 * self.words * self.width

    @property
    def cache_of_a_token(self) -> int:
        """Bytes of keys and values over all layers."""
        return 2 * self.layers * self.kv_heads * self.head * self.nbytes

    def input_bytes(self, s: int) -> int:
        """What enters a layer: s h numbers."""
        return s * self.width * self.nbytes

    def attention_bytes(self, s: int) -> int:
        """What attention answers, s a d numbers, and a 4-byte sum for each head and token."""
        return s * self.heads * (self.head * self.nbytes + 4)

    def rest_bytes(self, s: int) -> int:
        """Queries, keys, values, two norms, the sum between, and the feed-forward part."""
        inner = self.inner * (4 if self.gated else 2)
        qkv = self.head * (self.heads + 2 * self.kv_heads)
        return s * (qkv + 3 * self.width + inner) * self.nbytes

    def forward_work(self, s: int) -> float:
        """Operations of one layer forward, with causal attention."""
        return 2.0 * s * self.layer_parameters + 2.0 * s * s * self.heads * self.head


def read_shape(path: Path) -> Shape:
    """The shape in a config.json of transformers, or in the folder that holds it."""
    file = path / "config.json" if path.is_dir() else path
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read as a config.json: {error}") from error
    width = _number(config, file, "hidden_size", "n_embd")
    heads = _number(config, file, "num_attention_heads", "n_head")
    inner = _number(config, file, "intermediate_size", "ffn_dim", "n_inner", default=4 * width)
    return Shape(
        layers=_number(config, file, "num_hidden_layers", "n_layer"),
        width=width,
        heads=heads,
        kv_heads=_number(config, file, "num_key_value_heads", default=heads),
        head=_number(config, file, "head_dim", default=width // heads),
        inner=inner,
        words=_number(config, file, "vocab_size"),
        gated=config.get("model_type") not in ("gpt2", "opt"),
        nbytes=BYTES.get(str(config.get("dtype") or config.get("torch_dtype")), 2),
    )


def _number(config: Any, file: Path, *names: str, default: int = 0) -> int:
    for name in names:
        value = config.get(name) if isinstance(config, dict) else None
        if isinstance(value, int) and value > 0:
            return value
    if default:
        return default
    raise InputError(f"{file} says nothing of {' or '.join(names)}; give a text decoder's config.")
