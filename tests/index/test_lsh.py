"""Hash tables find what is near: the nearer, the surer, after a restart as before."""

from __future__ import annotations

import numpy as np
import pytest

from combray import Memory
from combray.index.lsh import HashFamily, Index, Tables
from combray.index.view import View
from tests.recall.contexts import filled
from tests.words import Words

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
    tables = Tables(HashFamily(tables=10_000, buckets=16), width=16)
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
    tables = Tables(HashFamily(), WIDTH)
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
    at_once, slowly = Tables(HashFamily(), WIDTH), Tables(HashFamily(), WIDTH)
    codes = at_once.file(vectors, range(300))
    for row in range(300):
        assert (slowly.file(vectors[row : row + 1], [row])[0] == codes[row]).all()
    for query in vectors[:20]:
        assert at_once.candidates(query).tolist() == slowly.candidates(query).tolist()


@pytest.mark.parametrize("least", [1, 10, 100])
def test_asking_for_more_lowers_the_agreement(least: int) -> None:
    """A query far from everything still gets rows to look at."""
    vectors = clustered(np.random.default_rng(3), 400)
    tables = Tables(HashFamily(), WIDTH)
    assert not len(tables.candidates(vectors[0], least))
    tables.file(vectors, range(400))
    far = np.random.default_rng(4).standard_normal(WIDTH).astype(np.float32)
    assert len(tables.candidates(far, least)) >= least


@pytest.mark.parametrize("angle", [20, 45, 80])
def test_the_rate_of_collisions_is_that_of_the_hash(angle: int) -> None:
    """As often as two draws of that correlation have their greatest number in one place.

    Projections of unit vectors on a normal matrix are pairs of normal numbers, correlated by the
    cosine; they are drawn here without any table.
    """
    rng, half, draws = np.random.default_rng(angle), 8, 8_000
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    g, h = rng.standard_normal((2, draws, half))
    one, other = g, cosine * g + sine * h
    place = [np.argmax(np.concatenate([each, -each], axis=1), axis=1) for each in (one, other)]
    expected = float((place[0] == place[1]).mean())
    tables = Tables(HashFamily(tables=draws, buckets=2 * half, seed=angle), width=2)
    pair = np.array([[1, 0], [cosine, sine]], np.float32)
    codes = tables.codes(pair)
    assert float((codes[0] == codes[1]).mean()) == pytest.approx(expected, abs=0.02)


def test_a_code_is_the_greatest_projection() -> None:
    """F(x) = argmax [xR ; -xR] in each table, worked out one number after another."""
    hashing = HashFamily(tables=3, buckets=8)
    vectors = clustered(np.random.default_rng(5), 6)
    codes, directions = Tables(hashing, WIDTH).codes(vectors), hashing.directions(WIDTH)
    for row, vector in enumerate(vectors):
        for table in range(3):
            part = directions[:, 4 * table : 4 * table + 4]
            projected = [float(vector @ part[:, i]) for i in range(4)]
            both = projected + [-p for p in projected]
            assert codes[row, table] == both.index(max(both))


def test_opposite_vectors_have_opposite_codes() -> None:
    """-x falls into the bucket half a table away."""
    tables = Tables(HashFamily(tables=5, buckets=8), WIDTH)
    vectors = clustered(np.random.default_rng(6), 4)
    assert (tables.codes(-vectors) == (tables.codes(vectors) + 4) % 8).all()


def test_the_length_of_a_vector_does_not_matter() -> None:
    """Only its direction is hashed."""
    tables = Tables(HashFamily(), WIDTH)
    vectors = clustered(np.random.default_rng(7), 4)
    assert (tables.codes(8 * vectors) == tables.codes(vectors)).all()


def test_another_seed_or_width_has_other_directions() -> None:
    """And the same ones the same, so that a saved memory finds its own."""
    same = HashFamily(seed=3).directions(4)
    assert (HashFamily(seed=3).directions(4) == same).all()
    assert same.shape == (4, 24 * 32)
    assert (HashFamily(seed=4).directions(4) != same).any()
    assert (HashFamily(seed=3).directions(5)[:4] != same).any()


def agreed(tables: Tables, vectors: np.ndarray, query: np.ndarray, probes: int) -> list[int]:
    """How many tables have each row in one of the query's best buckets."""
    counts = [0] * len(vectors)
    signed = tables._signed(query[None])[0]
    codes = tables.codes(vectors)
    for table in range(len(signed)):
        best = sorted(range(signed.shape[1]), key=lambda b: -signed[table, b])[:probes]
        for row in range(len(vectors)):
            counts[row] += int(codes[row, table]) in best
    return counts


@pytest.mark.parametrize(("probes", "agreements"), [(1, 1), (2, 2), (4, 3)])
def test_candidates_are_rows_that_enough_tables_agree_on(probes: int, agreements: int) -> None:
    """A row is one when `agreements` tables have it in one of their `probes` best buckets."""
    hashing = HashFamily(tables=6, buckets=8, probes=probes, agreements=agreements)
    tables, rng = Tables(hashing, WIDTH), np.random.default_rng(8)
    vectors = clustered(rng, 60, centres=10)
    tables.file(vectors, range(60))
    for query in clustered(rng, 10, centres=10):
        counts = agreed(tables, vectors, query, probes)
        exact = [row for row, count in enumerate(counts) if count >= agreements]
        assert tables.candidates(query).tolist() == exact


def test_asking_for_more_goes_down_one_agreement_at_a_time() -> None:
    """As soon as there are enough rows it stops; below one agreement it never goes."""
    hashing = HashFamily(tables=6, buckets=8, probes=2, agreements=5)
    tables, rng = Tables(hashing, WIDTH), np.random.default_rng(9)
    vectors = clustered(rng, 60, centres=10)
    tables.file(vectors, range(60))
    query = clustered(rng, 1)[0]
    counts = agreed(tables, vectors, query, 2)
    for least in (0, 1, 5, 20, 60):
        needed = 5
        while needed > 1 and sum(count >= needed for count in counts) < least:
            needed -= 1
        exact = [row for row, count in enumerate(counts) if count >= needed]
        assert tables.candidates(query, least).tolist() == exact


def test_rows_keep_the_numbers_they_are_filed_under() -> None:
    """Any numbers, in any order; the tables count what they hold."""
    tables = Tables(HashFamily(), WIDTH)
    vectors = clustered(np.random.default_rng(10), 3)
    tables.file(vectors, [70, 5, 9])
    assert tables.size == 3
    assert tables.candidates(vectors[1]).tolist() == [5]


# ── tables that follow a view ────────────────────────────────────────────────────────────────────

SAID = [f"heron number{n}{' river' * (n % 3)}" for n in range(12)]


def everything(view: View) -> np.ndarray:
    """Every live row of a view."""
    live: np.ndarray = view.rows.alive.values.copy()
    return live


def asked(index: Index, memory: Memory, text: str, least: int = 0, user: str = "") -> list[str]:
    """The texts of the candidates for a question."""
    view = memory._runtime.view(user)
    found = index.candidates(view, everything(view), Words().embed([text])[0], least)
    return [memory._store.one(view.ids[row]).text for row in found.tolist()]


def test_an_index_follows_the_views_it_is_asked_about() -> None:
    """Rows that came later are filed once; a text finds itself, as it does in fresh tables."""
    memory, index = filled(*SAID[:4]), Index(HashFamily())
    assert SAID[2] in asked(index, memory, SAID[2])
    for text in SAID[4:]:
        memory.add(text)
    for text in SAID:
        found = asked(index, memory, text)
        assert text in found
        assert found == asked(Index(HashFamily()), memory, text)
    assert len(set(found)) == len(found), "no row is filed twice"


def test_only_the_rows_asked_for_come_back() -> None:
    """A row outside of the mask is no candidate; one that was deleted is outside."""
    memory, index = filled(*SAID), Index(HashFamily())
    kept = memory.list(limit=99)
    memory.delete(next(item.id for item in kept if item.text == SAID[1]))
    assert SAID[1] not in asked(index, memory, SAID[1])
    view = memory._runtime.view("")
    nothing = np.zeros(len(view), np.bool_)
    assert len(index.candidates(view, nothing, Words().embed(SAID[:1])[0], 5)) == 0


def test_an_older_frame_gets_none_of_the_newer_rows() -> None:
    """Numbers beyond the frame are left out."""
    memory, index = filled(*SAID[:3]), Index(HashFamily())
    view = memory._runtime.view("")
    memory.add(SAID[5])
    assert SAID[5] in asked(index, memory, SAID[5])
    found = index.candidates(view, everything(view), Words().embed([SAID[5]])[0], 9)
    assert max(found.tolist(), default=0) < 3


def test_an_index_never_crosses_tenants() -> None:
    """Each user's rows are in tables of their own."""
    memory, index = filled(), Index(HashFamily())
    memory.add("the heron of one", user_id="one")
    memory.add("the heron of two", user_id="two")
    assert asked(index, memory, "the heron of two", user="one") in ([], ["the heron of one"])
    assert asked(index, memory, "the heron of two", user="two") == ["the heron of two"]


def test_a_view_that_starts_anew_is_filed_anew() -> None:
    """Row numbers of the view before mean nothing in the new one."""
    memory, index = filled(*SAID[:3]), Index(HashFamily())
    asked(index, memory, SAID[0])
    memory.erase(memory.list(limit=9)[-1].id)
    memory._runtime.forget()
    for item in memory.list(limit=9):
        assert item.text in asked(index, memory, item.text)


def test_a_memory_without_vectors_has_no_candidates() -> None:
    """Nothing was embedded, nothing is near."""
    assert asked(Index(HashFamily()), filled(), "heron", 5) == []
