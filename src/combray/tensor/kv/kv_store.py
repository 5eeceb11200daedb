"""Where the keys and values of one layer live.

b rows, h key-value heads, t entries, d width of a head; keys and values are (b h t d).
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from torch import Tensor, cat


class KV(NamedTuple):
    """Keys (b h t d) and values (b h t d') of one layer."""

    keys: Tensor
    values: Tensor


class KVStore(Protocol):
    """Holds the entries of one layer. What it returns is never written to by the caller."""

    def append(self, new: KV, /) -> KV:
        """Add entries at the end, and return all of them."""

    def replace(self, kept: KV, /) -> KV:
        """Put these in the place of everything, and return them. The rows may differ in number."""

    def clear(self) -> None:
        """Forget everything; the next append starts anew."""

    def fork(self) -> KVStore:
        """An independent store with the same entries: writing to one leaves the other as it is."""

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the entries hold."""


class DenseStore:
    """Two tensors that grow by concatenation; never written in place, so a fork shares them."""

    def __init__(self, held: KV | None = None) -> None:
        self._held = held

    def append(self, new: KV, /) -> KV:
        """Add entries at the end, and return all of them."""
        old = self._held
        self._held = (
            new
            if old is None
            else KV(cat([old.keys, new.keys], dim=-2), cat([old.values, new.values], dim=-2))
        )
        return self._held

    def replace(self, kept: KV, /) -> KV:
        """Put these in the place of everything."""
        self._held = kept
        return kept

    def clear(self) -> None:
        """Forget everything."""
        self._held = None

    def fork(self) -> DenseStore:
        """A store that shares the tensors of this one."""
        return DenseStore(self._held)

    @property
    def nbytes(self) -> int:
        """Bytes of the two tensors."""
        return 0 if self._held is None else sum(x.numel() * x.element_size() for x in self._held)
