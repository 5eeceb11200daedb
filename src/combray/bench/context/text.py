"""A text memory as an answerer: it keeps the passages and recalls some for an exact reader.

The reader is the case's own solver on the recalled passages, so a wrong answer is a wrong recall.
This puts a memory without a language model in one table with a model whose cache is limited.
"""

from __future__ import annotations

from typing import Any

from combray.bench.context.cases import Case
from combray.memory import Memory


class TextMemory:
    """A text system under `Memory`, recalling so many passages for a question."""

    def __init__(self, system: str = "evidence", *, embedder: Any = "auto", limit: int = 5) -> None:
        self._system, self._embedder, self._limit = system, embedder, limit

    @property
    def name(self) -> str:
        """The system, and how many passages it recalls."""
        return f"{self._system} top {self._limit}"

    def open(self, case: Case, /) -> TextSession:
        """A new memory with the case's passages still to be taken in."""
        memory = Memory(":memory:", system=self._system, embedder=self._embedder)
        return TextSession(memory, case, self._limit)


class TextSession:
    """One case in a memory of its own."""

    def __init__(self, memory: Memory, case: Case, limit: int) -> None:
        self._memory, self._case, self._limit = memory, case, limit
        self._told = False

    def prefill(self) -> None:
        """Add the passages, in order; a second call does nothing."""
        if not self._told:
            self._memory.add([{"role": "user", "content": p} for p in self._case.passages if p])
            self._told = True

    def ask(self, question: str, answer: str, /) -> str:
        """What the solver makes of the passages recalled, in the order they were told."""
        self.prefill()
        hits = self._memory.search(question, limit=self._limit)
        recalled = [hit.item.text for hit in sorted(hits, key=lambda hit: hit.item.seq)]
        found = self._case.solve(self._case.joint.join(recalled), question)
        return found[0] if len(found) == 1 else ""

    def fork(self) -> TextSession:
        """Return the same session: questions do not change it."""
        return self

    @property
    def nbytes(self) -> int:
        """Bytes of the words, vectors and indexes kept."""
        return int(self._memory.stats()["bytes"])
