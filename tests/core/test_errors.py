"""The tree of errors: drawn, complete, and each class raised somewhere."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

import combray
from combray.core import errors
from combray.core.errors import (
    CombrayError,
    InputError,
    MissingExtra,
    ModelError,
    UnknownName,
    quoted,
    reason,
)

CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, CombrayError)
}
SOURCE = Path(combray.__file__).parent


def drawn() -> dict[str, tuple[str, str]]:
    """Class → (its parent, what it means), as the docstring draws them."""
    above: dict[int, str] = {}
    found = {}
    for line in str(errors.__doc__).splitlines():
        match = re.fullmatch(r"((?:│   )*)(├── |└── )?(\w+)(?: +(.+))?", line)
        if match is None or match[3] not in CLASSES:
            continue
        depth = len(match[1]) // 4 + bool(match[2])
        above[depth] = match[3]
        found[match[3]] = (above.get(depth - 1, ""), match[4] or "")
    return found


def test_every_error_is_drawn_under_its_parent() -> None:
    """The tree in the docstring is the tree of the classes, whole and without strangers."""
    parents = {
        name: next((b.__name__ for b in kind.__bases__ if issubclass(b, CombrayError)), "")
        for name, kind in CLASSES.items()
    }
    assert {name: parent for name, (parent, _) in drawn().items()} == parents


@pytest.mark.parametrize("name", sorted(set(CLASSES) - {"CombrayError"}))
def test_every_error_says_what_it_means(name: str) -> None:
    """In the drawing and in a docstring of its own."""
    assert drawn()[name][1]
    assert str(CLASSES[name].__doc__).endswith(".")


def test_every_error_is_raised_somewhere() -> None:
    """A class that nothing in the package makes is no part of the contract."""
    made: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                made.add(ast.unparse(node.func).rpartition(".")[2])
    below = {name for name in CLASSES if name not in made}
    assert below <= {"CombrayError"}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_error_is_public(name: str) -> None:
    """`from combray import NAME` works, so that users can catch it."""
    assert getattr(combray, name) is CLASSES[name]


@pytest.mark.parametrize(
    ("kind", "builtin"), [(InputError, ValueError), (MissingExtra, ImportError)]
)
def test_what_python_has_a_word_for_is_that_too(
    kind: type[CombrayError], builtin: type[Exception]
) -> None:
    """Code that knows nothing of us catches wrong values and missing packages as it always did."""
    assert issubclass(kind, builtin)
    assert all(issubclass(c, builtin) for c in CLASSES.values() if issubclass(c, kind))


def test_an_unknown_name_suggests_the_nearest() -> None:
    """The nearest first, at most three, whatever the case; else all that are known."""
    near = UnknownName("system", "MEMO0", ["zep", "mem0", "memos", "memo", "memorag"])
    assert near.name == "MEMO0"
    assert "mem0" in near.nearest
    assert len(near.nearest) <= 3
    assert "'mem0'" in str(near)
    far = UnknownName("system", "xyz", iter(["zep", "mem0"]))
    assert far.nearest == []
    assert "mem0, zep" in str(far)
    assert isinstance(far, InputError)


def test_an_empty_name_breaks_nothing() -> None:
    """Nor does an empty list of known ones."""
    assert UnknownName("tier", "", ["text"]).nearest == []
    assert UnknownName("tier", "text", []).nearest == []


def test_a_missing_package_comes_with_its_command() -> None:
    """What needs it, which package, and the line to type."""
    error = MissingExtra("A memory in PostgreSQL", "psycopg", "postgres")
    assert error.extra == "postgres"
    for word in ("A memory in PostgreSQL", "psycopg", "pip install 'combray[postgres]'"):
        assert word in str(error)


def test_a_failed_model_keeps_what_it_said() -> None:
    """For whoever debugs it; None where it said nothing."""
    assert ModelError("no", raw="{").raw == "{"
    assert ModelError("no").raw is None
    assert str(ModelError("no", raw="secret")) == "no"


def test_why_a_file_could_not_be_read_is_told_to_people(tmp_path: Path) -> None:
    """The system's words, without numbers and repetition; bytes that are no text by their place."""
    with pytest.raises(FileNotFoundError) as missing:
        (tmp_path / "nothing").read_text()
    assert reason(missing.value) == "No such file or directory"
    assert reason(OSError("odd")) == "odd"
    with pytest.raises(UnicodeDecodeError) as wrong:
        b"ab\xff".decode()
    assert "byte 2" in reason(wrong.value)


def test_a_bad_value_is_shown_short_whatever_it_is() -> None:
    """As its repr where that is short; what is deep, endless, huge or broken is shown too."""

    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    looped: dict[str, object] = {}
    looped["in"] = looped
    for plain in (None, "Rome", 1.5, ["a", 1], {"a": (True,)}):
        assert quoted(plain) == repr(plain)
    for odd in (deep, looped, 10**5000, [10**5000], Broken(), "x" * 10**6, [["y" * 99] * 9] * 9):
        assert 0 < len(quoted(odd)) <= errors.SHOWN
