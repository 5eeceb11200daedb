"""Sentence encoders through onnxruntime: folders, graphs in the cache, and rows."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from combray.core.errors import InputError, MissingExtra
from combray.models.embed import minilm, resolve
from combray.models.embed.minilm import BATCH, Encoder, cache_folder, from_folder, weights_folder
from tests.models.embed import tiny_bert

HAS_MODEL = minilm.weights_folder() is not None and not minilm.missing_packages()
needs_model = pytest.mark.skipif(
    not HAS_MODEL and not os.environ.get("CI"),
    reason="the offline embedder is not installed: combray embedder install",
)
needs_runtime = pytest.mark.skipif(
    bool(minilm.missing_packages()) and not os.environ.get("CI"),
    reason="the extra embed is not installed",
)
TEXTS = ("I moved to Paris.", "My cat is grey.", "今天天气很好", "…")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def tiny(tmp_path: Path, cache: Path) -> Encoder:
    """An encoder of random weights."""
    return from_folder(tiny_bert.folder(tmp_path / "tiny"))


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


@needs_runtime
def test_a_folder_of_ones_own_is_an_encoder(tiny: Encoder, cache: Path) -> None:
    """Rows are those of its weights; words it does not know share one."""
    ids = np.array([[2, 3, 4]])
    wanted = tiny_bert.reference(tiny_bert.weights(), ids, np.ones_like(ids))
    found = tiny.embed(["heron mill pond", "never heard"])
    assert np.allclose(found[0], wanted[0], atol=1e-5)
    assert np.allclose(found[1], tiny.embed(["other words"])[0], atol=1e-5)
    assert [p.suffix for p in cache.iterdir()] == [".onnx"]


@needs_runtime
def test_rows_stand_in_the_order_of_the_texts(tiny: Encoder) -> None:
    """Though texts of like length share a batch, and there are several batches."""
    texts = [
        " ".join(["heron", "mill", "tea"][: 1 + n % 3] * (1 + n % 4)) for n in range(2 * BATCH + 5)
    ]
    rows = tiny.embed(texts)
    for number in (0, 1, BATCH, len(texts) - 1):
        assert np.allclose(rows[number], tiny.embed([texts[number]])[0], atol=1e-5)
    assert tiny.embed([]).shape == (0, tiny_bert.CONFIG["hidden_size"])


@needs_runtime
def test_a_long_text_is_cut_where_positions_end(tiny: Encoder) -> None:
    """What comes after the last position changes nothing, and breaks nothing."""
    most = tiny_bert.CONFIG["max_position_embeddings"]
    cut, long = tiny.embed(["heron " * most, "heron " * most + "tea " * 5000])
    assert np.allclose(cut, long, atol=1e-5)


@needs_runtime
def test_int8_points_nearly_the_same_way(tmp_path: Path, cache: Path) -> None:
    """From a graph of its own beside the full one."""
    folder = tiny_bert.folder(tmp_path / "tiny")
    full, small = Encoder(folder, "full"), Encoder(folder, "small", int8=True)
    texts = ["heron mill", "boat river tea"]
    assert np.vecdot(full.embed(texts), small.embed(texts)).min() > 0.9
    assert len(list(cache.iterdir())) == 2


@needs_runtime
def test_a_ready_graph_is_used_as_it_is(tiny: Encoder, tmp_path: Path, cache: Path) -> None:
    """A folder with model.onnx needs no weights, and nothing is built."""
    rows = tiny.embed(["heron"])
    (graph,) = cache.iterdir()
    folder = tiny_bert.folder(tmp_path / "ready")
    (folder / "model.safetensors").unlink()
    graph.rename(folder / "model.onnx")
    assert np.allclose(from_folder(folder).embed(["heron"]), rows, atol=1e-5)
    assert list(cache.iterdir()) == []


@needs_runtime
def test_an_encoder_is_named_by_its_weights(tmp_path: Path) -> None:
    """Other weights have another name wherever they stand; the same weights have the same."""
    one, other = (tiny_bert.folder(tmp_path / str(n), seed=n) for n in (1, 2))
    again = tiny_bert.folder(tmp_path / "again", seed=1)
    names = [from_folder(folder).name for folder in (one, other, again)]
    assert names[0] == names[2] != names[1]
    assert names[0].startswith("folder:")


@needs_runtime
@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_folder_that_lacks_a_part_is_refused(tmp_path: Path, missing: str) -> None:
    """The message lists what an encoder's folder holds."""
    folder = tiny_bert.folder(tmp_path / "tiny")
    (folder / missing).unlink()
    with pytest.raises(InputError, match=missing.split(".")[0]):
        from_folder(folder)


def test_a_graph_that_could_not_be_built_leaves_nothing(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a graph is never read: it has another name until it is whole."""

    def fails(config: Any, weights: Path, part: Path) -> None:
        part.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(minilm, "missing_packages", list)
    monkeypatch.setattr(minilm, "_build", fails)
    (tmp_path / "config.json").write_text(json.dumps(tiny_bert.CONFIG))
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    with pytest.raises(OSError, match="No space"):
        Encoder(tmp_path, "mine")._graph()
    assert list(cache.iterdir()) == []


def test_the_cache_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COMBRAY_CACHE itself, else a folder of ours below XDG_CACHE_HOME or the home folder."""
    for name in ("COMBRAY_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "combray"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "combray"
    monkeypatch.setenv("COMBRAY_CACHE", str(tmp_path / "mine" / "deep"))
    assert cache_folder() == tmp_path / "mine" / "deep"
    assert cache_folder().is_dir()


def test_weights_are_found_without_importing_their_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package brings torch when it is imported; its folder is enough."""
    package = tmp_path / "no_such_weights"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('never import me')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_weights")
    assert weights_folder() is None
    (package / "model" / "model.safetensors").write_bytes(b"x")
    assert weights_folder() == package / "model"


def test_a_missing_runtime_names_its_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And the first of the packages that are not there."""
    monkeypatch.setattr(minilm, "NEEDS", ("json", "no_such_runtime", "nor_this"))
    assert minilm.missing_packages() == ["no_such_runtime", "nor_this"]
    with pytest.raises(MissingExtra, match="no_such_runtime"):
        Encoder(tmp_path, "mine")
