"""Virtual memory for keys and values, against concatenation and a model of who holds what."""

import mmap
import os
from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from transformers import DynamicCache

from combray.core.errors import InputError, Unsupported
from combray.systems.activation.vattention import VAttention, store_for_this_system
from combray.tensor import CACHE_ARGUMENT, attach
from combray.tensor.kv.kv_store import KV, DenseStore
from combray.tensor.learn.tiny import Needles, Recipe, blank
from combray.tensor.paging.allocator import Allocator, best_fit
from combray.tensor.paging.cuda_pages import CudaPages
from combray.tensor.paging.pages import CountingPages, HostPages
from combray.tensor.paging.simulate import Request, serve, waste
from combray.tensor.sizing.estimate import block_of

pytestmark = pytest.mark.torch
PAGE = mmap.PAGESIZE


def entries(rows: int, t: int, seed: int, heads: int = 2, width: int = 16) -> KV:
    """Random keys and values (rows heads t width)."""
    rng = torch.Generator().manual_seed(seed)
    shape = (rows, heads, t, width)
    return KV(torch.randn(shape, generator=rng), torch.randn(shape, generator=rng))


def equal(a: KV, b: KV) -> bool:
    """Whether keys and values are the same bits."""
    return torch.equal(a.keys, b.keys) and torch.equal(a.values, b.values)


class Stores(RuleBasedStateMachine):
    """Random histories of virtual stores beside dense ones that do the same."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = VAttention(HostPages(PAGE), tokens=40, ahead=1)
        self.pairs: list[tuple[Any, DenseStore]] = [(self.memory.store(), DenseStore())]
        self.held: list[KV | None] = [None]
        self.drawn = 0

    def _replace(self, i: int, kept: KV) -> None:
        copy = KV(kept.keys.clone(), kept.values.clone())
        self._set(i, self.pairs[i][0].replace(kept), self.pairs[i][1].replace(copy))

    def _pick(self, i: int) -> int:
        return i % len(self.pairs)

    def _set(self, i: int, virtual: KV, dense: KV) -> None:
        assert equal(virtual, dense)
        self.held[i] = virtual

    @rule(i=st.integers(0, 9), t=st.integers(1, 50))
    def append(self, i: int, t: int) -> None:
        """Add entries."""
        i = self._pick(i)
        self.drawn += 1
        held = self.held[i]
        new = entries(2 if held is None else held.keys.shape[0], t, self.drawn)
        self._set(i, self.pairs[i][0].append(new), self.pairs[i][1].append(new))

    @rule(i=st.integers(0, 9), cut=st.integers(0, 60))
    def crop(self, i: int, cut: int) -> None:
        """Take back the newest."""
        i = self._pick(i)
        held = self.held[i]
        if held is not None and (t := held.keys.shape[2] - cut) > 0:
            kept = KV(held.keys[:, :, :t], held.values[:, :, :t])
            self._replace(i, kept)

    @rule(i=st.integers(0, 9), rows=st.integers(1, 3))
    def evict(self, i: int, rows: int) -> None:
        """Keep every second entry, of other rows."""
        i = self._pick(i)
        held = self.held[i]
        if held is not None:
            index = torch.arange(rows) % held.keys.shape[0]
            kept = KV(held.keys[index][:, :, ::2], held.values[index][:, :, ::2])
            self._set(
                i,
                self.pairs[i][0].replace(kept),
                self.pairs[i][1].replace(KV(*map(torch.clone, kept))),
            )

    @rule(i=st.integers(0, 9), shift=st.integers(1, 5))
    def keep_a_view(self, i: int, shift: int) -> None:
        """What stays may overlap what is written over."""
        i = self._pick(i)
        held = self.held[i]
        if held is not None and held.keys.shape[2] > shift:
            kept = KV(held.keys[:, :, shift:], held.values[:, :, shift:])
            self._replace(i, kept)

    @rule(i=st.integers(0, 9))
    def clear(self, i: int) -> None:
        """Forget."""
        i = self._pick(i)
        self.held[i] = None
        for store in self.pairs[i]:
            store.clear()

    @precondition(lambda self: len(self.pairs) < 4)
    @rule(i=st.integers(0, 9))
    def fork(self, i: int) -> None:
        """Go on twice from here."""
        i = self._pick(i)
        virtual, dense = self.pairs[i]
        self.pairs.append((virtual.fork(), dense.fork()))
        self.held.append(self.held[i])
        self._touch(len(self.pairs) - 1)

    def _touch(self, i: int) -> None:
        held = self.held[i]
        if held is not None:
            none = KV(held.keys[:, :, :0], held.values[:, :, :0])
            self._set(i, self.pairs[i][0].append(none), self.pairs[i][1].append(none))

    @precondition(lambda self: len(self.pairs) > 1)
    @rule(i=st.integers(0, 9))
    def drop(self, i: int) -> None:
        """Let a store be collected."""
        i = self._pick(i)
        del self.pairs[i], self.held[i]

    @rule()
    def trim(self) -> None:
        """Give back what holds nothing."""
        self.memory.trim()

    @invariant()
    def nothing_else_changed(self) -> None:
        """Every store still holds what its dense twin holds."""
        for (_, dense), held in zip(self.pairs, self.held, strict=True):
            assert (dense._held is None) == (held is None)
            assert held is None or equal(held, dense._held)

    @invariant()
    def no_writable_page_is_shared(self) -> None:
        """What may be written without a look belongs to one slot."""
        for virtual, _ in self.pairs:
            for lane in virtual._lanes or ():
                page, users = lane._page, self.memory.allocator.users
                first = virtual._t * lane._token // page
                for slot in lane._slots:
                    ready = lane._ready * lane._token // page
                    assert all(users(p) == 1 for p in slot.pages[first:ready])
                    assert len(slot.pages) * page >= virtual._t * lane._token


Stores.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestStores = Stores.TestCase


class Pool(RuleBasedStateMachine):
    """Random histories of the allocator; the counted pages know what is under every address."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = CountingPages(1)
        self.pool = Allocator(self.pages, limit=24)
        self.slots = [self._open() for _ in range(4)]

    def _open(self) -> Any:
        return self.pool.open(self.pages.reserve(100).address)

    @rule(i=st.integers(0, 3), n=st.integers(0, 12))
    def grow(self, i: int, n: int) -> None:
        """Hold n pages, own copies of those shared."""
        others = {p for s in self.slots for p in s.pages[: s.kept]}
        if len(others) + n <= 24:
            self.pool.own(self.slots[i], self.slots[i].kept, n)
            self.pool.grow(self.slots[i], n)

    @rule(i=st.integers(0, 3), n=st.integers(0, 12))
    def prepare(self, i: int, n: int) -> None:
        """Map ahead."""
        self.pool.prepare(self.slots[i], n)

    @rule(i=st.integers(0, 3), n=st.integers(0, 12))
    def shrink(self, i: int, n: int) -> None:
        """Hold fewer."""
        self.pool.shrink(self.slots[i], n)

    @rule(i=st.integers(0, 3), j=st.integers(0, 3))
    def share(self, i: int, j: int) -> None:
        """Start a slot over the pages of another."""
        if i != j:
            self.pool.drop([self.slots[j]], self.pages.reserve(1))
            self.slots[j] = self.pool.share(self.slots[i], self.pages.reserve(100).address)

    @rule(i=st.integers(0, 3))
    def move(self, i: int) -> None:
        """Other addresses."""
        self.pool.move(self.slots[i], self.pages.reserve(100).address)

    @rule()
    def trim(self) -> None:
        """Give back what holds nothing."""
        self.pool.trim()
        assert len(self.pages.created) == len({p for s in self.slots for p in s.pages})

    @invariant()
    def books_agree(self) -> None:
        """Users, pages that exist and what is under each address tell the same."""
        assert self.pool.mapped == len(self.pages.created) <= 24
        under = {s.address + i: p for s in self.slots for i, p in enumerate(s.pages)}
        assert under == self.pages.under
        for page in set(under.values()):
            assert self.pool.users(page) == list(under.values()).count(page)


Pool.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestPool = Pool.TestCase


def resident() -> int:
    """Bytes of this process in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_reserving_is_free_and_use_is_what_costs() -> None:
    """4 GiB of addresses cost less than 8 MiB; memory follows the entries, and is given back."""
    before = resident()
    memory = VAttention(tokens=2**22)
    store = memory.store()
    held = store.append(entries(1, 4096, 0, heads=4, width=32))
    assert memory.pages.reserve(4 << 30).nbytes == 4 << 30
    used = 2 * 4096 * 4 * 32 * 4
    assert store._lanes[0]._range.nbytes == 2 << 30
    assert memory.mapped == store.nbytes == used
    assert resident() - before - used < 8 << 20
    del held
    store.clear()
    assert (memory.mapped, memory.trim(), memory.mapped) == (used, used, 0)
    again = store.append(entries(1, 1, 1, heads=4, width=32))
    assert torch.equal(again.keys, entries(1, 1, 1, heads=4, width=32).keys)
    assert not store._lanes[0].view(200)[:, :, 1:].any()


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_generate_is_the_same_bits(family: str) -> None:
    """Greedy answers and scores over virtual memory are those of transformers' own cache."""
    model = blank(Recipe(task=Needles(), family=family))
    ids = torch.randint(1, 60, (2, 30), generator=torch.Generator().manual_seed(0))
    asked = {"max_new_tokens": 20, "do_sample": False, "pad_token_id": 0}
    asked |= {"output_scores": True, "return_dict_in_generate": True}
    plain = model.generate(ids, **{CACHE_ARGUMENT: DynamicCache(config=model.config)}, **asked)
    memory = VAttention(HostPages(PAGE), tokens=16, ahead=2)
    with attach(model, "full", store=memory.store) as cache:
        ours = model.generate(ids, **{CACHE_ARGUMENT: cache}, **asked)
    assert torch.equal(plain.sequences, ours.sequences)
    assert all(map(torch.equal, plain.scores, ours.scores))


def test_policies_run_over_virtual_memory() -> None:
    """A window and beams give the same over virtual memory as over dense memory."""
    model = blank(Recipe(task=Needles()))
    ids = torch.randint(1, 60, (2, 30), generator=torch.Generator().manual_seed(1))
    for policy, options, beams in (("window", {"budget": 12}, 1), ("full", {}, 3)):
        answers = []
        for store in (DenseStore, VAttention(HostPages(PAGE)).store):
            with attach(model, policy, store=store, **options) as cache:
                asked = {"max_new_tokens": 15, "num_beams": beams, "do_sample": False}
                answers.append(
                    model.generate(ids, **{CACHE_ARGUMENT: cache}, pad_token_id=0, **asked)
                )
        assert torch.equal(*answers)


def test_forks_share_the_prefix_until_one_writes() -> None:
    """A fork costs no page; the first write to the last, half full page copies that one."""
    memory = VAttention(HostPages(PAGE))
    store = memory.store()
    prefix = entries(1, 100, 0)
    store.append(prefix)
    before = memory.mapped
    twin = store.fork()
    assert memory.mapped == before
    new = entries(1, 1, 1)
    ours, theirs = twin.append(new), store.append(entries(1, 1, 2))
    assert memory.mapped == before + 2 * PAGE
    assert memory.allocator.counts.copied == 2
    assert torch.equal(ours.keys, torch.cat([prefix.keys, new.keys], 2))
    assert torch.equal(theirs.keys[:, :, :100], prefix.keys)


def test_a_limit_is_kept_and_old_requests_pay_first() -> None:
    """Over the limit, pages of finished requests are taken back; live ones are never touched."""
    memory = VAttention(HostPages(PAGE), limit=8 * PAGE)
    first, second = memory.store(), memory.store()
    first.append(entries(1, 96, 0))
    first.clear()
    held = second.append(entries(1, 96, 1))
    assert memory.mapped == 8 * PAGE
    assert memory.allocator.counts.reclaimed > 0
    with pytest.raises(Unsupported, match="hold entries of live"):
        first.append(entries(1, 96, 2))
    assert torch.equal(held.keys, entries(1, 96, 1).keys)


def test_pages_mapped_ahead_are_not_waited_for() -> None:
    """With mapping ahead, only the first page of each tensor is waited for."""
    waited = {}
    for ahead in (0, 4):
        memory = VAttention(HostPages(PAGE), ahead=ahead)
        store = memory.store()
        for i in range(320):
            store.append(entries(1, 1, i))
            for lane in store._lanes:
                lane._settle()
        waited[ahead] = memory.allocator.counts.waited
    assert waited == {0: 20, 4: 2}


def test_nothing_is_mapped_for_a_request_that_ended() -> None:
    """Mapping ahead that runs after its slot was dropped touches no address and holds no page."""
    pages = CountingPages(1)
    pool = Allocator(pages)
    where = pages.reserve(10)
    slot = pool.open(where.address)
    pool.grow(slot, 2)
    pool.drop([slot], where)
    pool.prepare(slot, 4)
    assert not pages.under
    assert (slot.pages, pool.trim()) == ([], 2)


def test_the_best_slot_is_the_smallest_that_suffices() -> None:
    """A later slot that fits is taken before an empty first one."""
    pool = Allocator(CountingPages(1))
    slots = [pool.open(100 * i) for i in range(3)]
    for slot, n in zip(slots, (0, 20, 10), strict=True):
        pool.prepare(slot, n)
    assert best_fit(slots, 8) is slots[2]
    assert best_fit(slots, 15) is slots[1]
    assert best_fit(slots, 30) is slots[1]
    assert best_fit([], 1) is None


def test_waste_by_size_of_the_page() -> None:
    """Llama-3-8B's sizes, log-normal lengths: half a page a request is lost, static loses 91 %."""
    rng = torch.Generator().manual_seed(0)
    lengths = (7.5 + torch.randn(20_000, generator=rng)).exp().clamp(1, 32768).long().tolist()
    blocks = [block_of(p, heads=8, width=128, nbytes=2) for p in (2**16, 2**18, 2**21)]
    assert blocks == [32, 128, 1024]
    found = [waste(lengths, block) for block in (32768, 16, *blocks)]
    assert found == pytest.approx([0.910, 0.003, 0.005, 0.021, 0.148], abs=0.01)


def test_small_pages_serve_more_requests_at_once() -> None:
    """Static reservation serves a few at a time; pages of any kind serve many, ends the same."""
    rng = torch.Generator().manual_seed(0)
    draw = torch.randint(20, 400, (60, 2), generator=rng).tolist()
    asked = [Request(comes=i, prompt=p, answer=a) for i, (p, a) in enumerate(draw)]
    batch = {b: serve(asked, block=b, capacity=8192).mean_batch for b in (2048, 16, 32)}
    assert batch[2048] <= 4
    assert batch[16] > 4 * batch[2048]
    assert batch[32] > 0.9 * batch[16]
    lazy = serve(asked, block=32, capacity=8192, deferred=True)
    eager = serve(asked, block=32, capacity=8192, deferred=False)
    early = serve(asked, block=32, capacity=8192, deferred=True, ahead=2)
    assert early.waited < lazy.waited < eager.waited


def test_bad_input_is_refused() -> None:
    """Wrong sizes, gradients, a page too small for a token, a device that is not there."""
    with pytest.raises(InputError, match="multiple"):
        HostPages(1000)
    with pytest.raises(InputError, match="positive"):
        VAttention(tokens=0)
    with pytest.raises(InputError, match="holds no token"):
        block_of(100, heads=8, width=128, nbytes=2)
    kv = entries(1, 2, 0)
    with pytest.raises(Unsupported, match="no gradients"):
        VAttention().store().append(KV(kv.keys.requires_grad_(), kv.values))
    if not torch.cuda.is_available():
        with pytest.raises(Unsupported, match="HostPages"):
            CudaPages()


def test_a_system_without_the_calls_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no memfd, virtual memory is refused by name, and the dense store serves."""
    monkeypatch.delattr(os, "memfd_create")
    with pytest.raises(Unsupported, match="DenseStore"):
        VAttention()
    assert isinstance(store_for_this_system(), DenseStore)
