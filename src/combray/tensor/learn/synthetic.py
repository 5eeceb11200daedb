"""What small models learn: needles among filler, and runs of symbols to be counted.

b rows, t tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.functional import one_hot


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Rows of tokens (b t) and the weight (b t) of each as something to predict."""

    tokens: Tensor
    weight: Tensor


class Task(Protocol):
    """Something a small model can learn. Its `repr` must name all that shapes its samples."""

    @property
    def words(self) -> int:
        """How many different tokens there are."""

    def sample(self, rows: int, rng: torch.Generator, /) -> TokenBatch:
        """New rows, drawn from `rng` alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needles:
    """Single tokens that carry (key, value), among filler that repeats; then questions by key.

    Words: 0 padding, then filler, then keys · values needles, then a question for each key, then
    an answer for each value. The filler is a motif of a few tokens, another in every row. With
    `rebind`, keys are drawn with repetition and the newest value is the answer.
    """

    keys: int = 16
    values: int = 16
    filler: int = 32
    motif: int = 8
    length: int = 128
    shortest: int = 32
    needles: int = 8
    questions: int = 8
    rebind: bool = False
    context_weight: float = 0.1

    @property
    def words(self) -> int:
        """Padding, filler, needles, questions, answers."""
        return 1 + self.filler + self.keys * self.values + self.keys + self.values

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words as text: `w3` filler, `k2:v5` a needle, `k2?` a question, `v5` an answer."""
        keys, values = range(self.keys), range(self.values)
        return (
            "_",
            *(f"w{i}" for i in range(self.filler)),
            *(f"k{k}:v{v}" for k in keys for v in values),
            *(f"k{k}?" for k in keys),
            *(f"v{v}" for v in values),
        )

    def needle(self, key: Any, value: Any) -> Any:
        """The token that says: this key has this value."""
        return 1 + self.filler + key * self.values + value

    def question(self, key: Any) -> Any:
        """The token that asks for a key."""
        return 1 + self.filler + self.keys * self.values + key

    def answer(self, value: Any) -> Any:
        """The token that answers with a value."""
        return 1 + self.filler + self.keys * self.values + self.keys + value

    def context(self, rows: int, rng: torch.Generator, length: int | None = None) -> Context:
        """Filler with needles in it, and what a question about each key should be answered."""
        t = length or self.length
        motif = torch.randint(1, 1 + self.filler, (rows, self.motif), generator=rng)
        tokens = motif.repeat(1, -(-t // self.motif))[:, :t].clone()
        spot = torch.rand(rows, t - self.motif, generator=rng).argsort(-1)[:, : self.needles]
        spot = spot.sort(-1).values + self.motif
        if self.rebind:
            key = torch.randint(self.keys, (rows, self.needles), generator=rng)
        else:
            key = torch.rand(rows, self.keys, generator=rng).argsort(-1)[:, : self.needles]
        value = torch.randint(self.values, (rows, self.needles), generator=rng)
        tokens.scatter_(1, spot, self.needle(key, value))
        latest = torch.zeros(rows, self.keys, dtype=torch.long)
        for i in range(self.needles):
            latest.scatter_(1, key[:, i : i + 1], value[:, i : i + 1])
        return Context(tokens=tokens, spot=spot, key=key, value=value, latest=latest)

    def sample(self, rows: int, rng: torch.Generator, /) -> TokenBatch:
        """Contexts of one length, each followed by questions and their answers."""
        shortest = min(self.shortest, self.length)
        length = int(torch.randint(shortest, self.length + 1, (1,), generator=rng))
        c = self.context(rows, rng, length)
        pick = torch.rand(rows, self.needles, generator=rng).argsort(-1)[:, : self.questions]
        key = c.key.gather(1, pick)
        asked = torch.stack([self.question(key), self.answer(c.latest.gather(1, key))], dim=-1)
        tokens = torch.cat([c.tokens, asked.flatten(1)], dim=1)
        weight = torch.full(tokens.shape, self.context_weight)
        weight[:, 0] = 0
        weight[:, c.tokens.shape[1] :: 2] = 0
        weight[:, c.tokens.shape[1] + 1 :: 2] = 1
        return TokenBatch(tokens, weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Rows of filler with needles.

    tokens: (b t). spot, key, value: (b needles), in order. latest: (b keys), the newest value.
    """

    tokens: Tensor
    spot: Tensor
    key: Tensor
    value: Tensor
    latest: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Symbols that come in runs, some more often than others; which came most?

    Words: 0 padding, then symbols, then the question, then an answer for each symbol. What a token
    says is said by its neighbours too: the opposite of a needle.
    """

    symbols: int = 8
    shortest_run: int = 3
    longest_run: int = 8
    length: int = 96
    shortest: int = 32
    context_weight: float = 0.01

    @property
    def words(self) -> int:
        """Padding, symbols, the question, answers."""
        return 2 + 2 * self.symbols

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words as text: `s3` a symbol, `most?` the question, `a3` an answer."""
        symbols = range(self.symbols)
        return ("_", *(f"s{i}" for i in symbols), "most?", *(f"a{i}" for i in symbols))

    @property
    def question(self) -> int:
        """The token that asks which symbol came most."""
        return 1 + self.symbols

    def context(self, rows: int, rng: torch.Generator, length: int | None = None) -> Tensor:
        """(rows t) runs of symbols, one of which came more often than every other."""
        t = length or self.length
        often = torch.randn(rows, self.symbols, generator=rng).softmax(-1)
        runs = t // self.shortest_run + 1
        symbol = torch.multinomial(often, runs, replacement=True, generator=rng)
        span = (self.shortest_run, self.longest_run + 1)
        size = torch.randint(*span, (rows, runs), generator=rng)
        step = torch.arange(t).expand(rows, t).contiguous()
        tokens = symbol.gather(1, torch.searchsorted(size.cumsum(1), step, right=True))
        first, second = self.counts(tokens).topk(2, dim=-1).indices.unbind(-1)
        tied = self.counts(tokens).gather(1, torch.stack([first, second], 1)).diff(dim=1) == 0
        spot = (tokens == second[:, None]).int().argmax(-1, keepdim=True)
        changed = torch.where(tied, first[:, None], tokens.gather(1, spot))
        return tokens.scatter(1, spot, changed) + 1

    def counts(self, symbols: Tensor) -> Tensor:
        """(rows symbols) how often each came, for symbols counted from 0."""
        return one_hot(symbols, self.symbols).sum(1)

    def answer(self, context: Tensor) -> Tensor:
        """(rows,) the token that answers."""
        return 2 + self.symbols + self.counts(context - 1).argmax(-1)

    def sample(self, rows: int, rng: torch.Generator, /) -> TokenBatch:
        """Contexts of one length, each followed by the question and its answer."""
        shortest = min(self.shortest, self.length)
        length = int(torch.randint(shortest, self.length + 1, (1,), generator=rng))
        c = self.context(rows, rng, length)
        ask = torch.full((rows, 1), self.question)
        tokens = torch.cat([c, ask, self.answer(c)[:, None]], dim=1)
        weight = torch.full(tokens.shape, self.context_weight)
        weight[:, 0] = weight[:, -2] = 0
        weight[:, -1] = 1
        return TokenBatch(tokens, weight)
