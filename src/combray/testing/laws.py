"""The laws of every tier: of texts, tasks, caches and weights alike.

A session is a system at work on a history. Whoever subclasses the laws says how one is begun.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol


class Session(Protocol):
    """A system at work on the history that it is tested with."""

    def write(self) -> None:
        """Tell it the whole history."""

    def ask(self) -> Any:
        """Everything it answers, as plain data without ids, so that two answers can be compared."""

    def recalled(self) -> bool:
        """Whether what was written is in what it answers."""

    def empty(self) -> bool:
        """Whether it answers as if there were no memory."""

    def spent(self) -> list[tuple[float, float]]:
        """What was taken of each budget that it has, and what it may take."""


class CommonLaws:
    """What a memory of any tier does; override `begin`."""

    def begin(self) -> AbstractContextManager[Session]:
        """A fresh session; what is random in it is drawn from the same seed each time."""
        raise NotImplementedError("override `begin` in your test class")

    def test_what_was_written_is_recalled(self) -> None:
        """What a system was told is in what it answers."""
        with self.begin() as session:
            session.write()
            assert session.recalled()

    def test_recalling_twice_answers_the_same(self) -> None:
        """Asking changes nothing that asking can see."""
        with self.begin() as session:
            session.write()
            assert session.ask() == session.ask()

    def test_the_same_history_gives_the_same_answers(self) -> None:
        """Two that were told the same, from the same seed, answer the same."""
        found = []
        for _ in range(2):
            with self.begin() as session:
                session.write()
                found.append(session.ask())
        assert found[0] == found[1]

    def test_an_empty_one_answers_emptily(self) -> None:
        """Nothing told, nothing answered, and no error; told something, it is not empty."""
        with self.begin() as session:
            assert session.empty()
            session.write()
            assert not session.empty()

    def test_a_budget_is_never_exceeded(self) -> None:
        """What is taken of each budget is no more than was given, and something is taken."""
        with self.begin() as session:
            session.write()
            spent = session.spent()
            assert any(used for used, _ in spent)
            for used, given in spent:
                assert used <= given


class SavedLaws:
    """What a memory does that can be kept and opened again; override `begin`, `save` and `load`."""

    def begin(self) -> AbstractContextManager[Session]:
        """A fresh session; what is random in it is drawn from the same seed each time."""
        raise NotImplementedError("override `begin` in your test class")

    def save(self, session: Any, place: Path, /) -> None:
        """Keep the state of a session in a folder."""
        raise NotImplementedError("override `save` in your test class")

    def load(self, place: Path, /) -> AbstractContextManager[Session]:
        """A session with the state that is kept in a folder."""
        raise NotImplementedError("override `load` in your test class")

    def test_what_is_saved_and_loaded_answers_the_same(self, tmp_path: Path) -> None:
        """A system made from its saved state gives the answers that it gave before."""
        with self.begin() as session:
            session.write()
            before = session.ask()
            self.save(session, tmp_path)
        with self.load(tmp_path) as session:
            assert session.ask() == before
