"""What was given out lately is known for echoes and citations, and forgotten with an erasure."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from combray import InputError, Memory
from combray.core.items import Hit
from combray.core.ports import Query
from combray.memory.recalled import Recalled
from combray.store.engine import Cursor
from combray.write.change import erasure
from tests.memory.held_words import holders
from tests.words import Words
from tests.write.stored import raw

ITEM = raw("I live in Rome.")


def test_what_was_found_last_is_known() -> None:
    """Its question, its items, and their words as echoes; of another tenant nothing."""
    emptied: list[str] = []
    recalled = Recalled(emptied.append)
    with recalled.search("u") as keep:
        assert recalled.last("u") is None
        keep("where?", [ITEM])
    assert recalled.last("u") == ("where?", [ITEM])
    assert recalled.echoes.recalled("u", ITEM.text)
    assert recalled.last("v") is None
    recalled.forget("v")
    assert recalled.last("u") is not None
    assert emptied == ["v"]


def test_a_search_that_was_overtaken_keeps_nothing() -> None:
    """Nor does the one that fails; the next keeps what it finds again."""
    emptied: list[str] = []
    recalled = Recalled(emptied.append)
    with recalled.search("u") as keep, recalled.search("v") as other:
        recalled.forget("u")
        assert emptied == ["u"]
        keep("where?", [ITEM])
        other("who?", [ITEM])
    assert emptied == ["u", "u"], "what the search filled is emptied when it ends"
    assert recalled.last("u") is None
    assert not recalled.echoes.recalled("u", ITEM.text)
    assert recalled.last("v") is not None
    with recalled.search("u") as keep:
        keep("where?", [ITEM])
    assert recalled.last("u") is not None
    assert recalled._under_way == {}


Ask = Callable[[Memory], object]


def search(memory: Memory) -> object:
    """Search for the user's words."""
    return memory.search("Rome", user_id="u")


class Stopped:
    """A thread that searches, and stops in the middle until it is told to go on."""

    def __init__(self, memory: Memory, monkeypatch: pytest.MonkeyPatch, ask: Ask = search) -> None:
        self.there, self._go = threading.Event(), threading.Event()
        recall = memory._system.recall

        def stop(query: Query) -> list[Hit]:
            found = recall(query)
            self.there.set()
            assert self._go.wait(20)
            return list(found)

        monkeypatch.setattr(memory._system, "recall", stop)
        self._thread = threading.Thread(target=lambda: ask(memory))
        self._thread.start()
        assert self.there.wait(20)

    def go_on(self) -> None:
        """Let the thread end."""
        self._go.set()
        self._thread.join(20)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """A memory of one user and another."""
    with Memory(tmp_path / "memory.db", embedder=Words()) as made:
        made.add("I live in Rome.", user_id="u")
        made.add("I live in Oslo.", user_id="v")
        yield made


@pytest.mark.parametrize(
    "ask", [search, lambda memory: memory.explain("Rome", user_id="u")], ids=["search", "explain"]
)
def test_a_view_of_a_search_that_was_overtaken_is_not_kept(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    """Whatever it filled on its way is emptied when it ends, by whichever verb."""
    stopped = Stopped(memory, monkeypatch, ask)
    memory.erase(user_id="u")
    memory._runtime.view("u")
    assert "u" in memory._runtime._views
    stopped.go_on()
    assert "u" not in memory._runtime._views


@pytest.mark.parametrize("all_of_it", [True, False])
def test_a_search_beside_an_erasure_brings_nothing_back(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, all_of_it: bool
) -> None:
    """A thread that has read the words and goes on after the erasure leaves them in no cache."""
    (item,) = memory.list(user_id="u", kinds=["text"])
    stopped = Stopped(memory, monkeypatch)
    memory.erase(None if all_of_it else item.id, user_id="u")
    stopped.go_on()
    assert not memory._recalled.echoes.recalled("u", "I live in Rome.")
    with pytest.raises(InputError, match="there was none"):
        memory.cite([item.id], user_id="u")
    del item, stopped
    monkeypatch.undo()
    assert memory.search("Rome", user_id="u") == []


def test_a_search_between_the_rows_and_their_end_brings_nothing_back(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the rows are being deleted the words are found still, and are forgotten with them."""
    erase_in: Callable[..., Any] = erasure.erase_in

    def slow(cursor: Cursor, tenant: str, what: Any) -> Any:
        made = erase_in(cursor, tenant, what)
        thread = threading.Thread(target=lambda: memory.search("Rome", user_id="u"))
        thread.start()
        thread.join(20)
        found.append(memory._recalled.echoes.recalled("u", "I live in Rome."))
        return made

    found: list[bool] = []
    monkeypatch.setattr(erasure, "erase_in", slow)
    memory.erase(user_id="u")
    assert found == [True]
    assert memory._recalled.last("u") is None
    assert not memory._recalled.echoes.recalled("u", "I live in Rome.")
    assert memory._runtime.view("u").ids == []
    assert memory.search("Rome", user_id="u") == []


def test_no_container_holds_the_words_that_a_search_had_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Views, echoes, the last search: a stopped thread fills none of them again."""
    word = "XANTHIPPE xanthippe"
    with Memory(embedder="hashed") as memory:
        memory.add(word, user_id="u")
        stopped = Stopped(memory, monkeypatch)
        memory.erase(user_id="u")
        stopped.go_on()
        del stopped
        monkeypatch.undo()
        memory.search("who", user_id="u")
        assert holders(word) == []
