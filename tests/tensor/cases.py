"""The cases of the tensor tiers: caches with policies, virtual memory, weights on disk, swaps."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from combray.core.catalogue import POLICY, registry
from combray.systems.activation.flash import Flash
from combray.systems.activation.memo_swap import MemoSwap
from combray.systems.activation.vattention import VAttention
from combray.tensor import attach
from combray.tensor.kv.cache import PolicyCache
from combray.tensor.kv.kv_store import KV
from combray.tensor.learn.tiny import Needles, Recipe, blank
from combray.tensor.offload.host import DiskStore
from combray.tensor.offload.sparsity import Oracle
from combray.tensor.paging.pages import HostPages
from tests.cases import Case
from tests.tensor.small import POLICIES, model_of, run, words

PAGE = mmap.PAGESIZE
LENGTH, BUDGET = 30, 12


@contextmanager
def one_thread() -> Iterator[None]:
    """Small products are slower on several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Unsaved:
    """A case whose state is not kept: it lies in a model that is at hand."""

    saves = False

    def save(self, session: Any, place: Path, /) -> None:
        """There is nothing to keep."""
        raise NotImplementedError

    def load(self, place: Path, /) -> AbstractContextManager[Any]:
        """There is nothing to load."""
        raise NotImplementedError


# ── caches under a policy ────────────────────────────────────────────────────────────────────────


class CacheSession:
    """A small model that reads thirty tokens in two goes, and is asked for the next."""

    def __init__(self, model: Any, cache: PolicyCache, written: Tensor, budget: int | None) -> None:
        self.model, self.cache = model, cache
        self._written, self._budget = written, budget

    def write(self) -> None:
        """Read the tokens."""
        for part in words(2, LENGTH).split(20, dim=1):
            run(self.model, part, self.cache)

    def ask(self) -> Any:
        """What every layer holds, and what the model says next; the cache stays as it is."""
        held = [self.cache.positions(i).tolist() for i in range(len(self.cache.layers))]
        logits = run(self.model, words(2, 1, seed=5), self.cache.fork())
        return held, logits.tolist()

    def recalled(self) -> bool:
        """The entries that were not merged are, bit for bit, keys that were written there."""
        layer = self.cache.layers[0]
        heads = layer.keys.shape[1]
        position = layer.entries.position.expand(-1, heads, -1)
        whole = layer.entries.mass.expand(-1, heads, -1) == 1
        place = position[..., None].expand(-1, -1, -1, layer.keys.shape[-1])
        return bool(whole.any()) and torch.allclose(
            layer.keys[whole], self._written.gather(2, place)[whole], atol=1e-6
        )

    def empty(self) -> bool:
        """Nothing is held, and the model says what it says without a cache."""
        held = sum(self.cache.positions(i).numel() for i in range(len(self.cache.layers)))
        token = words(2, 1, seed=5)
        alone = run(self.model, token, DynamicCache(config=self.model.config), use_cache=False)
        return not held and torch.allclose(alone, run(self.model, token, self.cache.fork()))

    def spent(self) -> list[tuple[float, float]]:
        """The entries of each layer."""
        most = LENGTH if self._budget is None else self._budget
        return [(layer.held, most) for layer in self.cache.layers]


@dataclass(frozen=True)
class CacheCase:
    """A cache policy by name, with options that fit short sequences."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    budget: int | None = BUDGET
    saves: bool = True

    @contextmanager
    def open(self, **options: Any) -> Iterator[CacheSession]:
        """An empty cache under the policy."""
        model = model_of("llama")
        plain = DynamicCache(config=model.config)
        run(model, words(2, LENGTH), plain)
        given = {**self.options, **options}
        with one_thread(), attach(model, self.name, budget=self.budget, **given) as cache:
            yield CacheSession(model, cache, plain.layers[0].keys, self.budget)

    def save(self, session: CacheSession, place: Path, /) -> None:
        """The cache as torch writes it."""
        torch.save(session.cache, place / "cache.pt")

    @contextmanager
    def load(self, place: Path, /) -> Iterator[CacheSession]:
        """The cache that was written, under the same policy."""
        with self.open() as session:
            session.cache = torch.load(place / "cache.pt", weights_only=False)
            yield session

    def showcase(self, **options: Any) -> Any:
        """What is held and said after two turns with one answer between them."""
        with self.open(**options) as session:
            session.write()
            run(session.model, words(2, 1, seed=7), session.cache)
            run(session.model, words(2, 9, seed=8), session.cache)
            return session.ask()


# ── virtual memory ───────────────────────────────────────────────────────────────────────────────


class StoreSession:
    """One layer's keys and values in virtual memory, told in three parts."""

    def __init__(self, memory: VAttention) -> None:
        self.memory, self.store = memory, memory.store()
        rng = torch.Generator().manual_seed(0)
        parts = [torch.randn(2, 2, 2, t, 16, generator=rng) for t in (20, 9, 1)]
        self._parts = [KV(x[0], x[1]) for x in parts]
        self.held: KV | None = None

    def write(self) -> None:
        """Append the parts."""
        for part in self._parts:
            self.held = self.store.append(part)

    def ask(self) -> Any:
        """Everything that is held."""
        return None if self.held is None else [x.tolist() for x in self.held]

    def recalled(self) -> bool:
        """It is what a concatenation holds."""
        joined = [torch.cat(list(x), dim=2) for x in zip(*self._parts, strict=True)]
        return self.held is not None and all(map(torch.equal, joined, self.held))

    def empty(self) -> bool:
        """No entry and no page."""
        return self.ask() is None and self.store.nbytes == self.memory.mapped == 0

    def spent(self) -> list[tuple[float, float]]:
        """Physical memory, and the pages that the entries need, ⌈t / tokens of a page⌉."""
        token = 2 * 16 * 4
        pages = 4 * -(-LENGTH * token // PAGE)
        return [(self.memory.mapped, 16 * PAGE), (self.memory.mapped, pages * PAGE)]


@dataclass(frozen=True)
class StoreCase:
    """vAttention over pages of this machine."""

    name: str = "vattention"
    saves: bool = True

    @contextmanager
    def open(self, **options: Any) -> Iterator[StoreSession]:
        """A store without entries."""
        yield StoreSession(VAttention(HostPages(PAGE), tokens=64, limit=16 * PAGE, **options))

    def save(self, session: StoreSession, place: Path, /) -> None:
        """The entries, which are views of one file of addresses, as tensors of their own."""
        assert session.held is not None
        torch.save([x.clone() for x in session.held], place / "entries.pt")

    @contextmanager
    def load(self, place: Path, /) -> Iterator[StoreSession]:
        """A store that the entries were put into."""
        with self.open() as session:
            session.held = session.store.append(KV(*torch.load(place / "entries.pt")))
            yield session

    def showcase(self, **options: Any) -> Any:
        """Bytes of two requests that share a prefix, after one of them wrote and ended."""
        with self.open(**options) as session:
            session.write()
            bytes_ = [session.memory.mapped]
            twin = session.store.fork()
            bytes_.append(session.memory.mapped)
            twin.append(session._parts[1])
            bytes_.append(session.memory.mapped)
            twin.clear()
            bytes_.append(session.memory.mapped)
            counts = session.memory.allocator.counts
            return bytes_, session.memory.trim(), counts.waited, counts.reclaimed


# ── weights on disk ──────────────────────────────────────────────────────────────────────────────


def relu_model() -> Any:
    """An untrained model with ReLU, the same each time."""
    return blank(Recipe(task=Needles(), extra={"hidden_act": "relu"}))


def knowing(weights: Any) -> Oracle:
    """A predictor that knows which neurons fire."""
    bias = weights.gate.bias
    return Oracle(weights.gate.weight.detach().clone(), None if bias is None else bias.detach())


class FlashSession:
    """A model whose feed-forward weights are written to disk, asked for logits."""

    def __init__(self, how: Flash, undo: ExitStack) -> None:
        self.how, self.ledger = how, None
        self.model = relu_model()
        self._undo = undo
        self._tokens = torch.randint(1, 300, (2, 12), generator=torch.Generator().manual_seed(0))
        self._dense = self._logits()

    def _logits(self) -> Tensor:
        with torch.no_grad():
            logits: Tensor = self.model(input_ids=self._tokens).logits
        return logits

    def write(self) -> None:
        """Put the weights on disk."""
        attached = self.how.attach(self.model, predictor=knowing)
        self.ledger = self._undo.enter_context(attached)

    def ask(self) -> Any:
        """The logits."""
        return self._logits().tolist()

    def recalled(self) -> bool:
        """They are those of the weights in memory, and weights were read for them."""
        same = torch.allclose(self._logits(), self._dense, atol=1e-5)
        return same and self.ledger is not None and self.ledger.nbytes > 0

    def empty(self) -> bool:
        """The model is whole and nothing is on disk."""
        return torch.equal(self._logits(), self._dense) and not list(self.how.folder.iterdir())

    def spent(self) -> list[tuple[float, float]]:
        """The share of the neurons that are in memory, in each layer."""
        self._logits()
        assert self.ledger is not None
        return [(part.held, self.how.budget) for part in self.ledger.parts]


@dataclass(frozen=True)
class FlashCase(Unsaved):
    """LLM in a flash, with an oracle for a predictor."""

    name: str = "flash"

    @contextmanager
    def open(self, **options: Any) -> Iterator[FlashSession]:
        """A model that is still in memory."""
        with one_thread(), tempfile.TemporaryDirectory() as folder, ExitStack() as undo:
            given = {"budget": 0.75, "window": 3, **options}
            yield FlashSession(Flash(folder=Path(folder), **given), undo)

    def showcase(self, **options: Any) -> Any:
        """Logits, and the bytes and reads that a few tokens took, one after another."""
        with self.open(**options) as session:
            session.write()
            assert session.ledger is not None
            counts = []
            for token in range(1, 9):
                with torch.no_grad():
                    session.model(input_ids=torch.tensor([[token]]))
                counts.append((session.ledger.nbytes, session.ledger.reads))
            return session.ask(), counts, session.spent()


# ── swapping ─────────────────────────────────────────────────────────────────────────────────────

ROOM = 4 * 2**20


class SwapSession:
    """A training step whose saved activations go out to a file and come back."""

    def __init__(self, how: MemoSwap, undo: ExitStack) -> None:
        self.how, self._undo = how, undo
        self.ledger: Any = None
        self.model = blank(Recipe(task=Needles(), layers=3)).train()
        self._tokens = torch.randint(1, 300, (2, 150), generator=torch.Generator().manual_seed(0))
        self._plain = self.gradients()

    def gradients(self) -> list[Tensor]:
        """Of every weight, after one step from the same random state."""
        self.model.zero_grad()
        torch.manual_seed(3)
        loss = self.model(input_ids=self._tokens, labels=self._tokens, use_cache=False).loss
        loss.backward()
        return [weight.grad.clone() for weight in self.model.parameters()]

    def write(self) -> None:
        """Let the layers swap from now on."""
        self.ledger = self._undo.enter_context(self.how.attach(self.model))

    def ask(self) -> Any:
        """The sum of each gradient, to the bit."""
        return [float(x.double().sum()).hex() for x in self.gradients()]

    def recalled(self) -> bool:
        """Every bit of the gradients is as if nothing had gone out, and something had."""
        same = all(map(torch.equal, self._plain, self.gradients()))
        return same and self.ledger.bytes_out > 0

    def empty(self) -> bool:
        """A model that does not swap has the gradients it has."""
        return self.ledger is None and all(map(torch.equal, self._plain, self.gradients()))

    def spent(self) -> list[tuple[float, float]]:
        """The bytes of the file; a host without that room refuses."""
        self.gradients()
        return [(self.ledger.bytes_out, ROOM)]


@dataclass(frozen=True)
class SwapCase(Unsaved):
    """MEMO with half of the tokens swapped and half computed again."""

    name: str = "memo_swap"

    @contextmanager
    def open(self, **options: Any) -> Iterator[SwapSession]:
        """A model that keeps everything."""
        given = {"alpha": 0.5, "keep_last": 1, "host": DiskStore(ROOM), **options}
        with one_thread(), ExitStack() as undo:
            yield SwapSession(MemoSwap(**given), undo)

    def showcase(self, **options: Any) -> Any:
        """The gradients, with the bytes that went out and the tokens computed again for them."""
        with self.open(**options) as session:
            session.write()
            gradients, ledger = session.ask(), session.ledger
            return gradients, ledger.bytes_out, ledger.tokens_again, ledger.layers_out


TENSOR_CASES: tuple[Case, ...] = (
    *(
        CacheCase(row.name, POLICIES.get(row.name, {}), BUDGET if row.name in POLICIES else None)
        for row in registry().values()
        if row.kind == POLICY
    ),
    StoreCase(),
    FlashCase(),
    SwapCase(),
)
