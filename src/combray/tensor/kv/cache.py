"""A transformers `Cache` that obeys a policy: it looks full to the model and is not.

b rows, h heads that choose, t entries, q new tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature

import torch
from torch import Tensor
from transformers import LlamaModel
from transformers.cache_utils import Cache

from combray.core.errors import InputError, Unsupported
from combray.tensor.kv.budget import Budget
from combray.tensor.kv.kv_store import KVStore
from combray.tensor.kv.layer import PolicyLayer, Step
from combray.tensor.kv.policy import KVPolicy

CACHE_ARGUMENT = (
    "cache" if "cache" in signature(LlamaModel.forward).parameters else "past_key_values"
)
"""What the installed transformers calls the cache among the arguments of a model."""


class PolicyCache(Cache):  # type: ignore[misc]
    """All layers of a model under one policy; made by `attach`, given to `model.generate`.

    A turn ends when several tokens come in after one was generated, or by `end_turn`.
    """

    def __init__(
        self,
        policy: KVPolicy,
        budgets: Sequence[Budget],
        store: Callable[[], KVStore],
    ) -> None:
        super().__init__(
            layers=[PolicyLayer(i, policy, budget, store()) for i, budget in enumerate(budgets)]
        )
        self.policy = policy
        self.turn = 0
        self.seen: Tensor | None = None
        self.last_hidden: Tensor | None = None
        self._answering = False
        self._step: Step | None = None

    @property
    def trimmed(self) -> bool:
        """Whether any layer has dropped or merged a token."""
        return any(layer.trimmed for layer in self.layers)

    @property
    def nbytes(self) -> int:
        """Bytes of keys and values over all layers."""
        return sum(layer.nbytes for layer in self.layers)

    def positions(self, layer: int = 0) -> Tensor:
        """(b h t) the places of the entries a layer holds, -1 for padding."""
        entries = self.layers[layer].entries
        return torch.empty(0, 1, 0, dtype=torch.long) if entries is None else entries.position

    def end_turn(self) -> None:
        """Say that a turn is over; entries grow older by one turn."""
        self.turn += 1
        self._answering = False

    def begin(
        self, tokens: Tensor | None, shape: tuple[int, int], mask: Tensor | None, device: object
    ) -> Step:
        """Open a forward pass over (b q) new tokens; mask (b seen+q) says which are real."""
        rows, q = shape
        valid = _valid(mask, rows, self.get_seq_length(), q, device)
        if q > 1 and self._answering:
            self.end_turn()
        seen = self.seen if self.seen is not None else valid.new_zeros(rows, dtype=torch.long)
        if seen.shape[0] != rows:
            raise InputError(
                f"The cache holds {seen.shape[0]} rows and {rows} came in. Repeat its rows with "
                "`batch_repeat_interleave`, or start a new cache."
            )
        position = (seen[:, None] + valid.cumsum(-1) - 1).masked_fill(~valid, -1)
        padded = mask is not None and not bool(valid.all())
        step = Step(tokens=tokens, valid=valid, position=position, padded=padded, turn=self.turn)
        self._step = step
        for layer in self.layers:
            layer.step = step
        return step

    def finish(self, surprisal: Tensor | None = None) -> None:
        """Close the forward pass: what is over the budget goes. surprisal: (b q) or None."""
        step = self._step
        if step is None:
            return
        before = step.valid.new_zeros(len(step.valid), dtype=torch.long)
        self.seen = (before if self.seen is None else self.seen) + step.valid.sum(-1)
        self._answering = self.get_seq_length() > step.valid.shape[1] == 1
        for layer in self.layers:
            layer.end_step(self.seen, surprisal)
        self._step = None

    def abort(self, seen: int) -> None:
        """A forward pass failed: put the layers back to where they were before it."""
        self._step = None
        for layer in self.layers:
            layer.undo(seen)

    def crop(self, tokens_to_remove: int) -> None:
        """Take back the newest tokens of every row; refused once any token was dropped."""
        held = self.layers[0].entries
        for layer in self.layers:
            layer.crop(tokens_to_remove)
        if tokens_to_remove and held is not None and self.seen is not None:
            self.seen = self.seen - held.live[:, 0, tokens_to_remove:].sum(-1)
            self.last_hidden = None

    def rows(self, index: Tensor) -> None:
        """Keep, repeat or reorder rows: row i becomes the old row index[i]."""
        for layer in self.layers:
            layer.rows(index)
        if self.seen is not None:
            self.seen = self.seen.index_select(0, index.to(self.seen.device))
        if self.last_hidden is not None:
            self.last_hidden = self.last_hidden.index_select(0, index.to(self.last_hidden.device))

    def reorder_cache(self, beam_idx: Tensor) -> None:
        """Follow the beams."""
        self.rows(beam_idx)

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat every row, copies side by side."""
        if self.seen is not None:
            self.rows(torch.arange(len(self.seen)).repeat_interleave(repeats))

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep only these rows."""
        self.rows(indices)

    def reset(self) -> None:
        """Forget everything."""
        for layer in self.layers:
            layer.reset()
        self.turn, self.seen, self.last_hidden = 0, None, None
        self._answering, self._step = False, None

    def fork(self) -> PolicyCache:
        """An independent cache in the same state, for a second question to the same context."""
        twin = PolicyCache(self.policy, [None] * 0, lambda: self.layers[0].store)
        twin.layers = [layer.fork() for layer in self.layers]
        twin.turn, twin.seen, twin.last_hidden = self.turn, self.seen, self.last_hidden
        twin._answering = self._answering
        return twin


def _valid(mask: Tensor | None, rows: int, past: int, q: int, device: object) -> Tensor:
    """(b q) which of the new tokens are real."""
    if mask is None:
        return torch.ones(rows, q, dtype=torch.bool, device=torch.device(str(device)))
    if mask.ndim != 2:
        raise Unsupported(
            f"A cache policy needs the attention mask as (rows, tokens), not with {mask.ndim} "
            "dimensions; it makes the full mask itself."
        )
    if mask.shape[1] < past + q:
        raise InputError(
            f"The attention mask covers {mask.shape[1]} tokens; the cache has seen {past} and {q} "
            "came in. Give a mask over all of them, old and new."
        )
    return mask[:, past : past + q].bool()
