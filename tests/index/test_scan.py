"""The scan: products by eight-bit codes, exact for the best, and plain without them."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from combray.index import scan
from combray.index.scan import EXACT, Scan
from combray.recall.rank.fusion import top

WIDTH = 32
coded = pytest.mark.skipif(find_spec("numkong") is None, reason="pip install 'combray[fast]'")


def rows_of(size: int, seed: int = 0) -> np.ndarray:
    """Random rows of unit length."""
    rows = np.random.default_rng(seed).standard_normal((size, WIDTH)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> Scan:
    """A scan that codes from a thousand rows on."""
    monkeypatch.setattr(scan, "WORTH", 1000)
    return Scan()


def test_few_rows_are_not_coded(fast: Scan) -> None:
    """Below WORTH the products are those of the vectors, number for number."""
    rows = rows_of(999)
    fast.follow(rows, [])
    assert fast.nbytes() == 0
    exact = [
        sum(a * b for a, b in zip(row, rows[3].tolist(), strict=True)) for row in rows.tolist()
    ]
    assert fast.products(rows, rows[3]).tolist() == pytest.approx(exact, abs=1e-6)


def test_codes_are_worth_it_from_twenty_thousand_rows() -> None:
    """The bound that ships, and how many of the best are made exact."""
    assert (scan.WORTH, EXACT) == (20_000, 512)


def test_without_the_package_nothing_is_coded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every product is exact then, however many rows there are."""
    monkeypatch.setattr(scan, "WORTH", 10)
    monkeypatch.setattr(scan, "find_spec", lambda _name: None)
    plain, rows = Scan(), rows_of(600)
    plain.follow(rows, [])
    assert plain.nbytes() == 0
    assert plain.products(rows, rows[0]).tolist() == np.vecdot(rows, rows[0]).tolist()


@coded
def test_the_best_are_exact_and_the_rest_are_near(fast: Scan) -> None:
    """The 512 best have the product of their vectors; no other is off by a hundredth."""
    rows = rows_of(3000)
    fast.follow(rows, [])
    for query in rows_of(5, seed=1):
        exact, found = np.vecdot(rows, query), fast.products(rows, query)
        best = np.argsort(-found)[: EXACT // 2]
        assert found[best].tolist() == exact[best].tolist()
        assert np.abs(found - exact).max() < 0.01
        assert (found != exact).any(), "they are codes"
        assert np.argsort(-found)[:20].tolist() == np.argsort(-exact)[:20].tolist()


@coded
def test_a_byte_a_number_and_four_a_row(fast: Scan) -> None:
    """The codes take a quarter of the vectors, and each row has a scale."""
    fast.follow(rows_of(1000), [])
    assert fast.nbytes() == 1000 * (WIDTH + 4)


@coded
def test_following_in_parts_codes_as_at_once(fast: Scan) -> None:
    """A row's code depends on the row alone; parts longer than PART are coded too."""
    rows = rows_of(scan.PART + 1500)
    fast.follow(rows[:1000], [])
    fast.follow(rows[:1001], [])
    fast.follow(rows, [])
    whole = Scan()
    whole.follow(rows, [])
    query = rows_of(1, seed=2)[0]
    assert fast.products(rows, query).tolist() == whole.products(rows, query).tolist()


@coded
def test_changed_rows_are_coded_anew(fast: Scan) -> None:
    """A row whose vector came late scores by its vector; rows that are new are coded once."""
    rows = rows_of(1200)
    rows[[5, 700]] = 0
    fast.follow(rows[:1000], [])
    query = rows_of(1, seed=3)[0]
    rows[5] = rows[700] = query
    fast.follow(rows, [5, 700, 1100])
    found = fast.products(rows, query)
    assert found[5] == found[700] == pytest.approx(1)
    assert np.abs(found - np.vecdot(rows, query)).max() < 0.01


@coded
def test_rows_without_a_vector_score_nothing(fast: Scan) -> None:
    """Zeros have no scale to blow up."""
    rows = rows_of(1100)
    rows[::2] = 0
    fast.follow(rows, [])
    found = fast.products(rows, rows[1])
    assert np.isfinite(found).all()
    assert not found[::2].any()


@coded
def test_a_question_of_zeros_is_answered_by_zeros(fast: Scan) -> None:
    """No direction, no product, no NaN."""
    rows = rows_of(1100)
    fast.follow(rows, [])
    assert not fast.products(rows, np.zeros(WIDTH, np.float32)).any()


@coded
@pytest.mark.parametrize("size", [0, 1, 100, EXACT, EXACT + 1, 999])
def test_an_older_frame_scans_its_own_rows(fast: Scan, size: int) -> None:
    """A reader that holds fewer rows than are coded by now has the products of its rows."""
    rows = rows_of(2000)
    fast.follow(rows, [])
    query = rows_of(1, seed=4)[0]
    found = fast.products(rows[:size], query)
    assert found.shape == (size,)
    assert found.tolist() == pytest.approx(np.vecdot(rows[:size], query).tolist(), abs=0.01)


@coded
def test_rows_that_are_not_coded_yet_are_read_themselves(fast: Scan) -> None:
    """A view that has more rows than codes is scanned exactly."""
    rows = rows_of(1500)
    fast.follow(rows[:1000], [])
    assert fast.products(rows, rows[0]).tolist() == np.vecdot(rows, rows[0]).tolist()


@coded
def test_a_scan_by_codes_finds_the_exact_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without eight-bit codes the first ten are those of a plain product."""
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
