"""One layer of the cache: what it has seen, what it holds, and obeying the policy.

b rows, h heads that choose, t entries, q new tokens, d width of a head. A layer has two lengths:
what it has seen, by which positions and masks are counted, and what it holds. `update` returns all
that is held with the new tokens at the end; what the policy drops goes after the forward pass,
when the surprisal of the new tokens is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from transformers.cache_utils import CacheLayerMixin

from combray.core.errors import InputError, Unsupported
from combray.tensor.kv.budget import Budget
from combray.tensor.kv.kv_store import KV, KVStore
from combray.tensor.kv.policy import Entries, KVPolicy, LayerView, carry, merge


@dataclass(slots=True, kw_only=True)
class Step:
    """One forward pass: which tokens come in, which of them are real, and where they stand.

    tokens: (b q), None when embeddings were given. valid: (b q). position: (b q), -1 for padding.
    hidden: layer -> (b q width), filled by a hook. last_hidden: (b q width), what the head reads.
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
        self.keys: Tensor | None = None
        self.values: Tensor | None = None
        self.entries: Entries | None = None
        self.seen = 0
        self.is_initialized = self.padded = self.merged = self.trimmed = False

    def _forget(self) -> None:
        self.keys = self.values = self.entries = None
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

    def end_step(self, seen: Tensor, surprisal: Tensor | None) -> None:
        """End a forward pass: record the surprisal (b q) of the new tokens, then apply the budget.

        seen: (b,) real tokens that each row has read.
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
        if self.keys is not None and self.values is not None:
            none = KV(self.keys[..., :0, :], self.values[..., :0, :])
            # Views of the twin's own store: this one's may be written in place later.
            twin.keys, twin.values = twin.store.append(none)
        twin.entries = self.entries
        twin.seen, twin.is_initialized = self.seen, self.is_initialized
        twin.padded, twin.merged, twin.trimmed = self.padded, self.merged, self.trimmed
        return twin
