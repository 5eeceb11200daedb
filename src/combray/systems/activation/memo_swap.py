"""MEMO: what a layer saved for its backward pass goes out, or is computed again, token by token.

b rows, s tokens, h width, L layers. Of what a layer saves, its input and the output of attention
always go out whole; of the rest the first α·s tokens go out and the others are computed again from
those two, which is possible token by token because nothing else mixes tokens.

    max α in [0, 1]    (S_in + S_attn + α S_rest) / B ≤ T        the transfer hides under a layer
                       (L - 2)(S_in + S_attn + α S_rest) ≤ M     it fits into the host
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._pytree import tree_iter, tree_map

from combray.core.errors import InputError, Unsupported
from combray.tensor.offload.host import OffloadStore, RamStore
from combray.tensor.offload.recompute import (
    LEAST,
    Cut,
    Noted,
    Replay,
    Saved,
    Span,
    Watch,
    same,
    span_of,
)
from combray.tensor.offload.trace import layers_of


@dataclass(slots=True)
class Ledger:
    """What was done: bytes sent out, tokens computed again, layers that went out."""

    bytes_out: int = 0
    tokens_again: int = 0
    layers_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoSwap:
    """How a model's layers give up what they saved, until the backward pass asks for it.

    Use: `with MemoSwap(alpha=0.5).attach(model): loss.backward()`, forward pass included.

    **Paper** Zhao et al., 2024, Efficiently Training 7B LLM with 1 Million Sequence Length on 8
    GPUs; in later versions MEMO: Fine-grained Tensor Management for Ultra-long Context LLM
    Training.
    **Kept** 1. Token-wise recomputation and swapping with the share α. 2. The two bounds of α,
    solved in `tensor.sizing.estimate`. 3. Layer input and attention output always swapped. 4. Two
    layers under way at a time. 5. The layer before is brought back beside the work. 6. The last two
    not swapped. 7. The bi-level plan of addresses (`tensor.offload.addresses`).
    **Left** Several devices, and running inside the planned addresses: PyTorch's allocator is not
    replaced, the plan says what memory suffices. The paper's gain in throughput needs a device: on
    a CPU swapping takes up to a quarter more CPU time than keeping all, checkpointing 30 % more.
    **Law** Gradients are the same bits for any α; a plan never lets two live blocks overlap.

    alpha: share of tokens that go out. host: where to. keep_last: layers that keep all.
    """

    alpha: float = 1.0
    host: OffloadStore = field(default_factory=RamStore)
    keep_last: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.alpha <= 1:
            raise InputError(f"alpha is a share of tokens in [0, 1], not {self.alpha}.")
        if self.keep_last < 0:
            raise InputError("keep_last counts layers and cannot be negative.")

    @contextmanager
    def attach(self, model: Any) -> Iterator[Ledger]:
        """Under this block the layers of a causal LM of transformers swap; after it they do not."""
        layers = list(layers_of(model))
        kind = getattr(model.config, "_attn_implementation", None)
        if kind != "sdpa":
            raise Unsupported(
                f"The model runs {kind!r} attention, whose scores would all have to be swapped. "
                "Call `model.set_attn_implementation('sdpa')` first."
            )
        if any(getattr(x, "gradient_checkpointing", False) for x in model.modules()):
            raise InputError("The model checkpoints its layers already; turn that off first.")
        with ThreadPoolExecutor(1, "combray-swap") as worker, ExitStack() as undo:
            run = _Run(self, worker, Ledger())
            for layer in layers[: max(0, len(layers) - self.keep_last)]:
                undo.callback(_restore, layer, layer.__dict__.get("forward"))
                layer.forward = run.wrap(layer, layer.forward)
            undo.callback(run.close)
            yield run.ledger


def _restore(layer: nn.Module, own: Any) -> None:
    if own is None:
        del layer.forward
    else:
        layer.forward = own


class _Run:
    """The layers of one attached model, in the order they ran."""

    def __init__(self, how: MemoSwap, worker: ThreadPoolExecutor, ledger: Ledger) -> None:
        self.how, self.worker, self.ledger = how, worker, ledger
        self.closed = False
        self._out: deque[Future[None]] = deque()
        self._last: weakref.ref[_Pass] | None = None

    def wrap(self, layer: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        """The layer's forward pass, watched."""

        def run(hidden_states: Tensor, *args: Any, **kwargs: Any) -> Any:
            if not torch.is_grad_enabled():
                return forward(hidden_states, *args, **kwargs)
            if any(kwargs.get(name) is not None for name in ("past_key_values", "cache")):
                raise Unsupported("A cache cannot be filled twice: train with use_cache=False.")
            before = self._last() if self._last is not None else None
            under = _Pass(self, layer, forward, (hidden_states, args, kwargs), before)
            with saved_tensors_hooks(under.pack, under.unpack), Watch(under):
                out = forward(hidden_states, *args, **kwargs)
            if not under.attended:
                raise Unsupported("This layer ran no fused attention; it cannot be computed again.")
            self._last = weakref.ref(under)
            self._send(under)
            return out

        return run

    def close(self) -> None:
        """From now on nothing is brought back before it is asked for."""
        self.closed = True

    def _send(self, under: _Pass) -> None:
        """Swap out beside the work; a third layer waits until the first is out."""
        self.ledger.layers_out += 1
        under.left = self.worker.submit(under.leave)
        self._out.append(under.left)
        if len(self._out) > 2:
            self._out.popleft().result()


class _Pass:
    """One forward pass of one layer: what it saved, where that is, and how to have it again."""

    def __init__(
        self,
        run: _Run,
        layer: nn.Module,
        forward: Callable[..., Any],
        given: tuple[Tensor, Any, Any],
        before: _Pass | None,
    ) -> None:
        hidden, self._args, self._kwargs = given
        self._run, self._forward = run, forward
        self.b, self.s = hidden.shape[0], hidden.shape[1]
        self._stay = round(run.how.alpha * self.s)
        own = [*layer.parameters(), *layer.buffers()]
        outside = [x for x in tree_iter((self._args, self._kwargs)) if isinstance(x, Tensor)]
        self._outside = {x.untyped_storage()._cdata for x in (*own, *outside)}
        self._known: dict[Any, Saved] = {}
        self._order: list[Saved | None] = []
        self._before = weakref.ref(before) if before is not None else None
        self._back: Future[dict[Saved, Tensor]] | None = None
        self.left: Future[None] | None = None
        self.noted: list[Any] = []
        self.attended = False
        self._grad = hidden.requires_grad
        self._input = self._keep(hidden)

    def _keep(self, x: Tensor, span: Span | None = None) -> Saved:
        """The entry of a tensor, the same for every time it is saved."""
        x = x.detach()
        key = (x.data_ptr(), x.shape, x.stride(), x.dtype)
        if key not in self._known:
            self._known[key] = Saved(x, span)
        return self._known[key]

    def note(self, x: Any, dim: int | None = None) -> Any:
        """Keep a result that is not computed again: of attention, or of chance."""
        if not isinstance(x, Tensor):
            return x
        if dim is None:
            span = span_of(x, self.b, self.s)
            if span is None:
                raise Unsupported(
                    f"Where the {self.s} tokens are in a random mask of shape {tuple(x.shape)} "
                    "cannot be told; use another length of sequence."
                )
            return Noted(self._keep(x.clone()), span)
        return Noted(self._keep(x), Span(tuple(x.shape), dim))

    def pack(self, x: Tensor) -> Any:
        """Autograd saves a tensor."""
        if x.untyped_storage()._cdata in self._outside or not x.numel():
            self._order.append(None)
            return x if x.is_leaf else x.detach()
        saved = self._keep(x, span_of(x, self.b, self.s))
        self._order.append(saved)
        return saved

    def unpack(self, packed: Any) -> Tensor:
        """Autograd wants it back."""
        if isinstance(packed, Tensor):
            return packed
        saved: Saved = packed
        here = saved.here
        if here is None:
            self._return()
            here = saved.here
            assert here is not None
        return here

    def leave(self) -> None:
        """Send everything out; runs beside the next layer."""
        for saved in self._known.values():
            x = saved.here
            assert x is not None
            if x._version != saved.version:
                raise Unsupported("A layer changed in place what it had saved; it cannot swap.")
            part = x if saved.span is None else saved.span.part(x, 0, self._stay)
            saved.handle = self._run.how.host.put(part)
            self._run.ledger.bytes_out += part.numel() * part.element_size()
            saved.here = None

    def fetch(self) -> None:
        """Begin to bring back what went out, beside the work under way."""
        if self._back is None and not self._run.closed:
            self._back = self._run.worker.submit(self._load)

    def _load(self) -> dict[Saved, Tensor]:
        return {x: x.handle.get() for x in self._known.values() if x.handle is not None}

    def _return(self) -> None:
        """Have everything here again: what went out, and what is computed again."""
        assert self.left is not None
        self.left.result()
        parts = self._back.result() if self._back is not None else self._load()
        self._back = None
        before = self._before() if self._before is not None else None
        if before is not None:
            before.fetch()
        again = self._again(parts) if self._stay < self.s else {}
        for saved, part in parts.items():
            saved.here = saved.whole(part, again.get(saved))

    def _again(self, parts: dict[Saved, Tensor]) -> dict[Saved, Tensor]:
        """Tokens stay … s-1 of what is kept in part, from the layer run over them alone."""
        first = max(0, min(self._stay, self.s - LEAST))
        cut = Cut(first, self.s)
        hidden = parts[self._input].narrow(1, first, self.s - first).requires_grad_(self._grad)
        fixed = [
            tree_map(lambda x: x.tokens(parts, first) if isinstance(x, Noted) else x, each)
            for each in self.noted
        ]
        args, kwargs = tree_map(cut, (self._args, self._kwargs))
        found: list[Tensor] = []

        def collect(x: Tensor) -> Tensor:
            found.append(x.detach())
            return x.detach()

        with torch.enable_grad(), saved_tensors_hooks(collect, same), Replay(fixed):
            self._forward(hidden, *args, **kwargs)
        self._run.ledger.tokens_again += (self.s - first) * self.b
        if len(found) != len(self._order):
            raise Unsupported("A layer saved other tensors when it was computed again.")
        pairs = zip(self._order, found, strict=True)
        skip = self._stay - first
        return {x: x.tail(y, skip, self.s - first) for x, y in pairs if x is not None and x.span}
