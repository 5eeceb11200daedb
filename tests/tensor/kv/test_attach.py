"""What cannot work is refused before anything of the model is changed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from transformers import (
    BertConfig,
    BertModel,
    Gemma2Config,
    Gemma2ForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)

from combray.core.errors import CombrayError, InputError, UnknownName, Unsupported
from combray.tensor import CACHE_ARGUMENT, attach
from tests.tensor.small import model_of, run, words

pytestmark = pytest.mark.torch
SIZES = {
    "vocab_size": 20,
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "pad_token_id": 0,
}


@pytest.mark.parametrize(
    ("policy", "options", "error", "words_in_it"),
    [
        ("sirlm", {"budget": 8}, UnknownName, "sirllm"),
        ("sirllm", {"budget": 8, "decoy": 0.9}, UnknownName, "decay"),
        ("sirllm", {"budget": 8, "decay": 0.0}, InputError, "decay"),
        ("sirllm", {"budget": 8, "sinks": -1}, InputError, "negative"),
        ("sirllm", {"budget": 4}, InputError, "below the 5"),
        ("window", {}, InputError, "needs a budget"),
        ("window", {"budget": 0}, InputError, "below"),
        ("window", {"budget": True}, InputError, "needs a budget"),
        ("window", {"budget": 1.5}, InputError, "share"),
        ("window", {"budget": float("nan")}, InputError, "share"),
        ("window", {"budget": [8]}, InputError, "1 budgets were given for 2 layers"),
        ("kvmerger", {"budget": 0.5, "sinks": -1}, InputError, "negative"),
        ("kvmerger", {"budget": 0.5, "heavy": 1.0}, InputError, "share of the budget"),
        ("full", {"budget": 8}, InputError, "keeps everything"),
    ],
)
def test_a_policy_that_cannot_be_made_is_refused(
    policy: str, options: dict[str, Any], error: type[CombrayError], words_in_it: str
) -> None:
    """A wrong name, option or budget is one clear error and the model stays as it was."""
    model = model_of("llama")
    with pytest.raises(error, match=words_in_it), attach(model, policy, **options):
        pass
    assert model.config._attn_implementation == "sdpa"
    assert not model._forward_pre_hooks


def made(kind: Any, config: Any) -> Any:
    """An untrained model; global randomness is left as it was."""
    with torch.random.fork_rng(devices=[]):
        return kind(config)


@pytest.mark.parametrize(
    ("kind", "config", "words_in_it"),
    [
        (T5ForConditionalGeneration, T5Config(d_model=16, d_ff=16, num_layers=1), "decoder"),
        (BertModel, BertConfig(**{**SIZES, "num_hidden_layers": 1}), "head"),
        (MistralForCausalLM, MistralConfig(**SIZES, sliding_window=8), "full attention"),
        (Gemma2ForCausalLM, Gemma2Config(**SIZES), "logits"),
    ],
    ids=["T5", "Bert", "Mistral with a window", "Gemma2"],
)
def test_a_model_that_cannot_work_is_refused(kind: Any, config: Any, words_in_it: str) -> None:
    """Encoders, models without a head, sliding windows and bent logits are named as the reason."""
    model = made(kind, config)
    with pytest.raises(Unsupported, match=words_in_it), attach(model, "sirllm", budget=8):
        pass


def test_something_that_is_no_model_is_refused() -> None:
    """A plain module is not a model of transformers."""
    with pytest.raises(InputError, match="Linear"), attach(torch.nn.Linear(2, 2), "full"):
        pass


def test_two_policies_on_one_model_are_refused() -> None:
    """A second attachment says to leave the first, which goes on working."""
    model = model_of("llama")
    with attach(model, "window", budget=8) as cache:
        with pytest.raises(Unsupported, match="already attached"), attach(model, "full"):
            pass
        run(model, words(1, 12), cache)
        assert cache.layers[0].held == 8
    with attach(model, "full"):
        pass


def test_an_old_transformers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before 5.4 caches are told other things; the message has the command."""
    old = SimpleNamespace(__version__="5.3.1")
    monkeypatch.setattr("combray.tensor.kv.attach.transformers", old)
    with pytest.raises(Unsupported, match="pip install"), attach(model_of("llama"), "full"):
        pass


def test_a_cache_outside_its_block_is_refused() -> None:
    """A cache cannot know the tokens once its model has been given back."""
    model = model_of("llama")
    with attach(model, "window", budget=8) as cache:
        pass
    with pytest.raises(Unsupported, match="outside"):
        run(model, words(1, 4), cache)


def test_masks_and_rows_that_do_not_fit_are_refused() -> None:
    """A short mask, a full mask and another number of rows are errors that change nothing."""
    model = model_of("llama")
    with attach(model, "window", budget=8) as cache:
        run(model, words(2, 6), cache)
        with pytest.raises(InputError, match="covers 2 tokens"):
            run(model, words(2, 2), cache, attention_mask=torch.ones(2, 2, dtype=torch.long))
        with pytest.raises(Unsupported, match="4 dimensions"):
            run(model, words(2, 2), cache, attention_mask=torch.ones(2, 1, 2, 8))
        with pytest.raises(InputError, match="holds 2 rows and 3"):
            run(model, words(3, 2), cache)
        assert cache.get_seq_length() == 6
        with pytest.raises(InputError, match="Neither"):
            model(**{CACHE_ARGUMENT: cache})
