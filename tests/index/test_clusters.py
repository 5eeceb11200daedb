"""Clusters of a stream: every row is somewhere, once, and the order hardly matters."""

from __future__ import annotations

import numpy as np
import pytest

from combray import Memory
from combray.index import clusters as clusters_module
from combray.index.clusters import LOOKED, OUTLIER, Clusters, ClustersOfViews, Nearness
from tests.recall.contexts import derive, filled

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


# ── by hand, on a circle ─────────────────────────────────────────────────────────────────────────


def at(*degrees: float) -> np.ndarray:
    """Unit vectors at angles."""
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def followed(vectors: np.ndarray, **nearness: float) -> Clusters:
    """Clusters of all rows in their order; at least two make one."""
    found = Clusters(Nearness(**{"least": 2, **nearness}))  # type: ignore[arg-type]
    found.follow(vectors, range(len(vectors)))
    return found


def test_the_constants_that_ship() -> None:
    """Rows join at .5, clusters merge at .85, and four make one."""
    assert Nearness() == Nearness(join=0.5, merge=0.85, least=4)


def test_enough_outliers_that_are_near_become_a_cluster() -> None:
    """`least` of them, counting the new one; before that they wait."""
    vectors = at(0, 10, 5, 180)
    three = followed(vectors, least=3)
    assert (three.members, three.outliers) == ({0: [0, 1, 2]}, [3])
    four = followed(vectors, least=4)
    assert (four.members, four.outliers) == ({}, [0, 1, 2, 3])


def test_a_row_joins_the_nearest_centre_or_none() -> None:
    """From the cosine `join` on, which is 60° at a half."""
    vectors = at(0, 0, 120, 120, 59, 59 + 120, 270)
    found = followed(vectors, join=0.5)
    assert found.members == {0: [0, 1, 4], 1: [2, 3, 5]}
    assert found.outliers == [6]
    assert found.labels(7).tolist() == [0, 0, 1, 1, 0, 1, OUTLIER]
    assert found.labels(3).tolist() == [0, 0, 1], "rows beyond the size are left out"


def test_the_nearest_of_two_centres_is_joined() -> None:
    """Near enough to both, a row goes to the nearer one."""
    assert followed(at(0, 0, 100, 100, 55), join=0.4).members == {0: [0, 1], 1: [2, 3, 4]}


def test_a_centre_is_the_unit_mean_of_its_members() -> None:
    """The mean direction, of unit length."""
    found = followed(at(0, 40))
    numbers, centres = found.centres()
    assert numbers == [0]
    assert centres[0].tolist() == pytest.approx(at(20)[0].tolist(), abs=1e-6)


def test_clusters_that_come_too_near_are_merged_into_the_elder() -> None:
    """A member between them draws one centre to the other until they are one."""
    vectors = at(0, 0, 36, 36, 18)
    apart = followed(vectors[:4], join=0.9, merge=0.85)
    assert apart.members == {0: [0, 1], 1: [2, 3]}
    found = followed(vectors, join=0.9, merge=0.85)
    assert list(found.members) == [0]
    assert sorted(found.members[0]) == [0, 1, 2, 3, 4]
    assert set(found.of.values()) == {0}
    assert found.centres()[1][0].tolist() == pytest.approx(at(18)[0].tolist(), abs=1e-6)


def test_a_number_is_not_used_again() -> None:
    """After a merge the next cluster has a number of its own."""
    found = followed(at(0, 0, 36, 36, 18, 180, 180), join=0.9, merge=0.85)
    assert list(found.members) == [0, 2]


def test_no_rows_have_no_clusters() -> None:
    """Nothing followed: no centres, and all labels say so."""
    found = Clusters()
    numbers, centres = found.centres()
    assert (numbers, centres.shape) == ([], (0, 0))
    assert found.labels(2).tolist() == [OUTLIER, OUTLIER]


def test_the_first_members_come_first_of_equals() -> None:
    """Members at the same distance from the centre keep their order; k may be more than all."""
    found = followed(at(0, 0, 30, 0))
    assert found.central(at(0, 0, 30, 0), 0, 2) == [0, 1]
    assert found.central(at(0, 0, 30, 0), 0, 9) == [0, 1, 3, 2]


def test_an_outlier_is_compared_with_the_last_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than LOOKED of them, so that a stream of strangers stays cheap."""
    assert LOOKED == 500
    monkeypatch.setattr(clusters_module, "LOOKED", 2)
    assert followed(at(0, 90, 180, 0)).members == {}
    assert followed(at(0, 90, 0)).members == {0: [0, 2]}


# ── clusters that follow a view ──────────────────────────────────────────────────────────────────

SAID = ("heron river reed", "heron river mud", "heron river stone", "pottery class", "marathon")


def told(memory: Memory, kept: ClustersOfViews, user: str = "") -> set[frozenset[str]]:
    """The texts of each cluster of a user's view."""
    view = memory._runtime.view(user)
    found = kept.of(view)
    return {
        frozenset(memory._store.one(view.ids[row]).text for row in rows)
        for rows in found.members.values()
    }


HERONS = {frozenset(SAID[:3])}


def test_the_clusters_of_a_view_are_those_of_its_raw_rows() -> None:
    """What is derived is in none; what comes later is placed as if all had come at once."""
    kept = ClustersOfViews(Nearness(least=2))
    memory = filled(*SAID[:2])
    assert told(memory, kept) == {frozenset(SAID[:2])}
    derive(memory, "fact", "heron river fact", memory.list()[0])
    for text in SAID[2:]:
        memory.add(text)
    assert told(memory, kept) == told(memory, ClustersOfViews(Nearness(least=2))) == HERONS


def test_what_is_gone_takes_its_part_in_the_centres_with_it() -> None:
    """After a deletion the clusters are those of a memory that never had it."""
    kept = ClustersOfViews(Nearness(least=2))
    memory = filled(*SAID, "heron river gone")
    assert told(memory, kept) != HERONS
    memory.delete(next(i.id for i in memory.list(limit=9) if i.text.endswith("gone")))
    assert told(memory, kept) == HERONS
    view, never = memory._runtime.view(""), filled(*SAID)._runtime.view("")
    ours = kept.of(view).centres()[1]
    assert (ours == ClustersOfViews(Nearness(least=2)).of(never).centres()[1]).all()


def test_clusters_are_kept_and_placed_once() -> None:
    """Asked again without a change, they are the same object with the same members."""
    kept = ClustersOfViews(Nearness(least=2))
    memory = filled(*SAID)
    first = kept.of(memory._runtime.view(""))
    assert kept.of(memory._runtime.view("")) is first
    assert sorted(row for rows in first.members.values() for row in rows) == [0, 1, 2]


def test_clusters_never_cross_tenants() -> None:
    """Two users' likenesses make no cluster together."""
    kept = ClustersOfViews(Nearness(least=2))
    memory = filled()
    memory.add(SAID[0], user_id="one")
    memory.add(SAID[1], user_id="two")
    assert told(memory, kept, "one") == told(memory, kept, "two") == set()


def test_a_memory_without_vectors_has_no_clusters() -> None:
    """Nothing embedded, nothing placed."""
    assert told(filled(), ClustersOfViews(Nearness())) == set()
