"""What a policy hears besides keys and values: the surprisal of tokens, and hidden states.

b rows, q new tokens, V words.

    e_t = -log P(x_t | x_<t)        and log V for a token that nothing comes before

The probabilities of x_t come from the hidden state of the real token before it, which for the
first new token belongs to the forward pass before: the cache carries that state over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from combray.core.errors import InputError, Unsupported
from combray.tensor.kv.attention import ACTIVE
from combray.tensor.kv.cache import PolicyCache
from combray.tensor.kv.layer import Step

SLICE = 256
"""Tokens whose logits over all words are held at a time."""

NAMES = ("cache", "past_key_values")


def surprisal(cache: PolicyCache, step: Step, head: nn.Module) -> Tensor:
    """(b q) the surprisal of the new tokens; carries the last hidden state over in the cache."""
    hidden, tokens = step.last_hidden, step.tokens
    if hidden is None or tokens is None:
        raise Unsupported(
            "This policy scores tokens by their surprisal, and this model does not show what its "
            "head reads. Use a policy that does not need it."
        )
    b, q, width = hidden.shape
    known = cache.last_hidden is not None
    carried = cache.last_hidden if cache.last_hidden is not None else hidden.new_zeros(b, width)
    states = torch.cat([carried[:, None], hidden], dim=1)
    real = torch.arange(1, q + 1, device=hidden.device).expand(b, q).masked_fill(~step.valid, 0)
    last = real.cummax(-1).values
    before = torch.cat([last.new_zeros(b, 1), last[:, :-1]], dim=1)
    previous = states.gather(1, before[..., None].expand(b, q, width))
    e = torch.cat([_nll(head, h, x) for h, x in _slices(previous, tokens)], dim=1)
    first = step.position == 0
    if not known:
        first = first | (before == 0)
    cache.last_hidden = states[torch.arange(b, device=last.device), last[:, -1]].detach()
    return torch.where(first, math.log(_words(head)), e)


def _slices(hidden: Tensor, tokens: Tensor) -> list[tuple[Tensor, Tensor]]:
    return [
        (hidden[:, i : i + SLICE], tokens[:, i : i + SLICE])
        for i in range(0, tokens.shape[1], SLICE)
    ]


def _nll(head: nn.Module, hidden: Tensor, tokens: Tensor) -> Tensor:
    logp: Tensor = head(hidden).float().log_softmax(-1)
    return -logp.gather(-1, tokens[..., None]).squeeze(-1)


def _words(head: nn.Module) -> int:
    weight = head.get_parameter("weight")
    return weight.shape[0]


class Hooks:
    """The hooks on one model: they open a step before a forward pass and close it after."""

    def __init__(self, model: Any) -> None:
        self._head: nn.Module = model.get_output_embeddings()
        self._before: tuple[PolicyCache, int] | None = None
        self._token: Any = None

    def open(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Before a forward pass of the whole model, with one of our caches or without."""
        cache = _argument(kwargs, NAMES)
        if not isinstance(cache, PolicyCache):
            return
        tokens = kwargs.get("input_ids", args[0] if args else None)
        embeds = kwargs.get("inputs_embeds")
        source = tokens if tokens is not None else embeds
        if source is None:
            raise InputError("Neither `input_ids` nor `inputs_embeds` was given.")
        if tokens is None and cache.policy.needs.surprisal:
            raise InputError(
                "This policy scores tokens by their surprisal, so it must see the tokens: "
                "give `input_ids`, not `inputs_embeds`."
            )
        mask = kwargs.get("attention_mask", args[1] if len(args) > 1 else None)
        step = cache.begin(tokens, source.shape[:2], mask, source.device)
        self._before = cache, cache.get_seq_length()
        self._token = ACTIVE.set((cache, step))

    def hear(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        """After the decoder: keep what the head will read."""
        active = ACTIVE.get()
        if active is not None and active[0].policy.needs.surprisal:
            active[1].last_hidden = output[0].detach()

    def notice(self, module: nn.Module, args: Any, kwargs: Mapping[str, Any]) -> None:
        """Before an attention module: keep its hidden states when the policy asks for them."""
        active = ACTIVE.get()
        if active is not None and active[0].policy.needs.hidden:
            hidden = kwargs.get("hidden_states", args[0] if args else None)
            active[1].hidden[int(module.layer_idx)] = hidden.detach()  # type: ignore[arg-type]

    def close(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        """After a forward pass, failed or not."""
        before, self._before = self._before, None
        if before is None:
            return
        active = ACTIVE.get()
        ACTIVE.reset(self._token)
        cache, seen = before
        if output is None or active is None:
            cache.abort(seen)
            return
        with torch.no_grad():
            needs = cache.policy.needs
            e = surprisal(cache, active[1], self._head) if needs.surprisal else None
            cache.finish(e)


def _argument(kwargs: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((kwargs[name] for name in names if kwargs.get(name) is not None), None)
