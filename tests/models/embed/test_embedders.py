"""Embedders: what they promise whatever they are made of."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from combray import EmbedderMismatch, InputError, Memory, MissingExtra, ModelError, UnknownName
from combray.models.embed import Cached, Checked, Hashed, Recent, minilm, resolve

HAS_MODEL = minilm.weights_folder() is not None and not minilm.missing_packages()
needs_model = pytest.mark.skipif(
    not HAS_MODEL and not os.environ.get("CI"),
    reason="the offline embedder is not installed: combray embedder install",
)
TEXTS = ("I moved to Paris.", "My cat is grey.", "今天天气很好", "…")


class Counting:
    """An embedder that counts the texts it was asked for."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], /) -> Any:
        """One direction for each text's length."""
        self.asked += texts
        return np.eye(64, dtype=np.float32)[[len(text) % 64 for text in texts]]


def test_hashed_rows_are_unit_and_deterministic() -> None:
    """Any text has a direction of its own, in any script, the same on every machine."""
    rows = Hashed().embed(TEXTS)
    assert rows.shape == (4, 512)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert np.array_equal(rows, Hashed().embed(TEXTS))
    assert Hashed().embed([]).shape == (0, 512)


def test_hashed_knows_spelling() -> None:
    """Texts that share words are nearer than texts that share none."""
    paris, move, cat = Hashed().embed(["I moved to Paris", "moving to Paris", "my grey cat"])
    assert paris @ move > 0.4 > paris @ cat


@needs_model
def test_minilm_knows_meaning() -> None:
    """Texts that mean the same are near without a word in common; rows do not depend on a batch."""
    model = minilm.minilm()
    home, moved, cello = model.embed(
        ["Where do you live?", "My home is in Lisbon.", "He plays cello."]
    )
    assert home @ moved > home @ cello + 0.1
    many = model.embed([*TEXTS, "A much longer text. " * 200, "Where do you live?"])
    assert np.allclose(many[-1], home, atol=1e-4)
    assert np.allclose(np.linalg.norm(many, axis=1), 1, atol=1e-4)
    assert model.embed([]).shape == (0, 384)


@needs_model
def test_int8_agrees_with_full_precision() -> None:
    """The small weights point in nearly the same directions."""
    texts = ["Where do you live?", "My home is in Lisbon.", "The marathon in Porto was rainy."]
    full, small = minilm.minilm().embed(texts), minilm.minilm(int8=True).embed(texts)
    assert np.vecdot(full, small).min() > 0.95
    assert minilm.minilm().name != minilm.minilm(int8=True).name


@needs_model
def test_a_folder_of_weights_is_an_embedder(tmp_path: Path) -> None:
    """A model directory gives the same rows as the package it was copied from."""
    folder = minilm.weights_folder()
    assert folder is not None
    mine = tmp_path / "model"
    mine.mkdir()
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (mine / name).symlink_to(folder / name)
    given = resolve(str(mine))
    assert given.name.startswith("folder:")
    assert np.allclose(given.embed(["hello"]), minilm.minilm().embed(["hello"]), atol=1e-5)


def test_a_graph_is_built_once_for_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading the weights builds nothing anew; other weights in their place leave one graph."""
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(minilm, "_build", lambda config, weights, part: part.write_bytes(b"graph"))
    weights, graphs = tmp_path / "model.safetensors", set()
    weights.write_bytes(b"some weights")
    (tmp_path / "config.json").write_text('{"hidden_size": 8}')
    for read in (1, 2):
        os.utime(weights, (read, 7))
        graphs.add(minilm.Encoder(tmp_path, "mine")._graph())
    assert len(graphs) == 1
    os.utime(weights, (3, 8))
    fresh = minilm.Encoder(tmp_path, "mine")._graph()
    assert list((tmp_path / "cache").iterdir()) == [fresh]
    assert fresh not in graphs


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """The error names what an encoder's folder holds."""
    with pytest.raises(InputError, match=r"tokenizer\.json"):
        resolve(tmp_path)


def test_an_unknown_name_suggests_the_nearest() -> None:
    """A misspelt embedder is not simply refused, and an object without embed is."""
    with pytest.raises(UnknownName, match="minilm"):
        resolve("mini-lm")
    with pytest.raises(InputError, match="no embed method"):
        resolve(object())


def test_a_missing_model_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the weights, `minilm` names the extra, and `auto` warns once and goes on."""
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(MissingExtra, match=r"combray\[embed\]"):
        resolve("minilm")
    with pytest.warns(UserWarning, match="combray embedder install"):
        assert resolve("auto").name == Hashed.name


def test_an_object_of_the_user_is_checked() -> None:
    """Rows are scaled to unit length; a wrong shape or NaN is an error that says so."""
    doubled = Checked("doubled", lambda texts: np.full((len(texts), 4), 2.0))
    assert np.allclose(np.linalg.norm(doubled.embed(["a", "b"]), axis=1), 1)
    with pytest.raises(ModelError, match="shape"):
        Checked("flat", lambda texts: np.ones(3)).embed(["a"])
    with pytest.raises(ModelError, match="finite"):
        Checked("nan", lambda texts: np.full((1, 3), np.nan)).embed(["a"])


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


def test_a_memory_begun_without_the_model_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a better embedder is there, `auto` goes on with the file's own and says what to run."""
    path = tmp_path / "m.db"
    with Memory(path, embedder="hashed") as memory:
        memory.add("I play the cello.")
    monkeypatch.setattr("combray.models.embed._automatic", Counting)
    with pytest.warns(UserWarning, match="combray reindex"):
        memory = Memory(path)
    with memory:
        assert memory.search("cello")[0].text == "I play the cello."
        assert memory.stats()["embedder"] == Hashed.name
    with Memory(tmp_path / "new.db") as memory:
        memory.add("I play the cello.")
        assert memory.stats()["embedder"] == Counting.name
    with pytest.raises(EmbedderMismatch), Memory(path, embedder=Counting()):
        pass
