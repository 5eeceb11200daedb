"""A transformers `Cache` that obeys a policy: it looks full to the model and is not.

b rows, h heads that choose, t entries, q new tokens, d width of a head. A layer has two lengths:
what it has seen, by which positions and masks are counted, and what it holds. `update` returns all
that is held with the new tokens at the end; what the policy drops goes after the forward pass,
when the surprisal of the new tokens is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from inspect import signature

import torch
from torch import Tensor
from transformers import LlamaModel
from transformers.cache_utils import Cache, CacheLayerMixin

from recollect.core.errors import InputError, Unsupported
from recollect.tensor.policy import Entries, KVPolicy, LayerView, carry, merge
from recollect.tensor.stores import KV, KVStore

CACHE_ARGUMENT = (
    "cache" if "cache" in signature(LlamaModel.forward).parameters else "past_key_values"
)
"""What the installed transformers calls the cache among the arguments of a model."""

Budget = int | float | None
"""Entries a layer may hold: a number, a share of the tokens seen, or None for all of them."""


@dataclass(slots=True, kw_only=True)
class Step:
    """One forward pass: which tokens come in, which of them are real, and where they stand.

    tokens: (b q), None when embeddings were given. valid: (b q). position: (b q), -1 for padding.
    hidden: layer -> (b q width), filled by a tap. last_hidden: (b q width), what the head reads.
    """

    tokens: Tensor | None
    valid: Tensor
    position: Tensor
    padded: bool
    turn: int
    hidden: dict[int, Tensor] = field(default_factory=dict)
    last_hidden: Tensor | None = None


class PolicyLayer(CacheLayerMixin):  # type: ignore[misc]
    """The bookkeeping of one layer on transformers' contract; the policy decides, this obeys."""

    is_sliding = False
    is_compileable = False
    supports_early_init = False

    def __init__(self, index: int, policy: KVPolicy, budget: Budget, store: KVStore) -> None:
        self.index, self.policy, self.budget, self.store = index, policy, budget, store
        self.step: Step | None = None
        self._forget()

    def _forget(self) -> None:
        self.keys: Tensor | None = None
        self.values: Tensor | None = None
        self.entries: Entries | None = None
        self.seen = 0
        self.is_initialized = self.padded = self.merged = self.trimmed = False

    @property
    def is_croppable(self) -> bool:
        """Whether the newest tokens can be taken back at any time: only if none is ever dropped."""
        return self.budget is None

    @property
    def held(self) -> int:
        """t, the entries the layer holds now."""
        return 0 if self.keys is None else self.keys.shape[-2]

    @property
    def nbytes(self) -> int:
        """Bytes of keys and values."""
        return self.store.nbytes

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Nothing is set aside before the first tokens come."""
        self.is_initialized = True

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        """Add the new tokens (b H q d) at the end and return all that is held."""
        step = self.step
        if step is None:
            raise Unsupported(
                "This cache was used outside its `with attach(model, ...)` block, or by calling an "
                "inner part of the model, so it cannot know which tokens came in. Call "
                "`model(...)` or `model.generate(...)` inside the block."
            )
        self.is_initialized = True
        self.keys, self.values = self.store.append(KV(key_states, value_states))
        new = self._describe(step, key_states.shape[1])
        self.entries = new if self.entries is None else self.entries.joined(new)
        self.seen += key_states.shape[-2]
        self.padded = self.padded or step.padded
        return self.keys, self.values

    def _describe(self, step: Step, heads: int) -> Entries:
        """The new tokens as entries (b h q), nothing yet known of surprisal and attention."""
        needs = self.policy.needs
        rows, q = step.position.shape
        position = step.position[:, None].expand(rows, heads if needs.per_head else 1, q)
        zero = torch.zeros_like(position, dtype=torch.float32)
        return Entries(
            position=position,
            turn=torch.full_like(position, step.turn),
            mass=zero + 1,
            surprisal=zero if needs.surprisal else None,
            attention=zero if needs.attention else None,
        )

    def settle(self, seen: Tensor, surprisal: Tensor | None) -> None:
        """After a forward pass: note the surprisal (b q) of the new tokens, then obey the budget.

        seen: (b,) real tokens each row has read.
        """
        step, entries = self.step, self.entries
        self.step = None
        if step is None or entries is None:
            return
        if entries.surprisal is not None and surprisal is not None:
            old = entries.surprisal[..., : -surprisal.shape[-1]]
            fresh = surprisal[:, None].expand(-1, old.shape[1], -1)
            self.entries = replace(entries, surprisal=torch.cat([old, fresh], dim=-1))
        self._obey(seen, step)

    def _obey(self, seen: Tensor, step: Step) -> None:
        if self.budget is None or self.entries is None or self.keys is None or self.values is None:
            return
        quota = self._quota(seen)
        if isinstance(self.budget, int) and self.held <= self.budget:
            return
        if bool((self.entries.live.sum(-1) <= quota[:, None]).all()) and self.held <= quota.max():
            return
        view = LayerView(
            layer=self.index,
            keys=self.keys,
            values=self.values,
            entries=self.entries,
            quota=quota,
            seen=seen,
            turn=step.turn,
            hidden=step.hidden.get(self.index),
        )
        plan = self.policy.plan(view)
        self.keys, self.values = self.store.replace(
            KV(merge(self.keys, plan), merge(self.values, plan))
        )
        self.entries = carry(self.entries, plan)
        self.trimmed = True
        self.merged = self.merged or plan.segment is not None
        self.padded = self.padded or not bool(plan.live.all())

    def _quota(self, seen: Tensor) -> Tensor:
        """(b,) how many entries each row may keep."""
        if isinstance(self.budget, int):
            return torch.full_like(seen, self.budget)
        share = torch.ceil(seen * float(self.budget or 1.0)).to(seen.dtype)
        return share.clamp(min=self.policy.needs.floor)

    def undo(self, seen: int) -> None:
        """Take back what a forward pass that failed had added."""
        self.step = None
        if self.seen > seen:
            self._drop_newest(self.seen - seen)

    def crop(self, tokens_to_remove: int) -> None:
        """Take back the newest tokens, given as a negative number; refused once any was dropped."""
        if tokens_to_remove > 0:
            raise InputError(
                f"crop takes the number of tokens to remove as a negative number, "
                f"not {tokens_to_remove}."
            )
        if tokens_to_remove and self.trimmed:
            raise Unsupported(
                f"Layer {self.index} has already dropped or merged tokens, so the newest "
                f"{-tokens_to_remove} cannot be taken back. Fork the cache before the part that "
                "may be undone, or attach with policy 'full'."
            )
        if tokens_to_remove and self.keys is not None:
            self._drop_newest(-tokens_to_remove)

    def _drop_newest(self, count: int) -> None:
        if self.keys is None or self.values is None or self.entries is None:
            return
        if count >= self.held:
            self.reset()
            return
        left = KV(self.keys[..., :-count, :], self.values[..., :-count, :])
        self.keys, self.values = self.store.replace(left)
        self.entries = self.entries.map(lambda x: x[..., :-count])
        self.seen -= count

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """What is held with the new tokens, and how many tokens lie before that."""
        return self.held + query_length, self.seen - self.held

    def get_seq_length(self) -> int:
        """Tokens ever seen, padding included."""
        return self.seen

    def get_max_length(self) -> int:
        """No maximum: any number of tokens may be seen."""
        return -1

    def get_max_cache_shape(self) -> int:
        """The same under its name before transformers 5.16."""
        return -1

    def reset(self) -> None:
        """Forget everything."""
        self.store.clear()
        self._forget()

    def rows(self, index: Tensor) -> None:
        """Keep, repeat or reorder rows: row i becomes the old row index[i]."""
        if self.keys is None or self.values is None or self.entries is None:
            return
        index = index.to(self.keys.device)
        chosen = KV(self.keys.index_select(0, index), self.values.index_select(0, index))
        self.keys, self.values = self.store.replace(chosen)
        self.entries = self.entries.map(lambda x: x.index_select(0, index))

    def reorder_cache(self, beam_idx: Tensor) -> None:
        """Follow the beams."""
        self.rows(beam_idx)

    def fork(self) -> PolicyLayer:
        """An independent layer with the same entries."""
        twin = PolicyLayer(self.index, self.policy, self.budget, self.store.fork())
        twin.keys, twin.values, twin.entries = self.keys, self.values, self.entries
        twin.seen, twin.is_initialized = self.seen, self.is_initialized
        twin.padded, twin.merged, twin.trimmed = self.padded, self.merged, self.trimmed
        return twin


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
        self._forget()

    def _forget(self) -> None:
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
            layer.settle(self.seen, surprisal)
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
        self._forget()

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


def resolve(budget: Budget | Sequence[Budget], layers: int, policy: KVPolicy) -> list[Budget]:
    """One budget for each layer, checked."""
    budgets = list(budget) if isinstance(budget, Sequence) else [budget] * layers
    if len(budgets) != layers:
        raise InputError(f"{len(budgets)} budgets were given for {layers} layers.")
    for each in budgets:
        _check(each, policy)
    return budgets


def _check(budget: Budget, policy: KVPolicy) -> None:
    name, needs = type(policy).__name__, policy.needs
    if not needs.bounded:
        if budget is not None:
            raise InputError(f"{name} keeps everything: leave the budget out, not {budget}.")
        return
    if isinstance(budget, bool) or budget is None:
        raise InputError(
            f"{name} needs a budget: a number of tokens such as 1024, or a share such as 0.5."
        )
    if isinstance(budget, float) and not 0 < budget <= 1:
        raise InputError(f"A budget given as a share must be in (0, 1], not {budget}.")
    if isinstance(budget, int) and budget < needs.floor:
        raise InputError(
            f"A budget of {budget} tokens is below the {needs.floor} that {name} always keeps "
            "(its sinks, its recent tokens and one more). Raise the budget or lower those."
        )
    if isinstance(budget, float) and math.isnan(budget):
        raise InputError("A budget cannot be NaN.")
