"""The graph of a sentence encoder, against the same encoder written in numpy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.models.embed.tiny_bert import CONFIG, WORDS, reference, safetensors, weights

onnx = pytest.importorskip("onnx", reason="the extra embed is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="the extra embed is not installed")

from combray.models.embed.onnx_graph import build, read_safetensors  # noqa: E402


def run(model: Any, ids: Any, mask: Any) -> Any:
    """What a graph answers."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})[0]


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (2, 16)])
def test_the_graph_is_the_encoder_of_the_paper(shape: tuple[int, int]) -> None:
    """For batches and lengths of any size up to the last position, to the sixth digit."""
    tensors, random = weights(), np.random.default_rng(1)
    ids = random.integers(0, len(WORDS), shape).astype(np.int64)
    lengths = random.integers(1, shape[1] + 1, shape[0])
    mask = (np.arange(shape[1]) < lengths[:, None]).astype(np.int64)
    found = run(build(CONFIG, tensors), ids, mask)
    assert found.shape == (shape[0], CONFIG["hidden_size"])
    assert np.allclose(found, reference(tensors, ids, mask), atol=1e-5)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_padding_changes_nothing() -> None:
    """Whatever stands where the mask is 0, the row is that of the text alone."""
    model = build(CONFIG, weights())
    short = np.array([[2, 3, 4]])
    alone = run(model, short, np.ones_like(short))
    for filler in (0, 5):
        long = np.array([[2, 3, 4, filler, filler]])
        assert np.allclose(run(model, long, np.array([[1, 1, 1, 0, 0]])), alone, atol=1e-5)


def test_the_order_of_words_counts() -> None:
    """Positions are part of the encoder, and so is every layer."""
    model = build(CONFIG, weights())
    both = run(model, np.array([[2, 3], [3, 2]]), np.ones((2, 2), np.int64))
    assert not np.allclose(both[0], both[1], atol=1e-3)
    shallow = build({**CONFIG, "num_hidden_layers": 1}, weights())
    one = run(shallow, np.array([[2, 3]]), np.ones((1, 2), np.int64))
    assert not np.allclose(one[0], both[0], atol=1e-3)


def test_the_graph_is_valid() -> None:
    """By the checker of the standard, under the name of the maker."""
    model = build(CONFIG, weights())
    onnx.checker.check_model(model)
    assert model.producer_name == "combray"


@pytest.mark.parametrize("prefix", ["", "bert."])
@pytest.mark.parametrize("kind", ["float32", "float16", "float64", "int64"])
def test_a_file_of_tensors_is_read(tmp_path: Path, prefix: str, kind: str) -> None:
    """Every kind of number and shape; the names of a whole BERT are cut to those of its encoder."""
    tensors: Any = {
        "a.weight": np.arange(6).reshape(2, 3).astype(kind),
        "b": np.array([7]).astype(kind),
    }
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors(tensors, prefix=prefix))
    found = read_safetensors(path)
    assert set(found) == set(tensors)
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype
        assert np.array_equal(found[name], tensor)
