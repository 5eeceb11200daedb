"""Laws of concurrency: many threads and many processes on one store."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from threading import Event
from typing import Any

from combray.core.changes import NewJob
from combray.core.errors import CombrayError
from combray.memory import Memory
from combray.store.engine import Engine
from combray.store.store import Store
from combray.testing.base import StoreLaw, item, put

WRITERS, READERS, START = 4, 4, 2.0


class TogetherLaws(StoreLaw):
    """Nobody loses a write, sees half of one, or is refused; `seconds` is how long they try."""

    seconds = 3.0

    def test_numbers_are_committed_in_order(self, place: Any) -> None:
        """A reader that follows the log of a tenant while four write to it misses no event."""
        done = Event()

        def write(_: int) -> list[str]:
            with self._store(place) as store:
                return [i.id for n in range(15) for i in put(store, [item(f"{n}"), item("b")])]

        def follow() -> list[str]:
            seen: list[str] = []
            head = 0
            with self._store(place) as store:
                while True:
                    last = done.is_set()
                    now = store.head("u")
                    seen += store.changed("u", head)
                    head = max(head, now)
                    if last:
                        return seen

        with self._store(place), ThreadPoolExecutor(WRITERS + 1) as pool:
            following = pool.submit(follow)
            written = [id_ for ids in pool.map(write, range(WRITERS)) for id_ in ids]
            done.set()
            assert set(following.result()) == set(written)

    def test_threads_share_one_store(self, place: Any) -> None:
        """Eight threads that write and read through one store lose nothing."""
        with self._store(place) as store, ThreadPoolExecutor(8) as pool:

            def work(number: int) -> None:
                tenant = f"t{number % 3}"
                for n in range(10):
                    put(store, [item(f"{number} {n}", tenant)], jobs=[NewJob(kind="k", payload={})])
                    assert store.items(tenant)

            list(pool.map(work, range(8)))
            assert store.engine.read("SELECT count(*) FROM items") == [(80,)]
            assert store.engine.read("SELECT count(*) FROM jobs") == [(80,)]

    def test_processes_share_one_place(self, place: Any) -> None:
        """Four writers and four readers: nothing lost, no error, only whole changes seen."""
        with self._store(place):
            pass
        context = multiprocessing.get_context("spawn")
        until = time.time() + START + self.seconds
        with ProcessPoolExecutor(WRITERS + READERS, mp_context=context) as pool:
            writers = [pool.submit(_write, type(self), place, n, until) for n in range(WRITERS)]
            readers = [pool.submit(_read, type(self), place, until) for _ in range(READERS)]
            written = [id_ for future in writers for id_ in future.result()]
            looks = [future.result() for future in readers]
        assert all(looks)
        with self._store(place) as store:
            assert {i.id for i in store.items("u")} == set(written)
        with self._memory(place) as memory:
            assert memory.verify().ok


def _write(suite: type[StoreLaw], place: Any, number: int, until: float) -> Sequence[str]:
    """Add pairs of items until a time; returns the ids that were acknowledged."""
    ids: list[str] = []
    with Memory(suite().open(place), embedder="hashed") as memory:
        while not ids or time.time() < until:
            pair = [f"{number} {len(ids)} left heron", f"{number} {len(ids)} right heron"]
            turns = [{"role": "user", "content": text} for text in pair]
            ids += [i.id for i in memory.add(turns, user_id="u", session_id=f"s{number}")]
    return ids


def _read(suite: type[StoreLaw], place: Any, until: float) -> int:
    """Look until a time; returns how often. Raises when half a pair is seen."""
    looks = 0
    engine: Engine = suite().open(place)
    with Memory(suite().open(place), embedder="hashed") as memory:
        store = Store(engine)
        while not looks or time.time() < until:
            memory.search("left heron", user_id="u", limit=5)
            if len(store.items("u")) % 2:
                raise CombrayError("half of a change was seen")
            looks += 1
        store.close()
    return looks
