"""Export: every line says what it is, the last counts them, and the file is whole or not there."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.core.changes import ChangeSet, Patch
from combray.core.errors import InputError, StoreError
from combray.core.items import Item, Link, Scope
from combray.core.time import to_micros
from combray.store.connect import connect
from combray.store.files.export import EVENT_FIELDS, HEADER, SHAPES, export
from combray.store.files.import_ import import_
from combray.store.files.logs import SHAPES as TASKS
from combray.store.history.mend import mend
from combray.store.store import Store
from combray.store.tables.rows import ITEM_FIELDS, LINK_FIELDS, to_json
from combray.testing.base import item, put
from tests.store.tables.test_rows import ITEMS


def records(path: Path) -> list[dict[str, Any]]:
    """Every line of a file as data."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def filled(store: Store) -> Store:
    """A store of two users with a link, a fact, a change and a deletion."""
    one, two = put(store, [item("one", metadata={"ž": "日"}), item("two")])
    put(store, [item("fact", kind="fact", sources=(one.id,))])
    put(store, [item("theirs", "v")])
    link = Link(src=one.id, dst=two.id, kind="similar", weight=1 / 3)
    patches = [Patch(id=two.id, fields={"status": "deleted"})]
    store.apply(ChangeSet(tenant="u", actor="user", links=[link], patches=patches))
    return store


def test_a_file_says_what_it_is_and_how_much(filled: Store, tmp_path: Path) -> None:
    """The header, then items, links and events of each user in turn, then their counts."""
    path = tmp_path / "all.jsonl"
    assert export(filled, path) == 4
    first, *body, last = records(path)
    assert first == HEADER
    assert last == {"end": {"item": 4, "link": 1, "event": 6}}
    kinds = [next(iter(record)) for record in body]
    assert kinds == ["item"] * 3 + ["link"] + ["event"] * 5 + ["item", "event"]


def test_every_record_has_all_its_fields(filled: Store, tmp_path: Path) -> None:
    """So that another program can read it without our code."""
    path = tmp_path / "all.jsonl"
    export(filled, path)
    shapes = {"item": ITEM_FIELDS, "link": LINK_FIELDS, "event": EVENT_FIELDS, **TASKS}
    assert shapes == SHAPES
    for record in records(path)[1:-1]:
        ((kind, fields),) = record.items()
        assert set(fields) == set(shapes[kind])


def test_one_users_part_holds_nothing_of_others(filled: Store, tmp_path: Path) -> None:
    """Neither items nor events; an unknown user has an empty file that can be read."""
    path = tmp_path / "u.jsonl"
    assert export(filled, path, "u") == 3
    assert "theirs" not in path.read_text(encoding="utf-8")
    assert export(filled, tmp_path / "none.jsonl", "nobody") == 0
    assert records(tmp_path / "none.jsonl")[1]["end"] == {"item": 0, "link": 0, "event": 0}
    empty = connect(":memory:")
    assert import_(empty, tmp_path / "none.jsonl") == 0
    empty.close()


def test_the_shared_tenant_is_exported_by_its_name(store: Store, tmp_path: Path) -> None:
    """The empty name is nobody's part, not everybody's."""
    put(store, [item("shared", "")])
    put(store, [item("mine")])
    assert export(store, tmp_path / "shared.jsonl", "") == 1
    assert "mine" not in (tmp_path / "shared.jsonl").read_text(encoding="utf-8")


def test_a_file_is_replaced_whole(filled: Store, tmp_path: Path) -> None:
    """An older export at the same place is gone, and nothing of it is left behind."""
    path = tmp_path / "all.jsonl"
    path.write_text(to_json(HEADER) + "\n" + "x" * 100_000)
    export(filled, path)
    assert records(path)[0] == HEADER
    assert [p.name for p in tmp_path.glob("all*")] == ["all.jsonl"]


def test_what_is_no_export_is_not_replaced(filled: Store, tmp_path: Path) -> None:
    """A database, somebody's notes and a link stay as they were; an older Markdown is replaced."""
    notes, link, readable = (tmp_path / name for name in ("notes.jsonl", "link.jsonl", "all.md"))
    notes.write_text("my diary")
    link.symlink_to(notes)
    for path in (notes, link):
        with pytest.raises(InputError, match="nothing was written"):
            export(filled, path)
    assert notes.read_text() == "my diary"
    for _ in range(2):
        export(filled, readable)
    assert readable.read_text().startswith("# Memory of ")


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
def test_an_export_is_for_its_owner_alone(filled: Store, tmp_path: Path) -> None:
    """It holds everything that the memory holds."""
    export(filled, tmp_path / "all.jsonl")
    assert stat.S_IMODE((tmp_path / "all.jsonl").stat().st_mode) == 0o600


def test_an_export_that_fails_leaves_what_was_there(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a file never stands under its name."""
    path = tmp_path / "all.jsonl"
    path.write_text(to_json(HEADER))

    def fails(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fails)
        with pytest.raises(InputError, match="No space"):
            export(filled, path)
    with pytest.raises(InputError, match="nowhere"):
        export(filled, tmp_path / "nowhere" / "all.jsonl")
    assert path.read_text() == to_json(HEADER)
    assert not list(tmp_path.glob(".*.part"))


def test_the_same_store_gives_the_same_bytes(filled: Store, tmp_path: Path) -> None:
    """Twice over, from a file and from a server."""
    for name in ("one.jsonl", "two.jsonl"):
        export(filled, tmp_path / name)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


@settings(max_examples=40, deadline=None)
@given(st.lists(ITEMS, max_size=5, unique_by=lambda i: i.id))
def test_any_items_go_round_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, items: list[Item]
) -> None:
    """Whatever words and times they hold: export → import → export is the same file."""
    folder = tmp_path_factory.mktemp("round")
    one, other = connect(":memory:"), connect(":memory:")
    for each in items:
        raw = Item(
            id=f"id-{each.id}".replace("\0", ""),
            text=each.text.replace("\0", ""),
            scope=each.scope,
            first_at_us=each.first_at_us // 2**10,
            metadata=each.metadata,
        )
        names = raw.scope.tenant + str(raw.scope.agent_id) + str(raw.scope.session_id)
        if "\0" not in names and raw.text.strip():
            one.apply(ChangeSet(tenant=raw.scope.tenant, actor="user", puts=[raw]))
    count = export(one, folder / "one.jsonl")
    assert import_(other, folder / "one.jsonl") == count
    export(other, folder / "two.jsonl")
    assert (folder / "one.jsonl").read_bytes() == (folder / "two.jsonl").read_bytes()
    one.close()
    other.close()


# ── Markdown ─────────────────────────────────────────────────────────────────────────────────────


def day(text: str) -> int:
    """A day in microseconds."""
    return to_micros(text)


@pytest.fixture
def told(store: Store) -> Store:
    """A user with words of two sessions, facts that hold and are past, a note, and a deletion."""
    may = day("2024-05-01")
    said = [
        Item(id="1", text="I live\nin Rome.", scope=Scope("u"), name="Ann", first_at_us=may),
        Item(id="2", text="Noted.", scope=Scope("u"), role="assistant", first_at_us=may),
    ]
    store.apply(ChangeSet(tenant="u", actor="user", puts=said))
    put(store, [
        item("Ann lives in Rome", kind="fact", sources=("1",), valid_from_us=may),
        item("Ann lived in Oslo", kind="fact", sources=("1",), valid_to_us=may),
        item("Ann moves a lot", kind="summary", sources=("1",), first_at_us=may),
        item("gone", kind="fact", sources=("1",), status="deleted"),
    ])  # fmt: skip
    return store


@pytest.mark.parametrize("name", ["all.md", "all.MARKDOWN"])
def test_markdown_is_for_people(told: Store, tmp_path: Path, name: str) -> None:
    """What holds, what is past, what was noted and said, each on its line with its day."""
    assert export(told, tmp_path / name) == 5
    lines = (tmp_path / name).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# Memory of u"
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## What holds", "## What is past", "## Noted", "## Said"]
    assert "- Ann lives in Rome (2024-05-01 – now)" in lines
    assert "- Ann lived in Oslo (unknown – 2024-05-01)" in lines
    assert "- 2024-05-01 **Ann**: I live in Rome." in lines
    assert "- 2024-05-01 **assistant**: Noted." in lines
    assert not any("gone" in line for line in lines)


def test_markdown_has_a_heading_for_each_session(store: Store, tmp_path: Path) -> None:
    """In the order they began; what was said in none stands under its own."""
    for text, session in (("a", "s1"), ("b", None), ("c", "s1"), ("d", "s2")):
        scope = Scope("u", None, session)
        made = Item(id=text, text=text, scope=scope)
        store.apply(ChangeSet(tenant="u", actor="user", puts=[made]))
    put(store, [item("e", "")])
    export(store, tmp_path / "all.md")
    lines = (tmp_path / "all.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "# Memory of no user",
        "## Said",
        "# Memory of u",
        "## Session s1",
        "## Said",
        "## Session s2",
    ]


@pytest.mark.parametrize("table", ["items", "events"])
def test_what_a_disk_has_changed_is_not_exported(filled: Store, tmp_path: Path, table: str) -> None:
    """Read back it would be taken for what was said; repaired it is exported."""
    with filled.engine.write() as cursor:
        cursor.run(f"UPDATE {table} SET tenant = tenant, checksum = checksum + 1 WHERE seq = 1")
    with pytest.raises(StoreError, match="Run verify and repair"):
        export(filled, tmp_path / "all.jsonl")
    assert list(tmp_path.glob("*.jsonl*")) == []
    mend(filled)
    assert export(filled, tmp_path / "all.jsonl") == 4


@pytest.mark.parametrize("verb", [export, import_])
def test_a_database_that_is_open_keeps_its_locks(
    verb: Callable[[Store, Path], int], tmp_path: Path
) -> None:
    """Its own file is refused unread: else another process, when it closes, takes the log away."""
    path = tmp_path / "memory.db"
    store = connect(path)
    put(store, [item("before")])
    with pytest.raises(InputError, match="is a database"):
        verb(store, path)
    code = f"from combray.store.connect import connect; connect({str(path)!r}).close()"
    subprocess.run([sys.executable, "-c", code], check=True)
    put(store, [item("after")])
    other = connect(path)
    assert [kept.text for kept in other.items("u")] == ["before", "after"]
    other.close()
    store.close()
