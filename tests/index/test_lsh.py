"""Hash tables find what is near: the nearer, the surer, after a restart as before."""

from __future__ import annotations

import numpy as np
import pytest

from combray.index.lsh import Hashing, Tables

WIDTH = 48


def clustered(rng: np.random.Generator, n: int, centres: int = 200) -> np.ndarray:
    """Unit vectors around some centres, as texts about some topics are; (n, WIDTH)."""
    middle = rng.standard_normal((centres, WIDTH)).astype(np.float32)
    rows = middle[rng.integers(0, centres, n)]
    rows = rows + 0.5 * rng.standard_normal((n, WIDTH)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_the_chance_of_one_bucket_falls_with_the_angle() -> None:
    """Over 10,000 tables, pairs at a wider angle share a bucket less often."""
    rng = np.random.default_rng(0)
    tables = Tables(Hashing(tables=10_000, buckets=16), width=16)
    x, y = np.linalg.qr(rng.standard_normal((16, 2)))[0].T.astype(np.float32)
    angles = np.radians([0, 15, 30, 50, 75, 110])
    turned = np.cos(angles)[:, None] * x + np.sin(angles)[:, None] * y
    codes = tables.codes(turned.astype(np.float32))
    chance = (codes == codes[0]).mean(axis=1)
    assert chance[0] == 1
    assert (np.diff(chance) < 0).all(), chance
    assert chance[-1] < 2 / 16, "past a right angle it is under chance"


def test_few_rows_are_scanned_and_the_nearest_are_among_them() -> None:
    """Recall@10 is at least .95 at no more than a fifth of 5,000 rows, far above a random fifth."""
    rng = np.random.default_rng(1)
    vectors = clustered(rng, 5_000)
    queries = vectors[:50] + 0.05 * rng.standard_normal((50, WIDTH)).astype(np.float32)
    tables = Tables(Hashing(), WIDTH)
    tables.file(vectors, range(len(vectors)))
    recalled, scanned = [], []
    for query in queries:
        nearest = np.argsort(-(vectors @ query))[:10]
        found = tables.candidates(query)
        recalled.append(np.isin(nearest, found).mean())
        scanned.append(len(found) / len(vectors))
    assert np.mean(recalled) >= 0.95
    assert np.mean(scanned) <= 0.20


def test_filing_one_by_one_equals_filing_at_once_and_again() -> None:
    """Buckets depend on the vector and the seed alone."""
    vectors = clustered(np.random.default_rng(2), 300)
    at_once, slowly = Tables(Hashing(), WIDTH), Tables(Hashing(), WIDTH)
    codes = at_once.file(vectors, range(300))
    for row in range(300):
        assert (slowly.file(vectors[row : row + 1], [row])[0] == codes[row]).all()
    for query in vectors[:20]:
        assert at_once.candidates(query).tolist() == slowly.candidates(query).tolist()


@pytest.mark.parametrize("least", [1, 10, 100])
def test_asking_for_more_lowers_the_agreement(least: int) -> None:
    """A query far from everything still gets rows to look at."""
    vectors = clustered(np.random.default_rng(3), 400)
    tables = Tables(Hashing(), WIDTH)
    assert not len(tables.candidates(vectors[0], least))
    tables.file(vectors, range(400))
    far = np.random.default_rng(4).standard_normal(WIDTH).astype(np.float32)
    assert len(tables.candidates(far, least)) >= least
