"""Embeddings from an endpoint: the order of the texts, its batches, and its failures."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from combray.core.errors import MissingExtra, ModelError
from combray.models.embed import remote, resolve
from combray.models.embed.remote import BATCH, OpenAIEmbedder


class _Endpoint(BaseHTTPRequestHandler):
    """Answers embeddings out of order, and fails for the model `broken`."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        broken = asked["model"] == "broken"
        data = [
            {"object": "embedding", "index": i, "embedding": [float(len(text)), 1.0]}
            for i, text in enumerate(asked["input"])
        ]
        body = {"error": {"message": "no such model"}} if broken else {
            "object": "list", "model": asked["model"], "data": data[::-1],
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }  # fmt: skip
        text = json.dumps(body).encode()
        self.send_response(404 if broken else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the tests quiet."""


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An OpenAI-compatible embeddings endpoint on the loopback."""
    pytest.importorskip("openai", reason="the extra llm is not installed")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    yield str(server.server_port)
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_endpoint_is_an_embedder(endpoint: str) -> None:
    """Rows come back in the order of the texts, whatever the order of the answer."""
    rows = resolve("openai:small").embed(["four", "sixsix"])
    assert np.allclose(rows[:, 0] / rows[:, 1], [4, 6], atol=1e-4)


def test_a_failing_endpoint_is_an_error_of_ours(endpoint: str) -> None:
    """The message names the model and what happens to what was added."""
    with pytest.raises(ModelError, match="broken"):
        resolve("openai:broken").embed(["x"])


class Client:
    """A client that counts its batches and answers each text with its length, backwards."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.embeddings = self

    def create(self, *, model: str, input: list[str]) -> Any:
        """What the protocol says, in another order."""
        self.batches.append(input)
        rows = [SimpleNamespace(index=i, embedding=[len(t), 1]) for i, t in enumerate(input)]
        return SimpleNamespace(data=rows[::-1])


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 1, 3 * BATCH])
def test_long_lists_go_in_batches(count: int) -> None:
    """Each text once, and its row in its place."""
    pytest.importorskip("openai", reason="the extra llm is not installed")
    client = Client()
    texts = ["x" * n for n in range(count)]
    rows = OpenAIEmbedder("m", client=client).embed(texts)
    assert [row[0] for row in rows.tolist()] == list(range(count))
    assert rows.dtype == np.float32
    assert [text for batch in client.batches for text in batch] == texts
    assert all(len(batch) <= BATCH for batch in client.batches)


def test_a_client_that_cannot_be_made_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key it says so; without the package it names the extra."""
    openai = pytest.importorskip("openai", reason="the extra llm is not installed")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def fails(**_: Any) -> None:
        raise openai.OpenAIError("the api_key must be set")

    monkeypatch.setattr(openai, "OpenAI", fails)
    with pytest.raises(ModelError, match="api_key"):
        remote._client()
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(MissingExtra, match=r"combray\[llm\]"):
        remote._client()
