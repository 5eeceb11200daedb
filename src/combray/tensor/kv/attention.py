"""Attention over what a policy has left: masks of uneven layers, merged entries, mass received.

b rows, a attention heads, H key-value heads, h heads that choose (H or 1), q new tokens, t entries,
d width of a head.

    s_ij = scale · q_i · k_j + log m_j        m_j: how many tokens entry j stands for
    A_j += Σ_i softmax_j(s_ij)                summed over the newest queries of real tokens

With log m_j an entry merged from m equal keys weighs exactly what the m keys weighed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import eager_mask, sdpa_mask

from combray.core.errors import Unsupported
from combray.tensor.kv.cache import PolicyCache
from combray.tensor.kv.layer import PolicyLayer, Step

Forward = Callable[..., tuple[Tensor, Tensor | None]]
SLICE = 256
"""Queries whose attention weights are held at a time when mass is summed."""

ACTIVE: ContextVar[tuple[PolicyCache, Step] | None] = ContextVar("active", default=None)
"""The cache and the step of the forward pass under way in this thread."""

NAMES = {"sdpa": "combray_sdpa", "eager": "combray_eager"}
"""Our attention by the name of the one it wraps."""


def register() -> None:
    """Make our attention known to transformers; doing it twice does nothing."""
    AttentionInterface.register(NAMES["sdpa"], _sdpa)
    AttentionInterface.register(NAMES["eager"], _eager)
    AttentionMaskInterface.register(NAMES["sdpa"], sdpa_mask)
    AttentionMaskInterface.register(NAMES["eager"], eager_mask)


def _sdpa(module: nn.Module, q: Tensor, k: Tensor, v: Tensor, mask: Any, **kw: Any) -> Any:
    return _attend(sdpa_attention_forward, module, q, k, v, mask, **kw)


def _eager(module: nn.Module, q: Tensor, k: Tensor, v: Tensor, mask: Any, **kw: Any) -> Any:
    return _attend(eager_of(module), module, q, k, v, mask, **kw)


def eager_of(module: nn.Module) -> Forward:
    """The plain attention of the file that defines the module."""
    home = sys.modules[type(module).__module__]
    plain: Forward | None = getattr(home, "eager_attention_forward", None)
    if plain is None:
        raise Unsupported(
            f"{type(module).__name__} has no plain attention that can be wrapped. "
            "Use `model.set_attn_implementation('sdpa')` before attaching."
        )
    return plain


def _attend(
    plain: Forward, module: nn.Module, q: Tensor, k: Tensor, v: Tensor, mask: Any, **kw: Any
) -> tuple[Tensor, Tensor | None]:
    active = ACTIVE.get()
    if active is None:
        return plain(module, q, k, v, mask, **kw)
    cache, step = active
    layer: PolicyLayer = cache.layers[module.layer_idx]
    if cache.trimmed:
        mask = _mask(layer, step, q)
        if mask is not None and plain is not sdpa_attention_forward:
            mask = _additive(mask, q.dtype)
    out = plain(module, q, k, v, mask, **kw)
    window = layer.policy.needs.attention
    if window and layer.entries is not None and layer.entries.attention is not None:
        new = _mass(q, k, mask, kw.get("scaling"), step, window)
        layer.entries = replace(
            layer.entries, attention=_leak(layer.entries.attention, new, step, window)
        )
    return out


def _mask(layer: PolicyLayer, step: Step, q: Tensor) -> Tensor | None:
    """(b a|1 q t) what each query may see; None when it may see everything.

    Boolean, or additive when entries have merged.
    """
    entries = layer.entries
    if entries is None or (q.shape[2] == 1 and not layer.padded and not layer.merged):
        return None
    position = entries.position[:, :, None]
    seen = (position >= 0) & (position <= step.position[:, None, :, None])
    if layer.merged:
        bias = entries.mass[:, :, None].log().to(q.dtype)
        seen = torch.where(seen, bias, _lowest(q.dtype))
    heads = seen.shape[1]
    return seen if heads == 1 else seen.repeat_interleave(q.shape[1] // heads, dim=1)


def _additive(mask: Tensor, dtype: torch.dtype) -> Tensor:
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros_like(mask, dtype=dtype).masked_fill(~mask, _lowest(dtype))


def _lowest(dtype: torch.dtype) -> float:
    """What hides an entry: finite in float32 too, where plain attention takes its softmax."""
    return max(torch.finfo(dtype).min, torch.finfo(torch.float32).min)


def _mass(
    q: Tensor, k: Tensor, mask: Tensor | None, scale: float | None, step: Step, window: float
) -> Tensor:
    """(b H t) the attention that the newest `window` real queries give to each entry."""
    b, a, n, d = q.shape
    heads, t = k.shape[1], k.shape[2]
    first = 0 if window >= n else n - int(window)
    scale = d**-0.5 if scale is None else scale
    total = q.new_zeros(b, heads, t, dtype=torch.float32)
    for start in range(first, n, SLICE):
        part = slice(start, min(start + SLICE, n))
        grouped = q[:, :, part].reshape(b, heads, a // heads, -1, d)
        s = torch.einsum("bhgqd,bhtd->bhgqt", grouped, k).float() * scale
        s = s + _visible(mask, part, n, s).float()
        weight = s.softmax(-1) * step.valid[:, None, None, part, None]
        total += weight.mean(2).sum(2)
    return total


def _visible(mask: Tensor | None, part: slice, n: int, s: Tensor) -> Tensor:
    """The mask as something to add to scores (b H g q' t)."""
    b, heads, groups, q, t = s.shape
    if mask is None:
        rows = torch.arange(part.start, part.stop, device=s.device) + t - n
        hidden = torch.arange(t, device=s.device) > rows[:, None]
        return s.new_zeros(q, t).masked_fill_(hidden, _lowest(s.dtype))
    some = _additive(mask[:, :, part], torch.float32)
    if some.shape[1] == 1:
        return some[:, :, None]
    return some.reshape(b, heads, groups, q, t)


def _leak(old: Tensor, new: Tensor, step: Step, window: float) -> Tensor:
    """Add the mass (b H t) to what was known (b h t); a finite window forgets older queries."""
    if old.shape[1] == 1:
        new = new.mean(1, keepdim=True)
    stay = max(0.0, 1 - step.valid.shape[1] / window)
    return old * stay + new
