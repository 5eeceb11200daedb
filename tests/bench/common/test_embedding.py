"""The embedder of a bench: what it takes is kept apart, and every text is embedded once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from combray.bench.common import embedding
from combray.bench.common.embedding import Clocked, cached_embedder, warm
from combray.bench.datasets.form import Benchmark, History, Session
from combray.core.arrays import FloatArray
from tests.words import Words


class Noting(Words):
    """Notes the texts of every call."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def embed(self, texts: Sequence[str], /) -> FloatArray:
        """Rows of unit length, shape (n, d)."""
        self.calls.append(list(texts))
        return super().embed(texts)

    @property
    def texts(self) -> list[str]:
        """All of them."""
        return [text for call in self.calls for text in call]


class Slow(Words):
    """Takes a while of the processor, and can fail."""

    def embed(self, texts: Sequence[str], /) -> FloatArray:
        """Rows of unit length, shape (n, d)."""
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass
        if "bad" in texts:
            raise ValueError("no vector")
        return super().embed(texts)


def test_the_seconds_of_the_processor_add_up() -> None:
    """Each call's time is added, that of a call that failed too."""
    clocked = Clocked(Slow())
    assert (clocked.name, clocked.seconds) == ("words", 0.0)
    assert np.array_equal(clocked.embed(["a cat"]), Words().embed(["a cat"]))
    once = clocked.seconds
    assert once >= 0.02
    with pytest.raises(ValueError, match="no vector"):
        clocked.embed(["bad"])
    assert clocked.seconds >= once + 0.02


def test_waiting_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is of the processor and not of the clock."""
    clocked = Clocked(Words())
    monkeypatch.setattr(Words, "embed", lambda *_: time.sleep(0.05))
    clocked.embed(["a"])
    assert clocked.seconds < 0.04


def test_vectors_are_kept_on_disk(own_cache: Path) -> None:
    """A second embedder of the same name embeds nothing that the first has seen."""
    first, second = Noting(), Noting()
    one = cached_embedder(first).embed(["a cat", "a dog", "a cat"])
    two = cached_embedder(second).embed(["a dog", "a bird"])
    assert (own_cache / embedding.FILE).is_file()
    assert sorted(first.texts) == ["a cat", "a dog"]
    assert second.texts == ["a bird"]
    assert np.array_equal(one[1], two[0])
    assert np.array_equal(one[0], one[2])


def test_warming_embeds_all_that_is_said_and_asked(small: Benchmark) -> None:
    """Each turn as its memory will embed it, with its speaker, and each question; once each."""
    inner = Noting()
    warm(inner, small.histories, None)
    assert len(inner.texts) == len(set(inner.texts))
    assert 'Ann said, "I paint mountains."' in inner.texts
    assert "What does she paint?" in inner.texts
    turns = {m["content"] for h in small.histories for s in h.sessions for m in s.content}  # type: ignore[index]
    assert all(any(turn in text for text in inner.texts) for turn in turns)


def test_titles_and_captions_are_embedded_with_the_words() -> None:
    """A session's title stands with its texts, a message's own data with the message."""
    inner = Noting()
    plain = Session(content=["Ships lie here."], units=[{}], metadata={"title": "Harbours"})
    photo = Session(
        content=[{"role": "user", "content": "Look!", "metadata": {"caption": "a grey cat"}}],
        units=[{}],
    )
    warm(inner, [History(id="h", sessions=[plain, photo], questions=[])], None)
    assert any("Harbours" in text and "Ships lie here." in text for text in inner.texts)
    assert any("Look!" in text and "a grey cat" in text for text in inner.texts)


def test_batches_are_of_like_length(small: Benchmark, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the shortest to the longest, so many at a time, with progress after each."""
    monkeypatch.setattr(embedding, "CHUNK", 4)
    inner, seen = Noting(), []
    warm(inner, small.histories, lambda done, total: seen.append((done, total)))
    lengths = [len(text) for text in inner.texts]
    assert lengths == sorted(lengths)
    assert [len(call) for call in inner.calls[:-1]] == [4] * (len(inner.calls) - 1)
    total = len(lengths)
    assert seen == [(min(4 * (i + 1), total), total) for i in range(len(inner.calls))]


def test_nothing_to_embed_asks_nobody() -> None:
    """No histories, no call."""
    inner = Noting()
    warm(inner, [], None)
    assert inner.calls == []
