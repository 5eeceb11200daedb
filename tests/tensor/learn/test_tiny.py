"""Small models: the same recipe gives the same weights, from training or from disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from combray.core.errors import UnknownName
from combray.tensor.learn import tiny
from tests.tensor.small import FAMILIES

pytestmark = pytest.mark.torch
TASK = tiny.Needles(keys=2, values=2, filler=4, motif=4, length=16, needles=2, questions=2)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small products are slower on several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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


def test_the_loss_is_the_weighted_mean_of_surprisal() -> None:
    """Σ w_t · (-log P(x_t | x_<t)) / Σ w_t over a batch, by a loop; the first token is not told."""
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 4, 5, generator=rng)
    tokens = torch.randint(0, 5, (2, 4), generator=rng)
    weight = torch.tensor([[9.0, 0.0, 1.0, 0.5], [9.0, 2.0, 0.0, 0.0]])
    total = 0.0
    for row in range(2):
        for t in range(1, 4):
            p = logits[row, t - 1].softmax(-1)[tokens[row, t]]
            total -= float(weight[row, t] * p.log())
    got = tiny._loss(logits, tiny.TokenBatch(tokens, weight))
    assert float(got) == pytest.approx(total / 3.5, rel=1e-5)


def test_training_lowers_the_loss_and_leaves_the_model_ready() -> None:
    """Sixty steps on a small task halve the loss; the model is left in evaluation mode."""
    task = tiny.Runs(symbols=2, shortest_run=2, longest_run=3, length=8, shortest=8)
    recipe = tiny.Recipe(task=task, width=16, layers=1, steps=60, rows=16)
    model = tiny.blank(recipe)
    losses = tiny.train(model, recipe)
    assert len(losses) == 60
    assert sum(losses[-10:]) < 0.5 * sum(losses[:10])
    assert not model.training


def test_the_same_recipe_is_trained_alike() -> None:
    """Every loss on the way is the same; another seed goes another way."""
    recipe = tiny.Recipe(task=TASK, width=16, layers=1, steps=3, rows=2)
    one, two = (tiny.train(tiny.blank(recipe), recipe) for _ in range(2))
    other = replace(recipe, seed=1)
    assert one == two != tiny.train(tiny.blank(other), other)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_has_the_sizes_of_its_recipe(family: str) -> None:
    """Layers, width, heads, words and positions; nothing ends a text, padding is word 0."""
    recipe = tiny.Recipe(task=TASK, family=family, layers=3, width=24, heads=4, length=96)
    model = tiny.blank(recipe)
    config = model.config
    assert (config.num_hidden_layers, config.hidden_size, config.vocab_size) == (3, 24, TASK.words)
    assert config.num_attention_heads == 4
    assert config.max_position_embeddings == 96
    assert (config.pad_token_id, config.eos_token_id) == (0, None)
    assert not model.training
    if family != "gpt2":
        assert config.num_key_value_heads == 2


def test_extra_settings_reach_the_configuration() -> None:
    """And make another file."""
    wide = tiny.Recipe(task=TASK, width=16, extra={"intermediate_size": 80})
    assert tiny.blank(wide).config.intermediate_size == 80
    assert wide.key != replace(wide, extra={}).key


def test_weights_are_kept_where_the_user_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COMBRAY_CACHE, else XDG_CACHE_HOME, else the home folder."""
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path / "mine"))
    assert tiny.cache_dir() == tmp_path / "mine" / "tiny"
    monkeypatch.setenv("COMBRAY_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert tiny.cache_dir() == tmp_path / "xdg" / "combray" / "tiny"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tiny.cache_dir() == tmp_path / ".cache" / "combray" / "tiny"


def test_no_half_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails, no file has the name, and nothing else stays in the folder."""
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path))
    recipe = tiny.Recipe(task=TASK, width=16, layers=1, steps=1, rows=2)

    def fail(weights: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(tiny, "save_file", fail)
        with pytest.raises(OSError, match="disk full"):
            tiny.trained(recipe)
    assert list((tmp_path / "tiny").iterdir()) == []
    tiny.trained(recipe)
    (file,) = (tmp_path / "tiny").iterdir()
    assert file.name == f"{recipe.key}.safetensors"
