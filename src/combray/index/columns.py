"""Arrays that grow: rows are appended in amortised constant time and read without a copy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Column:
    """One growable array, shape (n,) or (n, width)."""

    __slots__ = ("_data", "_size")

    def __init__(self, dtype: DTypeLike, *, width: int | None = None) -> None:
        shape = (0,) if width is None else (0, width)
        self._data: NDArray[Any] = np.zeros(shape, dtype)
        self._size = 0

    @property
    def values(self) -> NDArray[Any]:
        """A view of what was appended; valid until the next append."""
        return self._data[: self._size]

    def extend(self, values: Sequence[Any] | NDArray[Any]) -> None:
        """Append rows."""
        size = self._size + len(values)
        if size > len(self._data):
            capacity = max(size, 2 * len(self._data), 16)
            grown = np.zeros((capacity, *self._data.shape[1:]), self._data.dtype)
            grown[: self._size] = self.values
            self._data = grown
        if len(values):
            self._data[self._size : size] = values
        self._size = size

    def fork(self, *, own: bool = False) -> Self:
        """The rows there are now, to go on from; the original keeps its rows.

        What is appended is seen by the fork alone. With `own` it may change rows too.
        """
        other = type(self).__new__(type(self))
        other._size = self._size
        other._data = self._data.copy() if own else self._data
        return other

    def __len__(self) -> int:
        return self._size


class Codes:
    """Names as small integers, in order of first appearance; None is -1."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self.names: list[str] = []

    def of(self, name: str | None) -> int:
        """The code of a name, made when it is new."""
        if name is None:
            return -1
        code = self._codes.setdefault(name, len(self._codes))
        if code == len(self.names):
            self.names.append(name)
        return code

    def find(self, name: str) -> int:
        """The code of a name, or -2 when nothing has it."""
        return self._codes.get(name, -2)


class Labels:
    """A column of names, kept as codes; shape (n,)."""

    __slots__ = ("_column", "codes")

    def __init__(self) -> None:
        self.codes = Codes()
        self._column = Column(np.int32)

    @property
    def values(self) -> NDArray[np.int32]:
        """The code of each row; valid until the next append."""
        return self._column.values

    @property
    def names(self) -> list[str]:
        """The name of each code."""
        return self.codes.names

    def find(self, name: str) -> int:
        """The code of a name, or -2 when no row has it."""
        return self.codes.find(name)

    def extend(self, names: Iterable[str | None]) -> None:
        """Append a row for each name."""
        self._column.extend([self.codes.of(name) for name in names])

    def replace(self, row: int, name: str | None) -> None:
        """Give a row another name."""
        self._column.values[row] = self.codes.of(name)

    def fork(self, *, own: bool = False) -> Self:
        """The rows there are now, to go on from; with `own` it may change rows too."""
        other = type(self).__new__(type(self))
        other.codes, other._column = self.codes, self._column.fork(own=own)
        return other
