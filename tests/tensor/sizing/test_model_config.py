"""Sizes read from configurations: published models to the number, counted against real modules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from combray.core.errors import InputError, Unsupported
from combray.tensor.sizing.model_config import ModelShape, read_shape

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
"""Llama-3-8B as published."""


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """Writes a config.json and returns its shape."""

    def write(
        changes: dict[str, Any] | None = None, *, base: dict[str, Any] | None = None
    ) -> ModelShape:
        told = {k: v for k, v in ((base or LLAMA) | (changes or {})).items() if v is not None}
        (tmp_path / "config.json").write_text(json.dumps(told), encoding="utf-8")
        return read_shape(tmp_path)

    return write


def test_llama_3_8b_to_the_weight(written: Any) -> None:
    """8,030,261,248 weights are published; all but the 65 norms of 4,096 are counted."""
    shape = written()
    assert shape.parameters == 8_030_261_248 - 65 * 4096
    assert shape.attention_parameters == 4096 * 4096 * 2 + 2 * 4096 * 1024
    assert shape.expert_parameters == 3 * 4096 * 14336
    assert shape.cache_of_a_token == 128 * 1024
    assert (shape.family, shape.positions, shape.nbytes) == ("llama", 8192, 2)


def test_gpt2_to_the_weight(written: Any) -> None:
    """Old names are read, the inner width is four times the outer, the head is the embedding."""
    told = {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024}
    shape = written(base=told | {"vocab_size": 50257})
    assert (shape.inner, shape.head, shape.kv_heads) == (3072, 64, 12)
    assert (shape.gated, shape.tied, shape.positions) == (False, True, 1024)
    # 124,439,808 published: less positions, biases and norms.
    biases = 12 * (3 * 768 + 768 + 3072 + 768)
    assert shape.parameters == 124_439_808 - 1024 * 768 - biases - 25 * 2 * 768


@pytest.mark.torch
def test_weights_and_cache_are_those_of_a_real_module() -> None:
    """The matrices of a Llama built by transformers, and the bytes of its own cache, agree."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from combray.tensor import CACHE_ARGUMENT

    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "vocab_size": 40}
    config = transformers.LlamaConfig(
        **sizes, num_attention_heads=4, num_key_value_heads=2, head_dim=8
    )
    with torch.random.fork_rng(devices=[]):
        model = transformers.LlamaForCausalLM(config)
    shape = ModelShape(
        layers=3, width=32, heads=4, kv_heads=2, head=8, inner=48, words=40, nbytes=4
    )
    assert shape.parameters == sum(p.numel() for p in model.parameters() if p.ndim == 2)
    cache = transformers.DynamicCache(config=config)
    with torch.no_grad():
        model(torch.ones(1, 7, dtype=torch.long), **{CACHE_ARGUMENT: cache})
    held = sum(x.numel() * 4 for layer in cache.layers for x in (layer.keys, layer.values))
    assert shape.cache_bytes(7) == held == 7 * shape.cache_of_a_token


def test_experts_are_all_weights_and_some_work(written: Any) -> None:
    """Mixtral-8x7B: eight parts and a router a layer; two of them work on a token."""
    shape = written({"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2,
                     "vocab_size": 32000})  # fmt: skip
    assert shape.layer_parameters == shape.attention_parameters + 8 * 3 * 4096 * 14336 + 4096 * 8
    assert shape.token_work(1) == 2 * (shape.attention_parameters + 2 * shape.expert_parameters)
    assert shape.parameters == pytest.approx(46.7e9, rel=0.001)


def test_experts_have_an_inner_width_of_their_own(written: Any) -> None:
    """The width of an expert counts only where there are experts."""
    assert written({"num_experts": 4, "moe_intermediate_size": 768}).inner == 768
    assert written({"moe_intermediate_size": 768}).inner == 14336


def test_the_text_side_of_a_model_that_sees(written: Any) -> None:
    """Numbers stand under text_config; what stands outside is of the whole."""
    shape = written(base={"model_type": "llava", "text_config": LLAMA, "hidden_size": 1})
    assert (shape.width, shape.family) == (4096, "llama")


@pytest.mark.parametrize(
    ("changes", "sliding", "window"),
    [
        ({"sliding_window": 4096}, 32, 4096),
        ({"sliding_window": 4096, "use_sliding_window": False}, 0, 4096),
        ({"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"] * 16}, 16, 8),
        ({"model_type": "gemma2", "sliding_window": 8}, 16, 8),
        ({"model_type": "gemma3_text", "sliding_window": 8, "sliding_window_pattern": 6}, 27, 8),
        ({}, 0, 32),
    ],
)
def test_which_layers_let_go(
    written: Any, changes: dict[str, Any], sliding: int, window: int
) -> None:
    """All layers of a windowed model, the named ones, or every so many by the family."""
    shape = written(changes)
    assert (shape.sliding, shape.window) == (sliding, window)


def test_a_cache_in_blocks_rounds_each_layer_up() -> None:
    """10 tokens in blocks of 8 hold 16; a window of 4 holds one block; none holds nothing."""
    shape = ModelShape(
        layers=4, width=8, heads=2, kv_heads=1, head=4, inner=8, words=9, sliding=3, window=4
    )
    a_layer = 2 * 4 * 2
    assert shape.cache_of_a_token == 4 * a_layer
    assert shape.cache_bytes(10) == (10 + 3 * 4) * a_layer
    assert shape.cache_bytes(10, 8) == (16 + 3 * 8) * a_layer
    assert shape.cache_bytes(3) == 4 * 3 * a_layer
    assert shape.cache_bytes(0, 8) == 0


def test_activations_and_work_by_hand() -> None:
    """One layer over 5 tokens, every tensor counted; causal attention is half of s² twice."""
    shape = ModelShape(layers=1, width=8, heads=2, kv_heads=1, head=4, inner=16, words=9)
    assert shape.input_bytes(5) == 5 * 8 * 2
    assert shape.attention_bytes(5) == 5 * 2 * 4 * 2 + 5 * 2 * 4
    assert shape.rest_bytes(5) == 5 * ((8 + 4 + 4) + 3 * 8 + 4 * 16) * 2
    assert shape.token_work(5) == 2 * 5 * (8 * 8 * 2 + 2 * 8 * 4 + 3 * 8 * 16)
    assert shape.forward_work(5) - shape.token_work(5) == 2 * 5 * 5 * 2 * 4
    plain = ModelShape(
        layers=1, width=8, heads=2, kv_heads=1, head=4, inner=16, words=9, gated=False
    )
    assert shape.rest_bytes(5) - plain.rest_bytes(5) == 5 * 2 * 16 * 2


@pytest.mark.parametrize(
    ("changes", "nbytes", "tied"),
    [
        ({"torch_dtype": "float32"}, 4, False),
        ({"torch_dtype": None, "dtype": "float32"}, 4, False),
        ({"torch_dtype": "float8"}, 2, False),
        ({"tie_word_embeddings": None}, 2, False),
        ({"tie_word_embeddings": None, "model_type": "gemma2"}, 2, True),
        ({"tie_word_embeddings": False, "model_type": "gemma2"}, 2, False),
    ],
)
def test_precision_and_tied_heads(
    written: Any, changes: dict[str, Any], nbytes: int, tied: bool
) -> None:
    """Either name of the type is read, two bytes else; the family says tied unless told."""
    shape = written(changes)
    assert (shape.nbytes, shape.tied) == (nbytes, tied)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kv_lora_rank": 512}, "latent attention"),
        ({"ssm_state_size": 16}, "state-space layers"),
        ({"is_encoder_decoder": True}, "an encoder"),
        ({"layer_types": ["linear_attention"]}, "linear_attention"),
    ],
)
def test_other_arithmetic_is_refused(written: Any, changes: dict[str, Any], said: str) -> None:
    """A cache that is not keys and values of every layer is named as what it is."""
    with pytest.raises(Unsupported, match=said):
        written(changes)


@pytest.mark.parametrize("missing", ["hidden_size", "num_attention_heads", "num_hidden_layers"])
def test_a_number_that_is_missing_is_named(written: Any, missing: str) -> None:
    """As are those that cannot be: zero, negative, words."""
    for value in (None, 0, -1, "many"):
        with pytest.raises(InputError, match=f"says nothing of {missing}"):
            written({missing: value})


def test_what_is_no_configuration_is_refused(tmp_path: Path) -> None:
    """No file, no JSON, no object, not text: each says which file."""
    file = tmp_path / "config.json"
    with pytest.raises(InputError, match=r"There is no .*config\.json"):
        read_shape(tmp_path)
    for content, said in ((b"{", "cannot be read"), (b"[1]", "no object"), (b"\xff", "cannot")):
        file.write_bytes(content)
        with pytest.raises(InputError, match=said):
            read_shape(file)
