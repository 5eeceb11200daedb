"""Small models: the same recipe gives the same weights, from training or from disk."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from combray.core.errors import UnknownName
from combray.tensor.learn import tiny
from tests.tensor.small import FAMILIES

pytestmark = pytest.mark.torch
TASK = tiny.Needles(keys=2, values=2, filler=4, motif=4, length=16, needles=2, questions=2)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_recipe_gives_the_same_weights(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trained twice, or read back from disk, the weights are equal to the bit."""
    recipe = tiny.Recipe(task=TASK, family=family, width=16, layers=1, steps=2, rows=4, length=64)
    weights = []
    for folder in ("a", "a", "b"):
        monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path / folder))
        model = tiny.trained(recipe)
        weights.append(torch.cat([p.flatten() for p in model.parameters()]))
    assert torch.equal(weights[0], weights[1])
    assert torch.equal(weights[0], weights[2])
    assert len(list(tmp_path.rglob("*.safetensors"))) == 2


def test_training_leaves_global_randomness_alone() -> None:
    """Making and training a model draws nothing from the global generator."""
    before = torch.random.get_rng_state()
    recipe = tiny.Recipe(task=TASK, width=16, layers=1, steps=1, rows=2)
    tiny.train(tiny.blank(recipe), recipe)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_key_names_all_that_shapes_the_weights() -> None:
    """Another seed, task or number of steps is another file."""
    recipe = tiny.Recipe(task=TASK)
    others = [
        tiny.Recipe(task=TASK, seed=1),
        tiny.Recipe(task=TASK, steps=1),
        tiny.Recipe(task=tiny.Needles()),
        tiny.Recipe(task=tiny.Runs()),
    ]
    assert len({recipe.key, *(other.key for other in others)}) == 5
    assert tiny.Recipe(task=TASK).key == recipe.key


def test_answers_of_tasks_are_right() -> None:
    """The needle asked for stands in its context, and the symbol that came most is the answer."""
    rng = torch.Generator().manual_seed(0)
    task = tiny.Needles(rebind=True)
    c = task.context(20, rng)
    last = c.tokens.gather(1, c.spot)
    assert torch.equal(last, task.needle(c.key, c.value))
    newest = c.latest.gather(1, c.key[:, -1:])
    assert torch.equal(newest, c.value[:, -1:])
    runs = tiny.Runs()
    context = runs.context(50, rng)
    top = runs.counts(context - 1).topk(2, dim=-1)
    assert (top.values[:, 0] > top.values[:, 1]).all()
    assert torch.equal(runs.answer(context), 2 + runs.symbols + top.indices[:, 0])
    assert len(task.vocabulary) == task.words
    assert len(runs.vocabulary) == runs.words
    assert task.vocabulary[int(task.needle(2, 5))] == "k2:v5"
    assert task.vocabulary[int(task.question(2))] == "k2?"
    assert task.vocabulary[int(task.answer(5))] == "v5"
    assert runs.vocabulary[runs.question] == "most?"


def test_an_unknown_family_is_refused() -> None:
    """A family that is not there names those that are."""
    with pytest.raises(UnknownName, match="llama"):
        tiny.blank(tiny.Recipe(task=TASK, family="lama"))
