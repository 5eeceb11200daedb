"""The laws that every system obeys, of each tier, and those of text memories.

They are those of `combray.testing`, with which anyone tests a system of their own. What one must
answer, and what its budgets are, its case says (tests/cases.py).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from combray import Memory
from combray.testing import SystemLaws
from combray.testing.laws import CommonLaws, SavedLaws, Session
from tests.cases import BENCH_CASES, TASK_CASES, TEXT_CASES, Case, TextCase, tensor_cases

TENSORS = [pytest.param(case, id=case.name, marks=pytest.mark.torch) for case in tensor_cases()]
PLAIN = (*TASK_CASES, *BENCH_CASES)
OTHERS = [*(pytest.param(case, id=case.name) for case in PLAIN), *TENSORS]
CASES = [*(pytest.param(case, id=case.name) for case in TEXT_CASES), *OTHERS]


class TestTexts(SystemLaws):
    """Of text memories, and with them those of every tier."""

    case: TextCase

    @pytest.fixture(autouse=True, params=TEXT_CASES, ids=lambda case: case.name)
    def _case(self, request: pytest.FixtureRequest) -> None:
        self.case = request.param

    def open(self, location: Path | str = ":memory:", **options: Any) -> Memory:
        """A memory under the system of the case."""
        return self.case.memory(location, **options)


class OtherTiers:
    """The case of a system that remembers no texts."""

    case: Case

    def begin(self) -> AbstractContextManager[Session]:
        """As the case says."""
        return self.case.open()


class TestOtherTiers(OtherTiers, CommonLaws):
    """Of tasks, benches, caches, weights and pages."""

    @pytest.fixture(autouse=True, params=OTHERS)
    def _case(self, request: pytest.FixtureRequest) -> None:
        self.case = request.param


class TestOtherTiersSaved(OtherTiers, SavedLaws):
    """Of those whose state can be kept."""

    @pytest.fixture(autouse=True, params=[each for each in OTHERS if each.values[0].saves])
    def _case(self, request: pytest.FixtureRequest) -> None:
        self.case = request.param

    def save(self, session: Any, place: Path, /) -> None:
        """As the case says."""
        self.case.save(session, place)

    def load(self, place: Path, /) -> AbstractContextManager[Session]:
        """As the case says."""
        return self.case.load(place)


@pytest.mark.parametrize("case", CASES)
def test_a_showcase_shows_the_same_each_time(case: Case) -> None:
    """It does not change by itself, and there is something in it."""
    shown = case.showcase()
    assert shown
    assert shown == case.showcase()
