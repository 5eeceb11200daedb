"""Clusters of a stream: every row is somewhere, once, and the order hardly matters."""

from __future__ import annotations

import numpy as np

from combray.index.clusters import OUTLIER, Clusters

D = 24


def topics(seed: int, sizes: tuple[int, ...], lone: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around some centres and a few alone, shuffled, with their true labels."""
    rng = np.random.default_rng(seed)
    centres = np.linalg.qr(rng.standard_normal((D, D)))[0]
    rows = [centres[i] + 0.12 * rng.standard_normal((n, D)) for i, n in enumerate(sizes)]
    vectors = np.concatenate([*rows, centres[D - lone :]]).astype(np.float32)
    truth = np.repeat(np.arange(len(sizes) + lone), [*sizes, *[1] * lone])
    order = rng.permutation(len(vectors))
    vectors = vectors[order]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), truth[order]


def rand_index(a: np.ndarray, b: np.ndarray) -> float:
    """The adjusted Rand index of two labellings (Hubert and Arabie, 1985)."""
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    pairs = lambda x: (x * (x - 1) / 2).sum()  # noqa: E731
    both, one, other = pairs(table), pairs(table.sum(1)), pairs(table.sum(0))
    chance = one * other / pairs(np.array([len(a)]))
    return float((both - chance) / ((one + other) / 2 - chance))


def own(labels: np.ndarray) -> np.ndarray:
    """Labels where every outlier is a cluster of its own."""
    labels = labels.copy()
    alone = labels == OUTLIER
    labels[alone] = labels.max() + 1 + np.arange(alone.sum())
    return labels


def test_every_row_is_in_one_cluster_or_an_outlier() -> None:
    """Members and outliers together are all rows, each once."""
    vectors, _ = topics(0, (30, 20, 10, 6))
    found = Clusters()
    found.follow(vectors, range(len(vectors)))
    placed = [row for rows in found.members.values() for row in rows] + found.outliers
    assert sorted(placed) == list(range(len(vectors)))
    assert all(found.of[row] == number for number, rows in found.members.items() for row in rows)


def test_topics_are_found_and_order_hardly_matters() -> None:
    """Against the true topics, and against another order, the adjusted Rand index is over .8."""
    vectors, truth = topics(1, (40, 25, 15, 8))
    found, shuffled = Clusters(), Clusters()
    found.follow(vectors, range(len(vectors)))
    order = np.random.default_rng(2).permutation(len(vectors)).tolist()
    shuffled.follow(vectors, order)
    labels = own(found.labels(len(vectors)))
    assert rand_index(labels, truth) > 0.8
    assert rand_index(labels, own(shuffled.labels(len(vectors)))) > 0.8


def test_one_by_one_equals_at_once() -> None:
    """Following in steps gives the same clusters, numbers and centres."""
    vectors, _ = topics(3, (20, 20, 5))
    at_once, slowly = Clusters(), Clusters()
    at_once.follow(vectors, range(len(vectors)))
    for row in range(len(vectors)):
        slowly.follow(vectors, [row])
    assert at_once.members == slowly.members
    assert (at_once.centres()[1] == slowly.centres()[1]).all()


def test_the_central_members_are_the_nearest_to_the_centre() -> None:
    """They come in the order of their cosine with the mean."""
    vectors, _ = topics(4, (20,), lone=0)
    found = Clusters()
    found.follow(vectors, range(len(vectors)))
    [number], centres = found.centres()
    near = vectors[found.members[number]] @ centres[0]
    best = found.central(vectors, number, 3)
    assert np.allclose(vectors[best] @ centres[0], np.sort(near)[::-1][:3])
