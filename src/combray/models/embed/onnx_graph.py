"""A BERT sentence encoder as an ONNX graph, built from its weights without torch.

    b batch, s tokens, h width, a heads, e = h / a

    x   = LayerNorm(word[ids] + position[0…s] + type[0])                              (b s h)
    x   = LayerNorm(x + Attention(x) W_o + b_o)      softmax(q kᵀ / √e + mask) v
    x   = LayerNorm(x + GELU(x W_1 + b_1) W_2 + b_2)                                  each layer
    out = mean over the tokens of x, scaled to unit length                            (b h)

Devlin et al., 2019 (BERT); Reimers and Gurevych, 2019 (mean pooling).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_DTYPES = {"F32": np.float32, "F16": np.float16, "F64": np.float64, "I64": np.int64}
Weights = Mapping[str, NDArray[Any]]


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """Every tensor of a safetensors file by name: a JSON header, then the raw data."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header: dict[str, Any] = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = (8 + size + offset for offset in entry["data_offsets"])
            flat = np.frombuffer(data[start:end], _DTYPES[entry["dtype"]])
            tensors[name.removeprefix("bert.")] = flat.reshape(entry["shape"])
    return tensors


def build(config: Mapping[str, Any], weights: Weights) -> onnx.ModelProto:
    """The encoder's graph: (input_ids, attention_mask), both (b s) int64 → embedding (b h)."""
    graph = _Graph(weights)
    heads, width = int(config["num_attention_heads"]), int(config["hidden_size"])
    epsilon = float(config.get("layer_norm_eps", 1e-12))
    mask = graph.op("Cast", ["attention_mask"], to=TensorProto.FLOAT)
    x = _embeddings(graph, epsilon)
    bias = _attention_bias(graph, mask)
    for layer in range(int(config["num_hidden_layers"])):
        x = _layer(graph, x, bias, f"encoder.layer.{layer}", heads, width // heads, epsilon)
    _pool(graph, x, mask)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "s"])
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["b", width])]
    body = helper.make_graph(graph.nodes, "encoder", inputs, outputs, graph.constants)
    return helper.make_model(
        body, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="combray"
    )


class _Graph:
    """Nodes and constants under construction; `op` returns the name of its output."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def op(self, kind: str, inputs: list[str], *, out: str | None = None, **attributes: Any) -> str:
        name = out or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        name = f"constant_{len(self.constants)}"
        array = np.ascontiguousarray(np.asarray(value, dtype))
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def linear(self, x: str, weight: str) -> str:
        matrix = self.constant(self.weights[f"{weight}.weight"].T)
        product = self.op("MatMul", [x, matrix])
        return self.op("Add", [product, self.constant(self.weights[f"{weight}.bias"])])

    def norm(self, x: str, weight: str, epsilon: float) -> str:
        scale, bias = (self.constant(self.weights[f"{weight}.{p}"]) for p in ("weight", "bias"))
        return self.op("LayerNormalization", [x, scale, bias], axis=-1, epsilon=epsilon)


def _embeddings(graph: _Graph, epsilon: float) -> str:
    weights = graph.weights
    word = graph.constant(weights["embeddings.word_embeddings.weight"])
    # Only one segment is ever used, so its vector is added to every position beforehand.
    places = weights["embeddings.position_embeddings.weight"]
    places = places + weights["embeddings.token_type_embeddings.weight"][0]
    length = graph.op("Shape", ["input_ids"], start=1, end=2)
    start, axis = graph.constant([0], np.int64), graph.constant([0], np.int64)
    position = graph.op("Slice", [graph.constant(places), start, length, axis])
    total = graph.op("Add", [graph.op("Gather", [word, "input_ids"]), position])
    return graph.norm(total, "embeddings.LayerNorm", epsilon)


def _attention_bias(graph: _Graph, mask: str) -> str:
    """0 where there is a token, a large negative number where there is padding; (b 1 1 s)."""
    absent = graph.op("Sub", [graph.constant(1.0), mask])
    bias = graph.op("Mul", [absent, graph.constant(-1e9)])
    return graph.op("Unsqueeze", [bias, graph.constant([1, 2], np.int64)])


def _layer(
    graph: _Graph, x: str, bias: str, name: str, heads: int, size: int, epsilon: float
) -> str:
    def split(part: str, order: list[int]) -> str:
        flat = graph.linear(x, f"{name}.attention.self.{part}")
        shape = graph.constant([0, 0, heads, size], np.int64)
        return graph.op("Transpose", [graph.op("Reshape", [flat, shape])], perm=order)

    query, key = split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1])
    scores = graph.op("MatMul", [query, key])
    scores = graph.op("Mul", [scores, graph.constant(1 / np.sqrt(size))])
    weights = graph.op("Softmax", [graph.op("Add", [scores, bias])], axis=-1)
    mixed = graph.op("MatMul", [weights, split("value", [0, 2, 1, 3])])
    mixed = graph.op("Transpose", [mixed], perm=[0, 2, 1, 3])
    joined = graph.op("Reshape", [mixed, graph.constant([0, 0, heads * size], np.int64)])
    attended = graph.linear(joined, f"{name}.attention.output.dense")
    x = graph.norm(graph.op("Add", [x, attended]), f"{name}.attention.output.LayerNorm", epsilon)
    inner = _gelu(graph, graph.linear(x, f"{name}.intermediate.dense"))
    outer = graph.linear(inner, f"{name}.output.dense")
    return graph.norm(graph.op("Add", [x, outer]), f"{name}.output.LayerNorm", epsilon)


def _gelu(graph: _Graph, x: str) -> str:
    """x · ½ (1 + erf(x / √2))."""
    scaled = graph.op("Mul", [x, graph.constant(1 / np.sqrt(2))])
    curve = graph.op("Add", [graph.op("Erf", [scaled]), graph.constant(1.0)])
    return graph.op("Mul", [graph.op("Mul", [x, curve]), graph.constant(0.5)])


def _pool(graph: _Graph, x: str, mask: str) -> None:
    weight = graph.op("Unsqueeze", [mask, graph.constant([2], np.int64)])
    axis = graph.constant([1], np.int64)
    total = graph.op("ReduceSum", [graph.op("Mul", [x, weight]), axis], keepdims=0)
    count = graph.op("ReduceSum", [mask, axis], keepdims=1)
    mean = graph.op("Div", [total, graph.op("Max", [count, graph.constant(1e-9)])])
    length = graph.op("ReduceL2", [mean], axes=[1], keepdims=1)
    length = graph.op("Max", [length, graph.constant(1e-12)])
    graph.op("Div", [mean, length], out="embedding")
