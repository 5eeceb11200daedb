"""The policies that stand beside the others: each keeps what its rule says."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from combray.tensor import attach
from tests.tensor.small import model_of, padded, run, words

pytestmark = pytest.mark.torch


def test_window_keeps_sinks_and_newest() -> None:
    """The first s and the last n - s real tokens of every row."""
    model = model_of("llama")
    tokens, mask = padded(words(2, 20), [4, 0])
    with attach(model, "window", budget=8, sinks=3) as cache:
        run(model, tokens, cache, attention_mask=mask)
        assert cache.positions()[:, 0].tolist() == [
            [0, 1, 2, 11, 12, 13, 14, 15],
            [0, 1, 2, 15, 16, 17, 18, 19],
        ]


def test_luck_never_changes() -> None:
    """Random keeps the same tokens at once or in chunks, alone or in a batch; seeds differ."""
    model, kept = model_of("llama"), []
    for rows, chunk, seed in ((1, 30, 0), (2, 30, 0), (1, 7, 0), (1, 30, 1)):
        with attach(model, "random", budget=10, seed=seed) as cache:
            for part in words(2, 30)[:rows].split(chunk, dim=1):
                run(model, part, cache)
            kept.append(cache.positions()[0, 0].tolist())
    assert kept[0] == kept[1] == kept[2] != kept[3]


def looks(model: Any, tokens: torch.Tensor, layer: int, newest: int) -> torch.Tensor:
    """(H t) what the newest queries give to each token, by the model's own plain attention."""
    with torch.no_grad():
        weights = model(tokens, output_attentions=True).attentions[layer][0]
    heads = model.config.num_key_value_heads
    return weights.unflatten(0, (heads, -1)).mean(1)[:, -newest:].sum(1)


def test_h2o_keeps_the_newest_half_and_the_most_attended() -> None:
    """Each head keeps its newest half, and of the others those with the largest mass."""
    model, tokens = model_of("llama", "eager"), words(1, 24)
    mass = looks(model, tokens, layer=1, newest=24)
    with attach(model, "h2o", budget=10) as cache:
        run(model, tokens, cache)
        kept = cache.positions(1)[0]
    for head in range(2):
        old = mass[head, :19].topk(5).indices.tolist()
        assert kept[head].tolist() == sorted([*old, *range(19, 24)])


def test_snapkv_keeps_what_its_question_looked_at() -> None:
    """Two equal contexts asked two questions keep different entries: those most looked at."""
    model, context, kept = model_of("llama", "eager"), words(1, 24), []
    for seed in (1, 2):
        tokens = torch.cat([context, words(1, 2, seed=seed)], dim=1)
        mass = looks(model, tokens, layer=0, newest=2)[0, :24]
        with attach(model, "snapkv", budget=10, window=2) as cache:
            run(model, tokens, cache)
            kept.append(cache.positions(0)[0, 0].tolist())
        assert kept[-1] == sorted([*mass.topk(8).indices.tolist(), 24, 25])
    assert kept[0] != kept[1]


def test_pooling_spreads_a_look_to_its_neighbours() -> None:
    """With pooling, the neighbours of the most looked-at entry stay too."""
    model, tokens = model_of("llama"), words(1, 30)
    with attach(model, "snapkv", budget=200, window=2) as full:
        run(model, tokens, full)
        best = int(full.layers[0].entries.attention[0, 0, 1:27].argmax()) + 1
    with attach(model, "snapkv", budget=8, window=2, pool=3) as cache:
        run(model, tokens, cache)
        kept = cache.positions(0)[0, 0].tolist()
    assert {best - 1, best, best + 1} <= set(kept)
