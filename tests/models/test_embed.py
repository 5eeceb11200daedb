"""Choosing an embedder: by name, by folder, by endpoint, or an object of the user's."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from combray import EmbedderMismatch, InputError, Memory, MissingExtra, ModelError, UnknownName
from combray.models import embed
from combray.models.embed import Checked, Hashed, Recent, follow, minilm, resolve


class Counting:
    """An embedder that counts the texts it was asked for."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], /) -> Any:
        """One direction for each text's length."""
        self.asked += texts
        return np.eye(64, dtype=np.float32)[[len(text) % 64 for text in texts]]


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


@pytest.mark.parametrize("name", ["hashed", Hashed.name])
def test_a_name_is_an_embedder_that_keeps_the_last_texts(name: str) -> None:
    """By the short name and by the one that is stored with its vectors."""
    found = resolve(name)
    assert isinstance(found, Recent)
    assert found.name == Hashed.name
    assert np.array_equal(found.embed(["tea"]), Hashed().embed(["tea"]))


def test_every_name_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each that the error lists can be chosen; the int8 one is the small one."""
    made: list[bool] = []

    def minilm_(*, int8: bool = False) -> Counting:
        made.append(int8)
        return Counting()

    monkeypatch.setattr(minilm, "minilm", minilm_)
    monkeypatch.setattr(embed, "_automatic", Counting)
    for name in embed.NAMES:
        assert resolve(name).embed(["a"]).shape[0] == 1
    assert made == [] or set(made) == {False, True}


def test_an_object_is_called_by_its_name_or_its_class() -> None:
    """What is stored with its vectors tells two classes apart."""

    class Mine:
        def embed(self, texts: Sequence[str]) -> Any:
            """One direction for all."""
            return np.ones((len(texts), 2))

    assert resolve(Counting()).name == "counting"
    assert resolve(Mine()).name.endswith("Mine")
    assert "test_embed" in resolve(Mine()).name


@pytest.mark.parametrize("wrong", [None, 7, object(), {"embed": 1}])
def test_what_is_no_embedder_is_refused(wrong: Any) -> None:
    """The message says what one is."""
    with pytest.raises(InputError, match="embed"):
        resolve(wrong)


def test_checked_rows_point_where_they_pointed() -> None:
    """Only their length changes; a row of zeros stays, rather than become not-a-number."""
    given = np.array([[3, 4], [0, 0], [1e-20, 0]])
    rows = Checked("mine", lambda texts: given).embed(["a", "b", "c"])
    assert rows.dtype == np.float32
    assert np.allclose(rows[0], [0.6, 0.8])
    assert rows[1].tolist() == [0, 0]
    assert np.isfinite(rows).all()


@pytest.mark.parametrize(
    "rows",
    [np.ones((2, 3)), np.ones((0, 3)), np.ones(3), np.ones((1, 2, 2)), np.full((1, 2), np.inf)],
    ids=["too many", "none", "flat", "deep", "infinite"],
)
def test_rows_of_the_wrong_shape_are_a_models_error(rows: Any) -> None:
    """It names the embedder; what was added before is not lost."""
    with pytest.raises(ModelError, match="'mine'"):
        Checked("mine", lambda texts: rows).embed(["a"])


def test_auto_follows_a_file_of_hashed_vectors() -> None:
    """It warns then, and only then."""
    better = Counting()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert follow(better, None) is better
        assert follow(better, "counting") is better
        assert follow(better, "another") is better
        hashed = Hashed()
        assert follow(hashed, Hashed.name) is hashed
    with pytest.warns(UserWarning, match="combray reindex"):
        assert follow(better, Hashed.name).name == Hashed.name
