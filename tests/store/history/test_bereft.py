"""What cites lost words: a repair leaves nothing behind that points to them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from combray import Memory
from combray.core.changes import ChangeSet
from combray.core.items import Item, Link
from combray.store.history.bereft import citing_lost, without_lost
from tests.words import Words


def item(id_: str, *sources: str) -> Item:
    """An item that cites others."""
    return Item(id=id_, text=id_, sources=sources)


def test_what_lost_some_sources_cites_the_others() -> None:
    """And what lost all of them, through others too, is gone; a circle that is whole stays."""
    items = [
        item("raw"), item("both", "raw", "lost"), item("none", "lost"), item("next", "none"),
        item("mixed", "next", "raw"), item("a", "b"), item("b", "a"),
    ]  # fmt: skip
    known = {each.id for each in items}
    kept, gone = without_lost(items, known)
    assert {each.id: each.sources for each in kept} == {"both": ("raw",), "mixed": ("raw",)}
    assert gone == {"none", "next"}
    assert list(citing_lost(items, known)) == [
        "item both cites lost, which is gone",
        "item none cites lost, which is gone",
    ]


def test_a_chain_is_followed_once() -> None:
    """However long it is: each item is reached by the one source that it lost."""

    class Read(dict[str, None]):
        count = 0

        def __contains__(self, key: object) -> bool:
            Read.count += 1
            return super().__contains__(key)

    chain = [item(f"k{n}", f"k{n - 1}") for n in range(1000)]
    kept, gone = without_lost(chain, Read.fromkeys(each.id for each in chain))
    assert (kept, len(gone), Read.count) == ([], 1000, 1000)


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, str]:
    """A database in which facts, a summary and a link rest on a memory, and its id."""
    with Memory(tmp_path / "m.db", embedder=Words()) as memory:
        said = [
            {"role": "user", "content": f"I live in {town}.", "timestamp": f"202{n}-01-01"}
            for n, town in enumerate(("Rome", "Oslo", "Lima"))
        ]
        one, two, _ = (memory.add([each], user_id="u")[0] for each in said)
        summary = Item(
            id="both", text="towns", kind="summary", scope=one.scope, sources=(one.id, two.id)
        )
        links = [Link(src=one.id, dst=two.id, kind="near")]
        memory._store.apply(ChangeSet(tenant="u", actor="rules", puts=[summary], links=links))
        memory.update(one.id, metadata={"seen": True}, user_id="u")
    return tmp_path / "m.db", one.id


LOSSES = {
    "its row and its history": ("DELETE FROM items WHERE id = :id",
                                "DELETE FROM events WHERE item_id = :id"),
    "its row, and its history is damaged": ("DELETE FROM items WHERE id = :id",
                                            "UPDATE events SET after = '{' WHERE item_id = :id"),
    "its id and its history": ("UPDATE items SET id = 'z' WHERE id = :id",
                               "DELETE FROM events WHERE item_id = :id"),
    "its row": ("DELETE FROM items WHERE id = :id",),
}  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
def test_a_repair_leaves_nothing_that_cites_what_is_lost(
    place: tuple[Path, str], tmp_path: Path, loss: str
) -> None:
    """One repair is enough, and what is left can be moved."""
    path, id_ = place
    with sqlite3.connect(path) as db:
        for statement in LOSSES[loss]:
            db.execute(statement, {"id": id_})
    with Memory(path, embedder=Words()) as memory:
        assert memory.verify().problems != ()
        memory.repair()
        assert memory.verify().problems == ()
        towns = {str(f.metadata["object"]) for f in memory.list(user_id="u", kinds=["fact"])}
        assert towns >= {"Oslo", "Lima"}
        assert memory.get("both").text == "towns"
        memory.export(tmp_path / "f")
    with Memory(embedder=Words()) as other:
        other.import_(tmp_path / "f")
        assert other.verify().problems == ()
