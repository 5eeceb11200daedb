"""What memory a piece of work asks for: every storage made, when, how large, and when it is gone.

Also what PyTorch's caching allocator for devices would reserve for the same requests, by its
published rules, so that plans are measured against it without a device.
"""

from __future__ import annotations

import weakref
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from combray.core.errors import Unsupported
from combray.tensor.offload.addresses import Block

GRAIN = 512
"""Bytes to which requests are rounded, as PyTorch does."""


@dataclass(slots=True)
class Trace:
    """Blocks in the order they were made; moments count makings and endings."""

    blocks: list[Block] = field(default_factory=list)
    marks: list[tuple[str, int]] = field(default_factory=list)

    @property
    def moments(self) -> int:
        """The last moment."""
        return max((block.end for block in self.blocks), default=0)


def record(work: Callable[[Callable[[str], None]], Any]) -> Trace:
    """Run `work(mark)` and note every storage it makes. `mark(name)` notes a moment.

    What is alive at the end counts as living to the end.
    """
    recorder = _Recorder()
    with recorder:
        kept = work(recorder.mark)
    trace = recorder.finish()
    del kept
    return trace


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every operation below autograd and the storages of what it returns."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._now = 0
        self._sizes: list[int] = []
        self._starts: list[int] = []
        self._ends: dict[int, int] = {}
        self._known: dict[int, Any] = {}
        self._marks: list[tuple[str, int]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        before = {id_of(x) for x in tree_iter((args, kwargs)) if isinstance(x, Tensor)}
        out = func(*args, **(kwargs or {}))
        for x in tree_iter(out):
            if isinstance(x, Tensor) and id_of(x) not in before:
                self._note(x)
        return out

    def mark(self, name: str) -> None:
        """Note this moment."""
        self._marks.append((name, self._now))

    def _note(self, x: Tensor) -> None:
        storage = x.untyped_storage()
        key = storage._cdata
        if key in self._known or not storage.nbytes():
            return
        i = len(self._sizes)
        self._sizes.append(-(-storage.nbytes() // GRAIN) * GRAIN)
        self._starts.append(self._now)
        self._now += 1
        self._known[key] = weakref.finalize(storage, self._gone, key, i)

    def _gone(self, key: int, i: int) -> None:
        self._known.pop(key, None)
        self._ends[i] = self._now
        self._now += 1

    def finish(self) -> Trace:
        """The trace; storages still alive end now."""
        for watch in list(self._known.values()):
            watch.detach()
        ends = [self._ends.get(i, self._now) for i in range(len(self._sizes))]
        blocks = map(Block, self._sizes, self._starts, ends)
        return Trace(list(blocks), self._marks)


def id_of(x: Tensor) -> int:
    """What names the storage of a tensor while it lives."""
    return int(x.untyped_storage()._cdata)


SMALL, SMALL_SEGMENT = 2**20, 2**21
LARGE, LARGE_SEGMENT, ROUND = 10 * 2**20, 20 * 2**20, 2**21
"""The sizes of PyTorch's caching allocator: what is small or large, and its segments, in bytes."""


def reserved(traces: Iterable[Sequence[Block]]) -> int:
    """Bytes that PyTorch's caching allocator has reserved after these iterations, one by one."""
    pool = _BestFitPool()
    for blocks in traces:
        events = sorted(
            (moment, kind, i)
            for i, b in enumerate(blocks)
            for moment, kind in ((b.start, 1), (b.end, 0))
        )
        where: dict[int, _Piece] = {}
        for _, kind, i in events:
            if kind:
                where[i] = pool.take(blocks[i].size)
            else:
                pool.give(where.pop(i))
    return pool.reserved


@dataclass(slots=True, eq=False)
class _Piece:
    size: int
    small: bool
    at: tuple[int, int]
    free: bool = False
    before: _Piece | None = None
    after: _Piece | None = None


class _BestFitPool:
    """Best fit in segments that are never given back; a piece is split when enough remains."""

    def __init__(self) -> None:
        self.reserved = 0
        self._segments = 0
        self._free: dict[bool, list[tuple[int, tuple[int, int], _Piece]]] = {True: [], False: []}

    def take(self, size: int) -> _Piece:
        """A piece of at least this size."""
        small = size <= SMALL
        free = self._free[small]
        k = bisect_left(free, (size, (-1, -1)), key=lambda x: x[:2])
        piece = free.pop(k)[2] if k < len(free) else self._segment(size, small)
        piece.free = False
        rest = piece.size - size
        if rest >= GRAIN if small else rest > SMALL:
            at = (piece.at[0], piece.at[1] + size)
            left = _Piece(rest, small, at, before=piece, after=piece.after)
            if piece.after is not None:
                piece.after.before = left
            piece.after, piece.size = left, size
            self._shelve(left)
        return piece

    def _segment(self, size: int, small: bool) -> _Piece:
        total = (
            SMALL_SEGMENT if small else LARGE_SEGMENT if size < LARGE else -(-size // ROUND) * ROUND
        )
        self.reserved += total
        self._segments += 1
        return _Piece(total, small, (self._segments, 0))

    def give(self, piece: _Piece) -> None:
        """Free a piece and join it with free neighbours."""
        for other in (piece.before, piece.after):
            if other is not None and other.free:
                self._unshelve(other)
                piece = _joined(*sorted((piece, other), key=lambda x: x.at))
        self._shelve(piece)

    def _shelve(self, piece: _Piece) -> None:
        piece.free = True
        insort(self._free[piece.small], (piece.size, piece.at, piece), key=lambda x: x[:2])

    def _unshelve(self, piece: _Piece) -> None:
        free = self._free[piece.small]
        free.pop(bisect_left(free, (piece.size, piece.at), key=lambda x: x[:2]))


def _joined(a: _Piece, b: _Piece) -> _Piece:
    a.size += b.size
    a.after = b.after
    if b.after is not None:
        b.after.before = a
    return a


def passes_of(trace: Trace) -> list[tuple[int, int]]:
    """Spans between consecutive marks."""
    moments = [moment for _, moment in trace.marks]
    return [(a, b) for a, b in pairwise(moments) if b > a]


def training_step(model: Any, ids: Tensor) -> Trace:
    """One forward and backward pass of a causal LM (b s), marked at every layer's border.

    Gradients stand in buffers made before, as in training under way; they are left at zero.
    """
    for weight in model.parameters():
        if weight.requires_grad and weight.grad is None:
            weight.grad = torch.zeros_like(weight)
    layers = list(layers_of(model))
    seen: set[int] = set()

    def work(mark: Callable[[str], None]) -> Any:
        def enter(i: int, x: Tensor) -> None:
            if i in seen:
                return
            seen.add(i)
            mark(f"forward {i}")
            if x.requires_grad:
                x.register_hook(lambda _: mark(f"backward {i}"))  # type: ignore[no-untyped-call]

        handles = [
            layer.register_forward_pre_hook(
                lambda _, args, kw, i=i: enter(i, args[0] if args else kw["hidden_states"]),
                with_kwargs=True,
            )
            for i, layer in enumerate(layers)
        ]
        try:
            hidden = model.base_model(input_ids=ids, use_cache=False)[0]
            hidden.register_hook(lambda _: mark("backward"))
            mark("head")
            loss = _loss(model.get_output_embeddings()(hidden), ids)
            loss.backward()  # type: ignore[no-untyped-call]
        finally:
            for handle in handles:
                handle.remove()

    trace = record(work)
    model.zero_grad(set_to_none=False)
    return trace


def _loss(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def layers_of(model: Any) -> Iterable[Any]:
    """The decoder layers of a causal LM of transformers, in order."""
    base = getattr(model, "base_model", model)
    base = getattr(base, "decoder", base)
    for name in ("layers", "h"):
        found = getattr(base, name, None)
        if isinstance(found, torch.nn.ModuleList):
            return found
    raise Unsupported(f"{type(model).__name__} has no list of decoder layers that is known here.")
