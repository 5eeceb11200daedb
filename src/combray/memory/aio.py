"""The memory for asyncio, as one wrapper."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


class AsyncMemory:
    """The same memory for asyncio: every method awaits its namesake in a thread.

    async with AsyncMemory("memory.db") as memory:
        await memory.add("I moved to Paris.", user_id="u1")
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from combray.memory import Memory

        self._memory = Memory(*args, **kwargs)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._memory, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            return await asyncio.to_thread(method, *args, **kwargs)

        return call

    async def __aenter__(self) -> AsyncMemory:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._memory.close)
