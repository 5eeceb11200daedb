"""The memory for asyncio, and that of one user, as one wrapper each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from combray.memory.memory import Memory


class _Awaited:
    """Every method awaits its namesake in a thread."""

    def __init__(self, memory: Any) -> None:
        self._memory = memory

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        method = getattr(self._memory, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            return await asyncio.to_thread(method, *args, **kwargs)

        return call


class AsyncTaskMemory(_Awaited):
    """One task of a user, awaited; `AsyncMemory.tasks` makes it."""

    @property
    def name(self) -> str:
        """The name of the task."""
        return str(self._memory.name)

    def __repr__(self) -> str:
        return f"Async{self._memory!r}"


class AsyncUserMemory(_Awaited):
    """What one user's memory answers, awaited; `AsyncMemory.user` makes it."""

    @property
    def user_id(self) -> str:
        """Whose memory it is."""
        return str(self._memory.user_id)

    @property
    def agent_id(self) -> str | None:
        """The agent it is narrowed to."""
        agent: str | None = self._memory.agent_id
        return agent

    @property
    def session_id(self) -> str | None:
        """The session it is narrowed to."""
        session: str | None = self._memory.session_id
        return session

    def tasks(self, name: str, **given: Any) -> AsyncTaskMemory:
        """The task memory of that name; it is opened at once, and its verbs are awaited."""
        return AsyncTaskMemory(self._memory.tasks(name, **given))

    def __repr__(self) -> str:
        return f"Async{self._memory!r}"


class AsyncMemory(_Awaited):
    """The same memory for asyncio: every method awaits its namesake in a thread.

    async with AsyncMemory("memory.db") as memory:
        await memory.add("I moved to Paris.", user_id="u1")
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(Memory(*args, **kwargs))

    def user(self, user_id: str, **narrowed: str | None) -> AsyncUserMemory:
        """The memory of one user; it is opened at once, and its verbs are awaited."""
        return AsyncUserMemory(self._memory.user(user_id, **narrowed))

    def tasks(self, name: str, **given: Any) -> AsyncTaskMemory:
        """The task memory of that name; it is opened at once, and its verbs are awaited."""
        return AsyncTaskMemory(self._memory.tasks(name, **given))

    async def __aenter__(self) -> AsyncMemory:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._memory.close)
