"""Hashed character n-grams: a fallback embedder without dependencies.

    v[h(g)] += sign(g) · (1 + ln tf(g)) · weight(g)     words, and their 3- to 5-grams with borders

It knows spelling, not meaning.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from combray.core import caches
from combray.core.arrays import FloatArray
from combray.core.text import terms

WIDTH = 512
WORD_WEIGHT = 2.0


class Hashed:
    """Words and their character n-grams, hashed with signs into 512 numbers; deterministic."""

    name = f"hashed-{WIDTH}"

    def embed(self, texts: Sequence[str], /) -> FloatArray:
        """Rows of unit length, shape (n, 512)."""
        rows = np.zeros((len(texts), WIDTH), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word, count in Counter(terms(text) or list(text.casefold())).items():
                places, signs = _grams(word)
                np.add.at(row, places, signs * np.float32(1 + math.log(count)))
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        # A text of nothing but spaces and signs still has a direction of its own.
        rows[lengths[:, 0] == 0, 0] = 1
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
        return rows


@caches.words(100_000)
def _grams(word: str) -> tuple[NDArray[np.int64], FloatArray]:
    """Places and signed weights of a word and its pieces."""
    hashes = [(zlib.crc32(gram.encode()), weight) for gram, weight in _pieces(word)]
    places = np.array([value % WIDTH for value, _ in hashes], np.int64)
    signs = np.array([w if value >> 16 & 1 else -w for value, w in hashes], np.float32)
    return places, signs


def _pieces(word: str) -> Iterator[tuple[str, float]]:
    yield word, WORD_WEIGHT
    bordered = f"<{word}>"
    for size in (3, 4, 5):
        for start in range(len(bordered) - size + 1):
            yield bordered[start : start + size], 1 / math.sqrt(len(bordered))
