"""The memory for asyncio, and that of one user."""

from __future__ import annotations

import ast
import asyncio
import inspect
import threading
from pathlib import Path

import pytest

import combray.memory
from combray import AsyncMemory, AsyncUserMemory, InputError, Memory, NotFound, UserMemory
from combray.memory.user import verbs
from tests.words import Words

FOLDER = Path(combray.memory.__file__).parent


def test_verbs_are_awaited_in_threads() -> None:
    """The loop goes on while the database works, and errors come to whoever awaits."""
    seen: list[str] = []

    class Watched(Words):
        def embed(self, texts: list[str]) -> object:
            seen.append(threading.current_thread().name)
            return super().embed(texts)

    async def story() -> None:
        async with AsyncMemory(embedder=Watched()) as memory:
            (item,) = await memory.add("I like tea.", user_id="u1")
            assert (await memory.get(item.id)).text == "I like tea."
            with pytest.raises(InputError):
                await memory.search("")

    asyncio.run(story())
    assert seen
    assert threading.main_thread().name not in seen


def test_a_handle_has_the_same_walls() -> None:
    """`user` is not awaited, its verbs are; another's id does not exist."""

    async def story() -> None:
        async with AsyncMemory(embedder=Words()) as memory:
            (theirs,) = await memory.add("I like gin.", user_id="u2")
            mine = memory.user("u1", session_id="s1")
            await mine.add("I like tea.")
            assert [hit.text for hit in await mine.search("tea gin")] == ["I like tea."]
            with pytest.raises(NotFound):
                await mine.get(theirs.id)
            with pytest.raises(InputError, match="takes no user_id"):
                await mine.search("gin", user_id="u2")  # type: ignore[call-arg]
            with pytest.raises(InputError, match="one user"):
                memory.user(None)  # type: ignore[arg-type]
            assert (mine.user_id, mine.agent_id, mine.session_id) == ("u1", None, "s1")
            assert repr(mine) == "AsyncUserMemory('u1', session_id='s1')"

    asyncio.run(story())


def test_the_memory_is_closed_at_the_end(tmp_path: Path) -> None:
    """Leaving the block releases the database."""

    async def story() -> AsyncMemory:
        async with AsyncMemory(tmp_path / "m.db", embedder=Words()) as memory:
            await memory.add("I like tea.")
        return memory

    closed = asyncio.run(story())
    with pytest.raises(Exception, match="closed"):
        asyncio.run(closed.add("I like gin."))


@pytest.mark.parametrize(
    ("stub", "name", "wanted"),
    [
        ("aio.pyi", "AsyncMemory", {n for n, _ in inspect.getmembers(Memory, inspect.isfunction)}),
        ("aio.pyi", "AsyncUserMemory", set(verbs())),
        ("user.pyi", "UserMemory", set(verbs())),
    ],
)
def test_stubs_name_every_verb(stub: str, name: str, wanted: set[str]) -> None:
    """What type checkers read has each verb once, awaited for asyncio, with its parameters."""
    tree = ast.parse((FOLDER / stub).read_text(encoding="utf-8"))
    (kind,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)
    told = {
        node.name: node
        for node in kind.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not node.decorator_list
    }
    assert told.keys() == {verb for verb in wanted if not verb.startswith("_")}
    for verb, node in told.items():
        waits = isinstance(node, ast.AsyncFunctionDef)
        assert waits == (name.startswith("Async") and verb not in ("user", "tasks"))
    given = {argument.arg for node in told.values() for argument in node.args.kwonlyargs}
    assert ("user_id" in given) == (name == "AsyncMemory")


def test_the_handles_are_public() -> None:
    """Both can be named in annotations, and are what `user` returns."""
    with Memory(embedder=Words()) as memory:
        assert type(memory.user("u")) is UserMemory
    assert AsyncUserMemory is combray.AsyncUserMemory
