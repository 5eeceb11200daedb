"""The public contract: names, signatures and errors that users rely on."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path

import pytest

import combray
from combray import AsyncMemory, CombrayError, Memory
from combray.core import errors
from tests.words import Words

WORDS = "lamp chair table piano mirror carpet".split()
CONTRACT = {
    "add": "content user_id agent_id session_id run_id timestamp metadata valid_from valid_to",
    "search": "query user_id agent_id session_id limit filters kinds as_of known_at",
    "context": "query tokens",
    "get": "id user_id",
    "list": "user_id limit filters",
    "update": "id text metadata",
    "delete": "id",
    "supersede": "old_id new",
    "history": "id",
    "undo": "change_id since",
    "erase": "ids user_id session_id filters",
    "stats": "user_id",
    "export": "path",
    "import_": "path",
    "backup": "path",
    "verify": "",
    "repair": "",
    "reindex": "embedder",
    "consolidate": "user_id dry_run",
    "jobs": "user_id",
    "review": "user_id",
    "approve": "id",
    "reject": "id",
    "close": "",
}


@pytest.mark.parametrize("name", CONTRACT)
def test_the_verbs_keep_their_names_and_arguments(name: str) -> None:
    """Every verb of the contract is there, with its arguments, documented."""
    method = getattr(Memory, name)
    assert inspect.getdoc(method)
    assert set(CONTRACT[name].split()) <= set(inspect.signature(method).parameters)


def test_every_argument_of_a_memory_is_explained() -> None:
    """What `Memory(…)` takes its docstring names, so that `help(Memory)` is enough to open one."""
    told = inspect.getdoc(Memory) or ""
    assert [name for name in inspect.signature(Memory).parameters if f"`{name}`" not in told] == []


def test_everything_public_can_be_imported() -> None:
    """`__all__` is what there is, and every error of ours is in it."""
    for name in combray.__all__:
        assert getattr(combray, name) is not None
    ours = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, CombrayError)
    }
    assert ours <= set(combray.__all__)
    assert dir(combray) == sorted(combray.__all__)


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    """The package answers like any module."""
    with pytest.raises(AttributeError, match="Memroy"):
        combray.Memroy  # noqa: B018


def test_the_asyncio_memory_answers_alike(tmp_path: Path) -> None:
    """Every verb can be awaited, many at once, and answers what the plain one does."""

    async def story() -> list[str]:
        async with AsyncMemory(tmp_path / "m.db", embedder=Words()) as memory:
            await asyncio.gather(*(memory.add(f"{word} is mine", user_id="u") for word in WORDS))
            hits = await memory.search("Is the lamp mine?", user_id="u", limit=1)
            assert (await memory.stats(user_id="u"))["items"] == len(WORDS)
            return [hit.text for hit in hits]

    assert asyncio.run(story()) == ["lamp is mine"]
