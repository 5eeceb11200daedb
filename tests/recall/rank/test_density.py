"""Density: likeness to the best and to all, as plain loops over pairs find it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from combray import Memory
from combray.core.changes import ChangeSet
from combray.core.ids import new_id
from combray.core.items import Item
from combray.core.ports import Query
from combray.recall.query.query_context import QueryContext
from combray.recall.rank.density import BEST, DENSITY, density_signals
from tests.recall.contexts import context_of, filled
from tests.words import Words

SAID = (
    "The heron stands by the river.",
    "A heron by the old river bridge.",
    "Pottery class on Thursday.",
    "The heron class of ships.",
    "Rain in Porto.",
)


def company(
    context: QueryContext, rows: Sequence[int], best: Sequence[int]
) -> tuple[list[float], list[float]]:
    """Both signals of some rows, as plain numbers."""
    near, density = density_signals(context, np.array(rows), np.array(best, np.int64))
    return near.tolist(), density.tolist()


def cosine(context: QueryContext, one: int, other: int) -> float:
    """The cosine of two rows, summed number by number."""
    vectors = context.view.embeddings.vectors
    assert vectors is not None
    a, b = (vectors.values[row].tolist() for row in (one, other))
    return sum(x * y for x, y in zip(a, b, strict=True))


def test_near_max_is_the_likeness_to_the_nearest_other_of_the_best() -> None:
    """A row that is itself among the best is not its own company."""
    context = context_of(filled(*SAID), "heron")
    rows, best = [4, 0, 2, 1, 3], [1, 0, 3]
    near, _ = company(context, rows, best)
    exact = [max(cosine(context, row, b) for b in best if b != row) for row in rows]
    assert near == pytest.approx(exact, abs=1e-6)


def test_density_is_the_mean_likeness_to_all_others() -> None:
    """The mean cosine with every other candidate."""
    context = context_of(filled(*SAID), "heron")
    rows = [4, 0, 2, 1, 3]
    _, density = company(context, rows, [0])
    exact = [sum(cosine(context, r, o) for o in rows if o != r) / (len(rows) - 1) for r in rows]
    assert density == pytest.approx(exact, abs=1e-6)


def test_only_the_ten_best_are_company() -> None:
    """The eleventh of the best is not looked at."""
    assert BEST == 10
    said = [f"note {'abcdefghijkl'[n]}{n}" for n in range(12)]
    context = context_of(filled(*said, "the twin", "twin the"), "note")
    best = [*range(BEST), 12]
    near, _ = company(context, range(14), best)
    assert near[13] == pytest.approx(max(cosine(context, 13, b) for b in range(10)), abs=1e-6)
    assert cosine(context, 13, 12) == pytest.approx(1)
    assert near[13] < 0.9
    near, _ = company(context, range(14), [*range(BEST - 1), 12])
    assert near[13] == pytest.approx(1)


def test_company_does_not_depend_on_the_order_of_candidates() -> None:
    """Every row has the same two numbers wherever it stands."""
    context = context_of(filled(*SAID), "heron")
    forth, back = (
        company(context, [0, 1, 2, 3, 4], [1, 3]),
        company(context, [4, 3, 2, 1, 0], [1, 3]),
    )
    for one, other in zip(forth, back, strict=True):
        assert one == pytest.approx(other[::-1], abs=1e-6)


def test_best_rows_that_are_no_candidates_are_left_out() -> None:
    """With none of the best among the candidates there is no company at all."""
    context = context_of(filled(*SAID), "heron")
    assert company(context, [0, 1], [2, 3]) == ([0, 0], [0, 0])
    near, _ = company(context, [0, 1], [2, 1])
    assert near == pytest.approx([cosine(context, 0, 1), 0], abs=1e-6)


def test_a_lone_candidate_is_its_own_best_and_has_no_company() -> None:
    """One row: near to nobody, in no crowd, and no division by nothing."""
    context = context_of(filled(SAID[0]), "heron")
    assert company(context, [0], [0]) == (
        pytest.approx([0], abs=1e-6),
        pytest.approx([0], abs=1e-6),
    )


def test_two_candidates_are_each_others_company() -> None:
    """The mean over one other is the cosine with it."""
    context = context_of(filled(*SAID[:2]), "heron")
    both = pytest.approx([cosine(context, 0, 1)] * 2, abs=1e-6)
    assert company(context, [0, 1], [0, 1]) == (both, both)


def test_a_memory_without_vectors_has_no_company() -> None:
    """Rows that were never embedded are near to nobody; an empty memory has empty columns."""
    memory = Memory(embedder=Words())
    assert company(context_of(memory, "heron"), [], []) == ([], [])
    rows = [Item(id=new_id(), text=text, kind="text") for text in SAID[:3]]
    memory._store.apply(ChangeSet(tenant="", actor="tester", puts=rows))
    context = memory._runtime.query_context(Query(text="heron"))
    assert len(context.view) == 3
    near, density = company(context, [0, 1, 2], [1])
    assert near == [0, 0, 0]
    assert density == pytest.approx([-0.5] * 3), (
        "a cosine of 0 with itself counts as less than none"
    )


def test_the_two_signals_have_their_names() -> None:
    """In the order of the columns."""
    assert DENSITY == ("near_max", "density")
