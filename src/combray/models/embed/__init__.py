"""Embedders: texts to unit vectors, offline by default."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from combray.core.arrays import FloatArray
from combray.core.errors import InputError, ModelError, UnknownName
from combray.core.ports import Embedder
from combray.models.embed import minilm as _minilm
from combray.models.embed.cached import Cached, Recent
from combray.models.embed.hashed import Hashed
from combray.models.embed.minilm import cache_folder

__all__ = ["Cached", "Checked", "Hashed", "Recent", "cache_folder", "follow", "resolve"]

NAMES = ("auto", "minilm", "minilm-int8", "hashed")
NO_MODEL = (
    "No embedding model is installed, so recall compares spelling, not meaning. "
    "Run: combray embedder install"
)
STILL_HASHED = (
    "This memory was begun without the embedding model that is installed now, and still compares "
    "spelling, not meaning. Run: combray reindex"
)


def resolve(choice: Any = "auto") -> Embedder:
    """The embedder of a name, a model folder, `openai:MODEL`, or an object with `embed(texts)`.

    "auto" is MiniLM when it is installed, else hashed n-grams with a warning.
    """
    if isinstance(choice, os.PathLike) or (isinstance(choice, str) and os.sep in choice):
        return Recent(_minilm.from_folder(Path(choice)))
    if not isinstance(choice, str):
        return _adapted(choice)
    if choice == "auto":
        return Recent(_automatic())
    if choice.startswith("openai:"):
        from combray.models.embed.remote import OpenAIEmbedder

        return Recent(Checked(choice, OpenAIEmbedder(choice.removeprefix("openai:")).embed))
    known: dict[str, Callable[[], Embedder]] = {
        "minilm": _minilm.minilm,
        "minilm-l6-v2": _minilm.minilm,
        "minilm-int8": lambda: _minilm.minilm(int8=True),
        "minilm-l6-v2-int8": lambda: _minilm.minilm(int8=True),
        "hashed": Hashed,
        Hashed.name: Hashed,
    }
    if choice not in known:
        raise UnknownName("embedder", choice, NAMES)
    return Recent(known[choice]())


def follow(automatic: Embedder, made_by: str | None) -> Embedder:
    """The automatic embedder for a file: hashed n-grams where its vectors are made of them.

    So a memory begun before the model was installed stays open, and says how to change over.
    """
    if made_by != Hashed.name or automatic.name == made_by:
        return automatic
    warnings.warn(STILL_HASHED, UserWarning, stacklevel=4)
    return Recent(Hashed())


def _automatic() -> Embedder:
    if _minilm.weights_folder() is None or _minilm.missing_packages():
        warnings.warn(NO_MODEL, UserWarning, stacklevel=4)
        return Hashed()
    return _minilm.minilm()


def _adapted(choice: Any) -> Embedder:
    embed = getattr(choice, "embed", None)
    if not callable(embed):
        raise InputError(
            f"embedder must be one of {', '.join(NAMES)}, a model folder, or an object with "
            f"embed(texts) -> (n, d); {type(choice).__name__} has no embed method."
        )
    kind = type(choice)
    name = getattr(choice, "name", None) or f"{kind.__module__}.{kind.__qualname__}"
    return Checked(str(name), embed)


class Checked:
    """A function of the user's as an embedder: its answer is checked and scaled to unit length."""

    def __init__(self, name: str, function: Callable[[Sequence[str]], Any]) -> None:
        self.name = name
        self._function = function

    def embed(self, texts: Sequence[str], /) -> FloatArray:
        """Rows of unit length, shape (n, d); ModelError when the answer is not that."""
        rows = np.asarray(self._function(texts), dtype=np.float32)
        if rows.ndim != 2 or len(rows) != len(texts):
            raise ModelError(
                f"The embedder {self.name!r} gave an array of shape {rows.shape} for {len(texts)} "
                "texts; it must be (n, d), one row for each text."
            )
        if not np.isfinite(rows).all():
            raise ModelError(f"The embedder {self.name!r} gave numbers that are not finite.")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: FloatArray = rows / np.maximum(lengths, 1e-12)
        return unit
