"""Embeddings that are kept: the same words are embedded once, and come back to the bit."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from combray.models.embed.cached import CHUNK, Cached, Recent


class Counting:
    """An embedder that counts the texts it was asked for."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], /) -> Any:
        """One direction for each text's length."""
        self.asked += texts
        return np.eye(64, dtype=np.float32)[[len(text) % 64 for text in texts]]


def test_a_text_met_twice_is_embedded_once() -> None:
    """The last texts are kept in memory, also of small batches; big batches go through."""
    inner = Counting()
    recent = Recent(inner, size=2)
    for text in ("one", "one", "three", "one"):
        recent.embed([text])
    assert inner.asked == ["one", "three"]
    recent.embed(["one", "four", "four"])
    assert inner.asked == ["one", "three", "four"]
    recent.embed(["one"] * (Recent.BATCH + 1))
    assert len(inner.asked) == 4 + Recent.BATCH


def test_cached_vectors_outlive_the_process(tmp_path: Path) -> None:
    """The same words are embedded once, for each embedder by its name."""
    inner = Counting()
    first = Cached(inner, tmp_path / "vectors.db")
    rows = first.embed(["a", "bb", "a"])
    first.close()
    assert inner.asked == ["a", "bb"]
    second = Cached(inner, tmp_path / "vectors.db")
    assert np.array_equal(second.embed(["a", "bb", "a"]), rows)
    assert inner.asked == ["a", "bb"]
    second.close()


def test_the_least_lately_made_goes_first() -> None:
    """Only so many are kept, the last ones."""
    inner = Counting()
    recent = Recent(inner, size=2)
    recent.embed(["a", "bb", "ccc"])
    recent.embed(["bb", "ccc"])
    assert inner.asked == ["a", "bb", "ccc"]
    recent.embed(["a"])
    assert inner.asked == ["a", "bb", "ccc", "a"]


def test_a_batch_larger_than_what_is_kept_is_whole() -> None:
    """Every row is there, also of texts that were pushed out on the way."""
    recent = Recent(Counting(), size=1)
    texts = ["a", "bb", "a", "ccc"]
    assert recent.embed(texts).argmax(axis=1).tolist() == [1, 2, 1, 3]


def test_no_word_is_kept_in_memory_by_the_cache() -> None:
    """Of a text only its digest: what is erased elsewhere is not left here."""
    recent = Recent(Counting())
    recent.embed(["my secret"])
    assert "secret" not in repr(list(recent._kept))
    assert all(isinstance(key, bytes) and len(key) == 16 for key in recent._kept)


@pytest.mark.parametrize("kind", ["recent", "cached"])
def test_no_texts_are_no_rows(tmp_path: Path, kind: str) -> None:
    """An empty batch goes to the embedder, which knows the width."""
    inner = Counting()
    if kind == "recent":
        assert Recent(inner).embed([]).shape == (0, 64)
        return
    cached = Cached(inner, tmp_path / "vectors.db")
    assert cached.embed([]).shape == (0, 64)
    cached.close()


def test_a_cache_is_called_like_its_embedder(tmp_path: Path) -> None:
    """What is stored with its vectors is who made them, not who kept them."""
    cached = Cached(Counting(), tmp_path / "vectors.db")
    assert Recent(Counting()).name == cached.name == "counting"
    cached.close()


def test_two_embedders_share_a_file_and_no_vector(tmp_path: Path) -> None:
    """The same words have a vector of each."""

    class Other(Counting):
        name = "other"

        def embed(self, texts: Sequence[str], /) -> Any:
            """The opposite directions."""
            return -super().embed(texts)

    one, other = (Cached(kind(), tmp_path / "vectors.db") for kind in (Counting, Other))
    assert np.array_equal(one.embed(["a"]), -other.embed(["a"]))
    assert np.array_equal(one.embed(["a"]), -other.embed(["a"]))
    one.close()
    other.close()


def test_more_texts_than_a_statement_takes(tmp_path: Path) -> None:
    """All are kept and found again, in the order asked for."""
    inner = Counting()
    texts = [f"{'x' * (n % 60)} {n}" for n in range(2 * CHUNK + 1)]
    cached = Cached(inner, tmp_path / "vectors.db")
    first = cached.embed(texts)
    assert np.array_equal(cached.embed(texts[::-1]), first[::-1])
    assert len(inner.asked) == len(texts)
    cached.close()


def test_what_fails_is_not_kept(tmp_path: Path) -> None:
    """After an error of the embedder the same text is asked for again."""

    class Fails(Counting):
        def embed(self, texts: Sequence[str], /) -> Any:
            """Fail the first time."""
            super().embed(texts)
            if len(self.asked) == 1:
                raise ConnectionError
            return super().embed(texts)

    for make in (Recent, lambda inner: Cached(inner, tmp_path / "vectors.db")):
        inner = Fails()
        keeper: Any = make(inner)
        with pytest.raises(ConnectionError):
            keeper.embed(["a"])
        assert keeper.embed(["a"]).shape == (1, 64)
        if isinstance(keeper, Cached):
            keeper.close()


def test_threads_share_what_is_kept(tmp_path: Path) -> None:
    """Eight that ask for the same hundred texts at once get the same rows."""
    cached = Cached(Counting(), tmp_path / "vectors.db")
    recent, together = Recent(Counting(), size=50), threading.Barrier(8)
    texts = [f"{'y' * n}" for n in range(60)]

    def ask(_: int) -> list[bytes]:
        together.wait(20)
        return [keeper.embed(texts).tobytes() for keeper in (cached, recent)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert len({row for rows in found for row in rows}) == 1
    cached.close()
