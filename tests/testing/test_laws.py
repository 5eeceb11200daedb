"""The laws of every tier find what breaks them, whatever kind of memory it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from combray.testing.laws import CommonLaws, SavedLaws, Session
from tests.testing.broken import refused

DRAWN = count()


class Numbers:
    """A memory of three numbers that may hold four; how it errs is said when it is made."""

    def __init__(self, fault: str = "", held: tuple[int, ...] = ()) -> None:
        self.fault, self.held = fault, held
        self.asked = 0

    def write(self) -> None:
        """One, two, three."""
        self.held = () if self.fault == "forgets" else (1, 2, 3)
        if self.fault == "draws":
            self.held += (next(DRAWN),)
        if self.fault == "hoards":
            self.held += (4, 5)

    def ask(self) -> Any:
        """The numbers."""
        self.asked += self.fault == "counts"
        return [*self.held, self.asked]

    def recalled(self) -> bool:
        """Whether one of them is there."""
        return 1 in self.held

    def empty(self) -> bool:
        """Whether there are none; it may always say so, or never."""
        return self.fault == "denies" or (self.fault != "invents" and not self.held)

    def spent(self) -> list[tuple[float, float]]:
        """Places."""
        return [(0 if self.fault == "measures nothing" else len(self.held), 4)]


class Laws(CommonLaws, SavedLaws):
    """Those of numbers with a fault."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault

    def begin(self) -> AbstractContextManager[Session]:
        """Without any number."""
        return self._session(())

    def save(self, session: Any, place: Path, /) -> None:
        """As text."""
        held = session.held[1:] if self.fault == "loses" else session.held
        (place / "numbers").write_text(" ".join(map(str, held)))

    def load(self, place: Path, /) -> AbstractContextManager[Session]:
        """From the text."""
        return self._session(tuple(map(int, (place / "numbers").read_text().split())))

    @contextmanager
    def _session(self, held: tuple[int, ...]) -> Iterator[Numbers]:
        yield Numbers(self.fault, held)


FAULTS = [
    ("forgets", "test_what_was_written_is_recalled"),
    ("counts", "test_recalling_twice_answers_the_same"),
    ("draws", "test_the_same_history_gives_the_same_answers"),
    ("invents", "test_an_empty_one_answers_emptily"),
    ("denies", "test_an_empty_one_answers_emptily"),
    ("hoards", "test_a_budget_is_never_exceeded"),
    ("measures nothing", "test_a_budget_is_never_exceeded"),
    ("loses", "test_what_is_saved_and_loaded_answers_the_same"),
]


@pytest.mark.parametrize(("fault", "law"), FAULTS)
def test_a_law_finds_the_fault(fault: str, law: str, tmp_path: Path) -> None:
    """It holds for a sound memory, and not for the one that breaks it."""
    given = [tmp_path] if "saved" in law else []
    getattr(Laws(), law)(*given)
    refused(getattr(Laws(fault), law), *given)


def test_every_law_has_a_fault() -> None:
    """A law that nothing breaks says nothing."""
    assert {law for _, law in FAULTS} == {name for name in dir(Laws) if name.startswith("test_")}


def test_a_suite_says_what_it_lacks() -> None:
    """Whoever forgets to say how a session begins, is kept or opened again is told so."""
    for laws, verb, given in (
        (CommonLaws(), "begin", ()),
        (SavedLaws(), "begin", ()),
        (SavedLaws(), "save", (None, Path())),
        (SavedLaws(), "load", (Path(),)),
    ):
        with pytest.raises(NotImplementedError, match=verb):
            getattr(laws, verb)(*given)
