"""Running a layer again over some tokens: where they are, what is kept, what is answered."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import dropout, scaled_dot_product_attention

from combray.core.errors import Unsupported
from combray.tensor.offload.recompute import Cut, Noted, Replay, Saved, Span, Watch, same, span_of

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("shape", "b", "s", "wanted"),
    [
        ((2, 7, 5), 2, 7, Span((2, 7, 5), 1)),
        ((2, 3, 7, 5), 2, 7, Span((2, 3, 7, 5), 2)),
        ((14, 5), 2, 7, Span((2, 7, 5), 1)),
        ((7, 5), 1, 7, Span((7, 5), 0)),
        ((7, 7), 1, 7, None),
        ((2, 7, 7), 2, 7, None),
        ((2, 5), 2, 7, None),
        ((), 2, 7, None),
    ],
)
def test_where_the_tokens_are(shape: tuple[int, ...], b: int, s: int, wanted: Span | None) -> None:
    """The one dimension that is as long as the row; rows laid end to end are taken apart."""
    assert span_of(torch.empty(shape), b, s) == wanted


@given(st.integers(0, 7), st.integers(0, 7))
def test_a_part_is_a_run_of_tokens(one: int, other: int) -> None:
    """Tokens start … end-1 of every row, whether rows are laid end to end or not."""
    start, end = sorted((one, other))
    rows = torch.arange(2 * 7 * 3).view(2, 7, 3)
    span = span_of(rows.reshape(14, 3), 2, 7)
    assert span is not None
    assert torch.equal(span.part(rows.reshape(14, 3), start, end), rows[:, start:end])


@given(st.integers(0, 6), st.booleans())
def test_a_tensor_is_put_together_again(first: int, swapped: bool) -> None:
    """Tokens that went out and those computed again give the tensor, laid out as it was."""
    x = (
        torch.arange(2.0 * 7 * 3).view(7, 2, 3).transpose(0, 1)
        if swapped
        else (torch.arange(2.0 * 7 * 3).view(2, 7, 3))
    )
    span = span_of(x, 2, 7)
    assert span is not None
    saved = Saved(x, span)
    whole = saved.whole(span.part(x, 0, first).clone(), span.part(x, first, 7).clone())
    assert torch.equal(whole, x)
    assert whole.stride() == x.stride()


def test_a_tensor_that_stays_whole_comes_back_whole() -> None:
    """Without a span nothing is put together, and shape and strides are those of before."""
    x = torch.arange(6.0).view(2, 3).T
    back = Saved(x, None).whole(x.contiguous(), None)
    assert torch.equal(back, x)
    assert back.stride() == x.stride()
    gaps = torch.arange(8.0).view(2, 4)[:, ::2]
    assert torch.equal(Saved(gaps, None).whole(gaps.contiguous(), None), gaps)


def test_the_tail_is_what_was_computed_beyond_the_kept() -> None:
    """Of n tokens computed again, the first `skip` are only there to be computed alike."""
    x = torch.arange(2 * 7 * 3).view(2, 7, 3)
    saved = Saved(x, span_of(x, 2, 7))
    again = x[:, 3:]
    assert torch.equal(saved.tail(again, 2, 4), x[:, 5:])
    assert torch.equal(saved.tail(again.reshape(8, 3), 0, 4), x[:, 3:])
    with pytest.raises(Unsupported, match="another shape"):
        saved.tail(x, 0, 4)


def test_what_is_given_beside_the_input_is_cut_by_its_tokens() -> None:
    """Masks lose queries but no keys, positions their first tokens; what has none is left."""
    cut = Cut(3, 8)
    mask = torch.arange(64).view(1, 1, 8, 8)
    assert torch.equal(cut(mask), mask[:, :, 3:, 3:])
    place = torch.arange(8)[None]
    assert cut(place).tolist() == [[3, 4, 5, 6, 7]]
    turned = torch.arange(16).view(1, 8, 2)
    assert torch.equal(cut(turned), turned[:, 3:])
    assert cut(torch.arange(8)).tolist() == [3, 4, 5, 6, 7]
    other = torch.ones(1, 5)
    assert cut(other) is other
    assert cut("sdpa") == "sdpa"
    assert cut(torch.tensor(3.0)) == 3


def test_a_kept_result_gives_its_last_tokens() -> None:
    """In the shape it had: of rows laid end to end, rows laid end to end."""
    for x in (torch.arange(30).view(2, 5, 3), torch.arange(30).view(10, 3)):
        span = span_of(x, 2, 5)
        assert span is not None
        saved = Saved(x, span)
        found = Noted(saved, span).tokens({saved: x}, 2)
        assert found.dim() == x.dim()
        assert torch.equal(found.reshape(2, 3, 3), x.reshape(2, 5, 3)[:, 2:])


class Notes:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.attended = False
        self.noted: list[Any] = []

    def note(self, x: Any, dim: int | None = None) -> Any:
        """A copy, with the dimension of the tokens."""
        return x.clone() if isinstance(x, Tensor) else x


def layer(x: Tensor) -> Tensor:
    """Attention, chance and work, as a layer has them."""
    y = scaled_dot_product_attention(x, x, x, is_causal=True)
    return dropout(y.cos(), 0.5, training=True) + torch.rand_like(y)


def test_chance_and_attention_are_noted_and_given_again() -> None:
    """Replayed, a layer answers to the bit what it answered, and draws nothing anew."""
    x = torch.randn(1, 2, 9, 4)
    notes = Notes()
    with Watch(notes):
        first = layer(x)
    assert notes.attended
    assert len(notes.noted) >= 3
    state = torch.random.get_rng_state()
    answers = [a if isinstance(a, Tensor) else tuple(a) for a in notes.noted]
    with Replay(answers):
        second = layer(x)
    assert torch.equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not torch.equal(layer(x), first)


def test_what_mixes_no_tokens_is_computed_again() -> None:
    """Neither noted nor answered from notes: changed input gives another output."""
    notes = Notes()
    with Watch(notes):
        torch.ones(3).exp().sum()
    assert (notes.noted, notes.attended) == ([], False)
    with Replay([]):
        assert torch.ones(3).mul(2).sum() == 6
    assert same(notes) is notes  # type: ignore[arg-type,comparison-overlap]
