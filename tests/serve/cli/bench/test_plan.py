"""kv plan: real configurations, by hand-made arithmetic; what cannot be is said plainly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from combray.core.errors import InputError
from combray.serve.cli import plan
from tests.serve.conftest import Run

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
    assert found["model"]["parameters"] == pytest.approx(8.03e9, rel=0.01)
    assert found["cache_bytes_per_token"] == 2 * 32 * 8 * 128 * 2
    training, serving = found["training"], {row["page"]: row for row in found["serving"]}
    cost, ways = training["cost"], {way["way"]: way for way in training["ways"]}
    assert cost["input"] == 10**6 * 4096 * 2 / 8
    assert training["alpha"]["value"] == pytest.approx(_share(cost), abs=1e-6)
    assert ways["MEMO"]["activations"] == pytest.approx(ways["all kept"]["activations"] / 8)
    assert serving["64 KB"]["tokens"] == 32
    left = 8 * 80 * 10**9 - 2 * found["model"]["parameters"]
    assert serving["2 MB"]["at_once"] == left // serving["2 MB"]["request"]
    page = run(*words).out
    for told in ("Training: yes", "Serving: yes, 4 requests", "optimizer", "swapped", "At once"):
        assert told in page


def _share(cost: dict[str, float]) -> float:
    """α by its two bounds: 32 GB a second under a layer, 1 TB over 30 layers of 8 devices."""
    always = cost["input"] + cost["attention"]
    by_time = (cost["forward"] * 32e9 - always) / cost["rest"]
    by_host = (1e12 / 8 / 30 - always) / cost["rest"]
    return max(0.0, min(1.0, by_time, by_host))


@pytest.mark.parametrize(
    ("changes", "parameters", "cache"),
    [
        ({"hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80,
          "num_attention_heads": 64}, 70.6e9, 327680),
        ({"model_type": "qwen3", "intermediate_size": 12288, "num_hidden_layers": 36,
          "head_dim": 128, "vocab_size": 151936}, 8.19e9, 147456),
        ({"model_type": "qwen2", "hidden_size": 896, "intermediate_size": 4864,
          "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2,
          "vocab_size": 151936, "tie_word_embeddings": True, "sliding_window": 32768,
          "use_sliding_window": False}, 0.494e9, 12288),
        ({"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2,
          "vocab_size": 32000}, 46.7e9, 131072),
        ({"model_type": "qwen3_moe", "hidden_size": 2048, "moe_intermediate_size": 768,
          "num_experts": 128, "num_experts_per_tok": 8, "num_hidden_layers": 48,
          "num_key_value_heads": 4, "head_dim": 128, "vocab_size": 151936}, 30.5e9, 98304),
    ],
    ids=["llama-3-70b", "qwen3-8b", "qwen2.5-0.5b", "mixtral-8x7b", "qwen3-30b-a3b"],
)  # fmt: skip
def test_sizes_of_published_models(
    run: Run, changes: dict[str, object], parameters: float, cache: int
) -> None:
    """Weights are those that the makers state, to a hundredth; so is the cache of a token."""
    found = run("kv", "plan", "--model", _config(**changes), "--json").json
    assert found["model"]["parameters"] == pytest.approx(parameters, rel=0.01)
    assert found["cache_bytes_per_token"] == cache


def test_a_window_bounds_the_cache_and_text_is_found_beside_vision(run: Run) -> None:
    """Sliding layers hold their window; a configuration inside another is read."""
    slides = _config(model_type="mistral", sliding_window=4096)
    row = run("kv", "plan", "--model", slides, "--seq", "1M", "--json").json["serving"][0]
    assert row["request"] == 4096 * 131072
    Path("config.json").write_text(json.dumps({"vision_config": {}, "text_config": LLAMA}))
    assert run("kv", "plan", "--model", ".", "--json").json["cache_bytes_per_token"] == 131072


def test_plan_says_what_would_fit(run: Run) -> None:
    """Where a machine is too small, the page tells the length and the machines that would do."""
    one = run("kv", "plan", "--model", _config(), "--seq", "2M", "--gpu", "80GB").out
    assert "Training: no" in one
    assert "optimizer alone take 128.5 GB" in " ".join(one.split())
    assert "Serving: no" in one
    assert (
        "Serving: no. The weights take"
        in run("kv", "plan", "--model", "config.json", "--gpu", "8GB").out
    )
    small = run("kv", "plan", "--model", "config.json", "--host", "1GB", "--seq", "1M").out
    assert "Training: no. The host has" in small


def test_units_are_what_they_say(run: Run) -> None:
    """GB is a thousand to the third, GiB 1024 to the third."""
    for text, n in (("80GB", 80e9), ("80GiB", 80 * 2**30), ("80g", 80e9)):
        found = run("kv", "plan", "--model", _config(), "--gpu", text, "--json").json
        assert found["machine"]["gpu"] == n


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--seq", "many"), "--seq 'many' is not an amount"),
        (("--gpu", "0"), "--gpu '0' is not an amount"),
        (("--gpus", "0"), "counts devices"),
    ],
)
def test_plan_refuses_what_cannot_be(run: Run, words: tuple[str, ...], said: str) -> None:
    """Wrong amounts: one line, with the option's name, and exit 1."""
    told = run("kv", "plan", "--model", _config(), *words)
    assert told.code == 1
    assert said in told.err


def test_plan_needs_a_decoder_configuration(run: Run) -> None:
    """A file that is none, says too little, or is of another kind is refused by name."""
    assert "There is no nowhere.json" in run("kv", "plan", "--model", "nowhere.json").err
    assert "vocab_size" in run("kv", "plan", "--model", _config(vocab_size=None)).err
    assert "latent attention" in run("kv", "plan", "--model", _config(kv_lora_rank=512)).err
    mixed = _config(layer_types=["linear_attention", "full_attention"])
    assert "linear_attention" in run("kv", "plan", "--model", mixed).err
    Path("config.json").write_text("[1]")
    assert "holds no object" in run("kv", "plan", "--model", "config.json").err


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1", 1.0), ("128K", 128e3), ("1.5M", 1.5e6), ("80GB", 80e9), ("80 GB", 80e9),
        ("80GiB", 80 * 2**30), ("1TB", 1e12), ("150T", 150e12), (" 4k ", 4e3), ("2mib", 2 * 2**20),
        ("", None), ("GB", None), ("1.2.3G", None), ("-1G", None), ("0", None), ("0.5", None),
        ("1PB", None), ("1e3", None),
    ],
)  # fmt: skip
def test_amounts_are_read_with_their_units(text: str, amount: float | None) -> None:
    """Of ten or of two, in either case; what is none is refused in the option's name."""
    if amount is not None:
        assert plan._amount("--gpu", text) == amount
        return
    with pytest.raises(InputError, match="--gpu"):
        plan._amount("--gpu", text)


@pytest.mark.parametrize(
    ("bytes_", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1.5e6, "1.5 MB"), (2e9, "2.0 GB"),
     (3e12, "3.0 TB"), (3e15, "3,000.0 TB")],
)  # fmt: skip
def test_sizes_are_told_in_the_largest_unit(bytes_: float, shown: str) -> None:
    """With one digit behind the point, above bytes."""
    assert plan._size(bytes_) == shown


def test_times_are_told_in_seconds_or_less() -> None:
    """Below a second in thousandths."""
    assert (plan._time(1.0), plan._time(90.25)) == ("1.0 s", "90.2 s")
    assert plan._time(0.0125) == "12.5 ms"


def test_more_machines_never_fit_less(run: Run) -> None:
    """Twice the devices, or twice their memory: at least as many requests and tokens."""
    words = ("kv", "plan", "--model", _config(), "--seq", "128K", "--json")

    def room(*more: str) -> int:
        rows = run(*words, *more).json["serving"]
        return min(int(row["at_once"]) for row in rows)

    one = room("--gpu", "80GB", "--gpus", "1")
    assert one <= room("--gpu", "80GB", "--gpus", "2")
    assert one <= room("--gpu", "160GB", "--gpus", "1")


def test_the_page_and_the_data_say_the_same(run: Run) -> None:
    """The sentences of the page are those of the JSON."""
    words = ("kv", "plan", "--model", _config(), "--seq", "32K", "--gpus", "8")
    page = " ".join(run(*words).out.split())
    for sentence in run(*words, "--json").json["answers"]:
        assert " ".join(sentence.split()) in page


def test_positions_that_end_before_the_text_are_noted(run: Run) -> None:
    """A model is not made to read further than it was trained to, unseen."""
    words = ("kv", "plan", "--model", _config(max_position_embeddings=8192), "--gpus", "8")
    assert "8,192 positions" in " ".join(run(*words, "--seq", "32K").out.split())
    assert "positions" not in run(*words, "--seq", "4K").out
