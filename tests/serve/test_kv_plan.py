from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.serve.conftest import Run

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

LLAMA = {
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "torch_dtype": "bfloat16",
    "model_type": "llama",
}


def _config(**changes: object) -> str:
    Path("config.json").write_text(json.dumps(LLAMA | changes))
    return "config.json"


def test_plan_of_a_real_configuration(run: Run) -> None:
    """Llama-3-8B at a million tokens: the cache of a token, and what MEMO leaves on a device."""
    words = ("kv", "plan", "--model", _config(), "--seq", "1M", "--gpu", "80GB", "--gpus", "8")
    found = run(*words, "--json").json
    assert found["parameters"] == pytest.approx(8.03e9, rel=0.01)
    assert found["cache_bytes_per_token"] == 2 * 32 * 8 * 128 * 2
    training, serving = found["training"], {row["page"]: row for row in found["serving"]}
    assert training["input_bytes"] == 10**6 * 4096 * 2 / 8
    assert training["alpha"] == pytest.approx(_share(training), abs=1e-6)
    assert training["kept_with_bytes"] == pytest.approx(training["kept_without_bytes"] / 8)
    assert serving["64 KB"]["tokens_per_page"] == 32
    assert (
        serving["2 MB"]["requests_at_once"]
        == (8 * 80 * 10**9 - 2 * found["parameters"]) // (serving["2 MB"]["request_bytes"])
    )
    assert "At once" in run(*words).out


def _share(training: dict[str, float]) -> float:
    """α by its two bounds: 32 GB a second under a layer, 1 TB over 30 layers of 8 devices."""
    always = training["input_bytes"] + training["attention_bytes"]
    by_time = (training["layer_forward_seconds"] * 32e9 - always) / training["rest_bytes"]
    by_host = (1e12 / 8 / 30 - always) / training["rest_bytes"]
    return max(0.0, min(1.0, by_time, by_host))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--seq", "many"), "not an amount"),
        (("--host", "1GB", "--seq", "1M"), "host has"),
        (("--gpus", "0"), "counts devices"),
    ],
)
def test_plan_refuses_what_cannot_be(run: Run, words: tuple[str, ...], said: str) -> None:
    """Wrong amounts, too small a host: one line and exit 1."""
    told = run("kv", "plan", "--model", _config(), *words)
    assert told.code == 1
    assert said in told.err


def test_plan_needs_a_decoder_configuration(run: Run) -> None:
    """A file that is none, or says too little, is refused by name."""
    assert "cannot be read" in run("kv", "plan", "--model", "nowhere.json").err
    assert "vocab_size" in run("kv", "plan", "--model", _config(vocab_size=None)).err
