"""Run a layer again over some of its tokens: what it saved, where the tokens are, what is kept.

Nothing but attention mixes tokens, so with attention's answers kept, and those of chance, the rest
of a layer can be computed for any run of tokens alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from combray.core.errors import Unsupported
from combray.tensor.offload.host import Handle

LEAST = 64
"""Tokens computed again at once, so that matrix products round as they did over all tokens."""


class Saved:
    """One tensor that autograd saved; `span` is where its tokens are, None to keep it whole."""

    def __init__(self, x: Tensor, span: Span | None) -> None:
        self.here: Tensor | None = x
        self.span, self.version = span, x._version
        self.handle: Handle | None = None
        self._shape, self._stride = x.shape, x.stride()
        reach = 1 + sum((n - 1) * step for n, step in zip(x.shape, x.stride(), strict=True))
        self._dense = reach == x.numel()

    def whole(self, part: Tensor, again: Tensor | None) -> Tensor:
        """The tensor as it was, from the tokens that went out and those computed again."""
        if self.span is not None and again is not None:
            part = torch.cat([part, again], dim=self.span.dim)
        part = part.reshape(self._shape)
        if not self._dense or part.stride() == self._stride:
            return part
        # As it lay before, so that every kernel takes the path it would have taken.
        return torch.empty_strided(self._shape, self._stride, dtype=part.dtype).copy_(part)

    def tail(self, x: Tensor, skip: int, n: int) -> Tensor:
        """The last n - skip of the n tokens in x, which must be this tensor over fewer tokens."""
        assert self.span is not None
        shape = list(self.span.shape)
        shape[self.span.dim] = n
        if x.numel() != math.prod(shape):
            raise Unsupported("A layer saved another shape when it was computed again.")
        return x.reshape(shape).narrow(self.span.dim, skip, n - skip)


@dataclass(frozen=True, slots=True)
class Span:
    """The tokens of a tensor: its shape seen as (…, s, …) and the dimension they are in."""

    shape: tuple[int, ...]
    dim: int

    def part(self, x: Tensor, start: int, end: int) -> Tensor:
        """Tokens start … end-1."""
        return x.reshape(self.shape).narrow(self.dim, start, end - start)


def span_of(x: Tensor, b: int, s: int) -> Span | None:
    """Where the tokens are, None when that cannot be told from the shape."""
    shape = tuple(x.shape)
    if x.dim() == 2 and shape[0] == b * s and b > 1:
        return Span((b, s, shape[1]), 1)
    found = [i for i, n in enumerate(shape) if n == s]
    return Span(shape, found[0]) if len(found) == 1 else None


def same(x: Tensor) -> Tensor:
    """What is unpacked is what was packed."""
    return x


@dataclass(frozen=True, slots=True)
class Cut:
    """Tokens first … s-1 of what was given to the layer beside its input."""

    first: int
    s: int

    def __call__(self, x: Any) -> Any:
        """The same thing over fewer tokens; what has no tokens is left as it is."""
        if not isinstance(x, Tensor):
            return x
        dims = [2, 3] if x.dim() == 4 else [min(1, x.dim() - 1)]
        for dim in dims:
            if dim >= 0 and x.shape[dim] == self.s:
                x = x.narrow(dim, self.first, self.s - self.first)
        return x


@dataclass(frozen=True, slots=True)
class Noted:
    """A result that was kept, and where its tokens are."""

    saved: Saved
    span: Span

    def tokens(self, parts: dict[Saved, Tensor], first: int) -> Tensor:
        """Tokens first … s-1 of it."""
        x = self.span.part(parts[self.saved], first, self.span.shape[self.span.dim])
        return x if x.dim() == parts[self.saved].dim() else x.flatten(0, 1)


class Notes(Protocol):
    """Where the results go that are not computed again."""

    attended: bool
    noted: list[Any]

    def note(self, x: Any, dim: int | None = None) -> Any:
        """Keep one result."""


ATTENTION = "scaled_dot_product"


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes what attention and chance answered."""

    def __init__(self, under: Notes) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._under = under

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if ATTENTION in func.name():
            self._under.attended = True
            self._under.noted.append(tree_map(lambda x: self._under.note(x, 2), out))
        elif torch.Tag.nondeterministic_seeded in func.tags:
            self._under.noted.append(tree_map(self._under.note, out))
        return out


class Replay(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Answers for attention and chance what they answered before."""

    def __init__(self, answers: list[Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._answers = iter(answers)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if ATTENTION in func.name():
            return next(self._answers)
        if torch.Tag.nondeterministic_seeded in func.tags:
            answer = next(self._answers)
            return args[0].copy_(answer) if func._schema.is_mutable else answer
        return func(*args, **(kwargs or {}))
