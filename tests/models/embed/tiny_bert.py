"""A sentence encoder small enough for tests: random weights, two layers, a vocabulary of words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORDS = ("[PAD]", "[UNK]", "heron", "mill", "pond", "river", "boat", "tea")
CONFIG: dict[str, Any] = {
    "hidden_size": 12,
    "intermediate_size": 20,
    "num_attention_heads": 3,
    "num_hidden_layers": 2,
    "max_position_embeddings": 16,
    "layer_norm_eps": 1e-12,
}
Tensors = dict[str, NDArray[np.float32]]


def weights(seed: int = 0) -> Tensors:
    """Every tensor of such an encoder, by its name in a checkpoint."""
    random = np.random.default_rng(seed)
    width, inner = CONFIG["hidden_size"], CONFIG["intermediate_size"]

    def some(*shape: int) -> NDArray[np.float32]:
        return random.normal(0, 0.5, shape).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": some(len(WORDS), width),
        "embeddings.position_embeddings.weight": some(CONFIG["max_position_embeddings"], width),
        "embeddings.token_type_embeddings.weight": some(2, width),
        "embeddings.LayerNorm.weight": 1 + some(width),
        "embeddings.LayerNorm.bias": some(width),
    }
    for layer in range(CONFIG["num_hidden_layers"]):
        name = f"encoder.layer.{layer}"
        shapes = {f"attention.self.{part}": (width, width) for part in ("query", "key", "value")}
        shapes |= {
            "attention.output.dense": (width, width),
            "intermediate.dense": (inner, width),
            "output.dense": (width, inner),
        }
        for part, shape in shapes.items():
            found[f"{name}.{part}.weight"] = some(*shape)
            found[f"{name}.{part}.bias"] = some(shape[0])
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            found[f"{name}.{part}.weight"] = 1 + some(width)
            found[f"{name}.{part}.bias"] = some(width)
    return found


def safetensors(tensors: Tensors, *, prefix: str = "") -> bytes:
    """A file of tensors: the size of a JSON header, the header, the raw data."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, tensor in tensors.items():
        raw = tensor.tobytes()
        kinds = {"float32": "F32", "float16": "F16", "float64": "F64", "int64": "I64"}
        header[prefix + name] = {
            "dtype": kinds[str(tensor.dtype)],
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def folder(at: Path, *, seed: int = 0) -> Path:
    """A folder with such an encoder, as a user would have one."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    at.mkdir(parents=True, exist_ok=True)
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(at / "tokenizer.json"))
    (at / "config.json").write_text(json.dumps(CONFIG))
    (at / "model.safetensors").write_bytes(safetensors(weights(seed), prefix="bert."))
    return at


def reference(tensors: Tensors, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Any:
    """The same encoder in plain numpy: (b s) → (b h)."""
    from math import erf

    width, heads = CONFIG["hidden_size"], CONFIG["num_attention_heads"]
    size = width // heads

    def norm(x: Any, name: str) -> Any:
        mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        scaled = (x - mean) / np.sqrt(variance + CONFIG["layer_norm_eps"])
        return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def linear(x: Any, name: str) -> Any:
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    x = tensors["embeddings.word_embeddings.weight"][ids]
    x = x + tensors["embeddings.position_embeddings.weight"][: ids.shape[1]]
    x = norm(x + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(CONFIG["num_hidden_layers"]):
        name = f"encoder.layer.{layer}"
        query, key, value = (
            linear(x, f"{name}.attention.self.{part}").reshape(*ids.shape, heads, size)
            for part in ("query", "key", "value")
        )
        scores = np.einsum("bqae,bkae->baqk", query, key) / np.sqrt(size)
        scores = np.where(mask[:, None, None, :], scores, -1e9)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        mixed = np.einsum("baqk,bkae->bqae", shares, value).reshape(*ids.shape, width)
        mixed = linear(mixed, f"{name}.attention.output.dense")
        x = norm(x + mixed, f"{name}.attention.output.LayerNorm")
        inner = linear(x, f"{name}.intermediate.dense")
        inner = inner * 0.5 * (1 + np.vectorize(erf)(inner / np.sqrt(2)))
        x = norm(x + linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)
