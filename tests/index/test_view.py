"""The view of a tenant: many threads on one memory, fast scans that stay exact."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest

from combray import Memory
from combray.index import scan
from combray.index.scan import Scan
from combray.recall.rank.fusion import top
from tests.words import Words


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads that change places as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("system", ["evidence", "hybrid"])
def test_threads_search_while_others_add(system: str) -> None:
    """Three threads search one memory while a fourth adds to it: no error, no half state."""
    done = Event()
    with Memory(embedder=Words(), system=system) as memory, ThreadPoolExecutor(4) as pool:
        memory.add("heron 0 by the river", user_id="u")

        def search() -> int:
            looks = 0
            while not done.is_set():
                assert memory.search("heron by the river", user_id="u", limit=3)
                looks += 1
            return looks

        looking = [pool.submit(search) for _ in range(3)]
        for number in range(1, 60):
            turns = [{"role": "user", "content": f"heron {number} {n}"} for n in range(3)]
            memory.add(turns, user_id="u", session_id="s")
        done.set()
        assert all(future.result() for future in looking)


def test_a_frame_does_not_change_while_it_is_held() -> None:
    """A reader keeps the rows it began with; the next one sees what came; then all is one again."""
    with Memory(embedder=Words()) as memory:
        kept = memory.add("The heron stands in Rome.", user_id="u")[0]
        view = memory._runtime.view
        old = view("u")
        memory.add("The heron stands in Paris.", user_id="u")
        memory.delete(kept.id)
        new = view("u")
        assert (len(old), old.rows.alive.values.tolist()) == (1, [True])
        assert (len(new), new.rows.alive.values.tolist()) == (2, [False, True])
        assert old.words.postings.find("heron")[0].tolist() == [0]
        assert new.words.postings.find("heron")[0].tolist() == [0, 1]
        assert len(old.names.mentions[old.names.named[0][0]]) == 1
        again = view("u")
        assert again.rows.seq is new.rows.seq


def test_a_scan_by_codes_finds_the_exact_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without eight-bit codes the first ten are those of a plain product."""
    pytest.importorskip("numkong")
    monkeypatch.setattr(scan, "WORTH", 2000)
    random = np.random.default_rng(5)
    centres = random.standard_normal((50, 64))
    rows = centres[random.integers(0, 50, 5000)] + 0.6 * random.standard_normal((5000, 64))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    rows[7] = 0
    fast = Scan()
    fast.follow(rows[:3000], [])
    rows[2:5] = rows[10:13]
    fast.follow(rows, [2, 3, 4])
    assert fast.nbytes() > 0
    for query in rows[20:40]:
        exact = np.vecdot(rows, query)
        found = fast.products(rows, query)
        assert np.abs(found - exact).max() < 0.02
        assert found[7] == 0
        assert top(found, 10).tolist() == top(exact, 10).tolist()
        assert np.array_equal(Scan().products(rows, query), exact)


@pytest.mark.parametrize("positive", [True, False])
def test_the_best_rows_are_those_of_a_full_sort(positive: bool) -> None:
    """`top` equals sorting all allowed rows, ties in the order of rows."""
    random = np.random.default_rng(1)
    for _ in range(50):
        size, k = int(random.integers(0, 200)), int(random.integers(1, 30))
        scores = np.round(random.standard_normal(size), 1).astype(np.float32)
        allowed = random.random(size) < 0.5
        rows = [r for r in range(size) if allowed[r] and (scores[r] > 0 or not positive)]
        best = sorted(rows, key=lambda r: (-scores[r], r))[:k]
        assert top(scores, k, allowed, positive=positive).tolist() == best
