"""Samples: candidates with their signals and units, ranked by any score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.bench.common.embedding import Clocked
from combray.bench.datasets.form import Benchmark
from combray.bench.measure.runner import Contender, run
from combray.bench.tuning.samples import UNTAUGHT, Sample, _numbered, gather
from combray.recall.rank.features import DOMAINS, NAMES
from tests.bench.tuning.made import sample
from tests.words import Words


def with_units(units: list[int], gold: int) -> Sample:
    """Candidates of these units at the level of turns."""
    size = len(units)
    return replace(
        sample(0),
        values=np.zeros((size, len(NAMES)), np.float32),
        domain=np.zeros(size, np.int64),
        units={"turn": np.array(units, np.int64)},
        gold={"turn": gold},
    )


@pytest.mark.parametrize(
    ("units", "z", "gold", "ranks"),
    [
        ([0, 1, 2], [3, 2, 1], 1, [1]),
        ([0, 1, 2], [1, 2, 3], 1, [3]),
        ([2, 2, 0], [3, 2, 1], 1, [2]),
        ([0, 0, 1, 2], [1, 4, 3, 2], 2, [1, 2]),
        ([3, 4], [1, 2], 2, []),
        ([1, 0], [5, 5], 1, [2]),
    ],
)
def test_ranks_by_hand(units: list[int], z: list[float], gold: int, ranks: list[int]) -> None:
    """The best candidate of each unit counts; of equal scores the earlier candidate is better."""
    assert with_units(units, gold).ranks(np.array(z, float), "turn") == ranks


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3)), min_size=1, max_size=12))
def test_ranks_against_a_plain_loop(pairs: list[tuple[int, int]]) -> None:
    """Candidates sorted by score, units as they first appear, gold units' places."""
    units, z = [u for u, _ in pairs], [float(x) for _, x in pairs]
    seen: list[int] = []
    for i in sorted(range(len(pairs)), key=lambda i: -z[i]):
        if units[i] not in seen:
            seen.append(units[i])
    wanted = [place for place, unit in enumerate(seen, 1) if unit < 2]
    assert with_units(units, 2).ranks(np.array(z), "turn") == wanted


def test_gold_is_numbered_first() -> None:
    """By name, from 0; others after it in order of coming; gold that was no candidate keeps its."""
    found = _numbered(["x", "b", "y", "x"], frozenset({"b", "a"}))
    assert found.tolist() == [2, 1, 3, 2]
    assert _numbered([], frozenset({"a"})).tolist() == []


def test_right_are_the_gold_candidates() -> None:
    """Those whose unit is one of the first `gold`."""
    assert with_units([2, 0, 1, 0], 1).right("turn").tolist() == [False, True, False, True]


def test_every_question_of_a_set_is_gathered(small: Benchmark) -> None:
    """All signals of every candidate, gold at both levels, the words of the set kept."""
    seen: list[tuple[int, int]] = []
    found = gather(small.only("all"), Clocked(Words()), lambda *at: seen.append(at))
    assert [s.id for s in found] == ["ann:0", "ann:1", "bob:0", "bob:1"]
    assert [s.split for s in found] == ["test", "test", "dev", "dev"]
    assert {s.set for s in found} == {"small"}
    assert seen == [(2, 4), (4, 4)]
    for one in found:
        assert one.values.shape == (len(one.domain), len(NAMES))
        assert {DOMAINS[i] for i in one.domain} == {"dialogue"}
        assert one.gold == {"turn": 1, "session": 1}
        assert one.right("turn").sum() == 1
        assert one.right("session").sum() == 2


def test_ranks_of_samples_are_ranks_of_a_memory(small: Benchmark) -> None:
    """By the fused ranks alone, a sample ranks what a memory under that rule would answer."""
    benchmark = small.only("all")
    rules = dict.fromkeys(DOMAINS, UNTAUGHT)
    memory = Contender(system="evidence", embedder=Clocked(Words()), options={"rules": rules})
    answers = [a for r in run(benchmark, memory, resume=False) for a in r["answers"]]
    for one, answer in zip(gather(benchmark, Clocked(Words())), answers, strict=True):
        z = UNTAUGHT.score(one.values[:, [NAMES.index("fused")]])
        assert one.ranks(z, "turn") == answer["levels"]["turn"]["ranks"]
