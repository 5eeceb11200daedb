"""Which neurons will fire: everything, exactly those, and a guess of low rank."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from combray.core.errors import InputError
from combray.tensor.offload import sparsity
from combray.tensor.offload.sparsity import Everything, LowRank, Oracle, fit

pytestmark = pytest.mark.torch


def normal(*shape: int, seed: int = 0) -> Tensor:
    """Random numbers."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_everything_and_the_oracle_are_the_two_bounds() -> None:
    """One reads all, the other exactly what ReLU lets through, with a bias and without."""
    layer = torch.nn.Linear(6, 9)
    x = normal(5, 6)
    fires = torch.relu(layer(x)) > 0
    assert Everything(9)(x).shape == (5, 9)
    assert Everything(9)(x).all()
    assert torch.equal(Oracle(layer.weight, layer.bias)(x), fires)
    assert torch.equal(Oracle(layer.weight)(x), x @ layer.weight.T > 0)


def test_a_low_rank_guess_by_hand() -> None:
    """s = W_2 W_1 x against a threshold of each neuron; on the threshold it does not fire."""
    guess = LowRank(
        down=torch.tensor([[1.0], [2.0]]),
        up=torch.tensor([[1.0, -1.0, 2.0]]),
        threshold=torch.tensor([3.0, -5.0, 7.0]),
    )
    said = guess(torch.tensor([[1.0, 1.0], [2.0, 1.0]]))
    assert said.tolist() == [[False, True, False], [True, True, True]]
    assert guess.nbytes == 4 * (2 + 3 + 3)


@given(st.floats(0.05, 1.0), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_thresholds_reach_the_recall_on_what_they_were_fitted_on(recall: float, seed: int) -> None:
    """Of each neuron's firing tokens at least that share is found, whatever the rank."""
    x, mix = normal(60, 8, seed=seed), normal(8, 20, seed=seed + 1)
    gate = x @ mix - 0.5
    said = fit(x, gate, rank=2, recall=recall)(x)
    fires = gate > 0
    for neuron in range(20):
        if fires[:, neuron].any():
            assert said[fires[:, neuron], neuron].float().mean() >= recall - 1e-6


def test_full_recall_finds_every_firing() -> None:
    """The threshold lies just below the lowest score of a firing token."""
    x = normal(80, 6)
    gate = x @ normal(6, 15, seed=1)
    said = fit(x, gate, rank=3, recall=1.0)(x)
    assert said[gate > 0].all()


def test_a_neuron_that_never_fired_is_not_read() -> None:
    """Its threshold is infinite."""
    x = normal(30, 4)
    gate = torch.stack([x[:, 0], -torch.ones(30)], dim=1)
    guess = fit(x, gate, rank=1, recall=0.9)
    assert guess.threshold[1] == torch.inf
    assert not guess(100 * x)[:, 1].any()


def test_the_guess_is_the_best_of_its_rank() -> None:
    """Reduced-rank regression: its error is that of the leading directions of the projection."""
    x, gate = normal(200, 10), normal(200, 30, seed=1)
    hat = x @ torch.linalg.lstsq(x, gate).solution
    _, _, v = torch.linalg.svd(hat, full_matrices=False)
    for rank in (1, 3, 10):
        guess = fit(x, gate, rank=rank, recall=0.9)
        assert (guess.down.shape, guess.up.shape) == ((10, rank), (rank, 30))
        error = float(((x @ guess.down) @ guess.up - gate).norm())
        best = float((hat @ v[:rank].T @ v[:rank] - gate).norm())
        assert error == pytest.approx(best, rel=1e-3)


def test_slices_of_neurons_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thresholds found a few neurons at a time are those found at once."""
    x, gate = normal(50, 6), normal(50, 23, seed=1)
    whole = fit(x, gate, rank=4, recall=0.8).threshold
    monkeypatch.setattr(sparsity, "NEURONS", 5)
    assert torch.allclose(fit(x, gate, rank=4, recall=0.8).threshold, whole, atol=1e-5)


@pytest.mark.parametrize(("rank", "recall"), [(0, 0.9), (1, 0.0), (1, 1.1), (-1, 0.5)])
def test_what_cannot_be_fitted_is_refused(rank: int, recall: float) -> None:
    """No rank, and a recall of nothing or more than all."""
    with pytest.raises(InputError, match="recall must be"):
        fit(normal(4, 2), normal(4, 3), rank=rank, recall=recall)
