"""The sizes of a transformer, read from its config.json: parameters, cache, activations, work.

s tokens of one row, h width, a attention heads, H key-value heads, d width of a head, I inner
width, E experts of which e work on a token, L layers. Nothing is loaded and torch is not needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from combray.core.errors import InputError, Unsupported

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}
UNGATED = {"bloom", "falcon", "gpt2", "gpt_bigcode", "gpt_neox", "gptj", "opt", "phi", "starcoder2"}
TIED = {"bloom", "falcon", "gemma", "gemma2", "gemma3_text", "gpt2", "gpt_bigcode", "opt"}
"""Families with two matrices feed forward, and those whose head is the embedding unless told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """Sizes of one model; `nbytes` of a number, `gated`: three matrices feed forward.

    sliding: layers that keep the last `window` tokens only. tied: the head is the embedding.
    """

    layers: int
    width: int
    heads: int
    kv_heads: int
    head: int
    inner: int
    words: int
    gated: bool = True
    nbytes: int = 2
    experts: int = 1
    active: int = 1
    sliding: int = 0
    window: int = 0
    tied: bool = False
    family: str = ""
    positions: int = 0

    @property
    def attention_parameters(self) -> int:
        """Weights of the four projections of one layer."""
        return self.width * self.head * (2 * self.heads + 2 * self.kv_heads)

    @property
    def expert_parameters(self) -> int:
        """Weights of one feed-forward part."""
        return self.width * self.inner * (3 if self.gated else 2)

    @property
    def layer_parameters(self) -> int:
        """Weights of one layer without its norms."""
        router = self.width * self.experts if self.experts > 1 else 0
        return self.attention_parameters + self.experts * self.expert_parameters + router

    @property
    def parameters(self) -> int:
        """Weights of all layers, the embedding and the head."""
        return self.layers * self.layer_parameters + (2 - self.tied) * self.words * self.width

    @property
    def cache_of_a_token(self) -> int:
        """Bytes of keys and values over all layers, where none lets go of tokens."""
        return 2 * self.layers * self.kv_heads * self.head * self.nbytes

    def cache_bytes(self, s: int, block: int = 1) -> int:
        """Bytes of the cache of s tokens in blocks of so many."""
        held = (self.layers - self.sliding) * -(-s // block)
        held += self.sliding * -(-min(s, self.window) // block)
        return held * block * self.cache_of_a_token // self.layers

    def input_bytes(self, s: int) -> int:
        """What enters a layer: s h numbers."""
        return s * self.width * self.nbytes

    def attention_bytes(self, s: int) -> int:
        """What attention answers, s a d numbers, and a 4-byte sum for each head and token."""
        return s * self.heads * (self.head * self.nbytes + 4)

    def rest_bytes(self, s: int) -> int:
        """Queries, keys, values, two norms, the sum between, and the feed-forward part."""
        inner = self.active * self.inner * (4 if self.gated else 2)
        qkv = self.head * (self.heads + 2 * self.kv_heads)
        return s * (qkv + 3 * self.width + inner) * self.nbytes

    def token_work(self, s: int) -> float:
        """Operations of one layer forward but for attention: what computing again costs."""
        return 2.0 * s * (self.attention_parameters + self.active * self.expert_parameters)

    def forward_work(self, s: int) -> float:
        """Operations of one layer forward, with causal attention."""
        return self.token_work(s) + 2.0 * s * s * self.heads * self.head


def read_shape(path: Path) -> ModelShape:
    """The shape in a config.json of transformers, or in the folder that holds it.

    Raises InputError for a file that is none, Unsupported for a model that it cannot describe.
    """
    file = path / "config.json" if path.is_dir() else path
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"There is no {file}. Give a config.json of transformers, or the folder that holds it."
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read as a config.json: {error}") from error
    if not isinstance(told, dict):
        raise InputError(f"{file} holds no object; give a config.json of transformers.")
    # The text side of a model that also sees or hears.
    config = told["text_config"] if isinstance(told.get("text_config"), dict) else told
    family = str(config.get("model_type", ""))
    _refuse(config, file, family)
    width = _number(config, file, "hidden_size", "n_embd", "d_model")
    heads = _number(config, file, "num_attention_heads", "n_head")
    experts = _number(config, file, *_EXPERTS, default=1)
    inner = _number(config, file, "intermediate_size", "ffn_dim", "n_inner", default=4 * width)
    layers = _number(config, file, "num_hidden_layers", "n_layer")
    window = _number(config, file, "sliding_window", default=layers)
    return ModelShape(
        layers=layers,
        width=width,
        heads=heads,
        kv_heads=_number(config, file, "num_key_value_heads", default=heads),
        head=_number(config, file, "head_dim", default=width // heads),
        inner=_number(config, file, "moe_intermediate_size", default=inner)
        if experts > 1
        else inner,
        words=_number(config, file, "vocab_size"),
        gated=family not in UNGATED,
        nbytes=BYTES.get(str(config.get("dtype") or config.get("torch_dtype")), 2),
        experts=experts,
        active=_number(config, file, "num_experts_per_tok", default=1) if experts > 1 else 1,
        sliding=_sliding(config, layers, family),
        window=window,
        tied=bool(config.get("tie_word_embeddings", family in TIED)),
        family=family,
        positions=_number(config, file, "max_position_embeddings", "n_positions", default=-1),
    )


_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")
_OTHER = {"kv_lora_rank": "latent attention", "ssm_state_size": "state-space layers"}


def _refuse(config: Mapping[str, Any], file: Path, family: str) -> None:
    """A model whose cache is not keys and values of every layer has another arithmetic."""
    found = [told for name, told in _OTHER.items() if config.get(name)]
    kinds = set(config.get("layer_types") or ())
    found += sorted(kinds - {"full_attention", "sliding_attention", "chunked_attention"})
    if config.get("is_encoder_decoder"):
        found.append("an encoder")
    if found:
        raise Unsupported(
            f"{file} describes a {family or 'model'} with {', '.join(found)}. The plan knows "
            "decoders with full or sliding attention in every layer."
        )


def _sliding(config: Mapping[str, Any], layers: int, family: str) -> int:
    """Count the layers that drop what leaves their window."""
    if not config.get("sliding_window") or config.get("use_sliding_window") is False:
        return 0
    if kinds := config.get("layer_types"):
        return sum(kind == "sliding_attention" for kind in kinds)
    if family in ("gemma2", "gemma3_text"):
        every = config.get("sliding_window_pattern", 2 if family == "gemma2" else 6)
        return layers - layers // int(every)
    return layers


def _number(config: Mapping[str, Any], file: Path, *names: str, default: int = 0) -> int:
    for name in names:
        value = config.get(name)
        if isinstance(value, int) and value > 0:
            return value
    if default:
        return max(0, default)
    raise InputError(f"{file} says nothing of {' or '.join(names)}; give a text decoder's config.")
