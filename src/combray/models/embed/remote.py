"""Embeddings from any OpenAI-compatible endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from combray.core.arrays import FloatArray
from combray.core.errors import MissingExtra, ModelError

BATCH = 128


class OpenAIEmbedder:
    """The embeddings endpoint at $OPENAI_BASE_URL, with the key in $OPENAI_API_KEY."""

    def __init__(self, model: str, *, client: Any = None) -> None:
        self._model = model
        self._client = client or _client()

    def embed(self, texts: Sequence[str], /) -> FloatArray:
        """Rows as the endpoint gives them, shape (n, d); ModelError when it fails."""
        import openai

        rows: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            batch = list(texts[start : start + BATCH])
            try:
                answer = self._client.embeddings.create(model=self._model, input=batch)
            except openai.OpenAIError as error:
                raise ModelError(
                    f"The embedding model {self._model!r} failed: {error}. What you added is "
                    "stored; its vectors are made at the next search that reaches the model."
                ) from error
            rows += [part.embedding for part in sorted(answer.data, key=lambda p: p.index)]
        return np.array(rows, np.float32)


def _client() -> Any:
    try:
        import openai
    except ImportError as error:
        raise MissingExtra("An OpenAI-compatible embedder", "openai", "llm") from error
    try:
        return openai.OpenAI(max_retries=4, timeout=60)
    except openai.OpenAIError as error:
        raise ModelError(f"The embedding endpoint cannot be used: {error}") from error
