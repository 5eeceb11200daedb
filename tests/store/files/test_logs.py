"""Task memories in an export: the same bytes again, checked lines, and what was erased stays so."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from combray import Memory
from combray.core.errors import InputError, StoreError
from combray.store.connect import connect
from combray.store.files.export import export
from combray.store.files.import_ import import_
from combray.store.store import Store
from combray.store.tables import blobs
from combray.store.tables.steps import remove
from combray.write.task.slot_memory import SlotMemory


@pytest.fixture
def filled(store: Store) -> Store:
    """A store of two users who have nothing but task memories and contents."""
    for user in "uv":
        tasks = SlotMemory(store, user, "trip")
        tasks.set("city", f"Lisbon {user}")
        tasks.add("hotel", "Größe ☂", after=["city"])
        SlotMemory(store, user, "book").set("title", user)
    with store.engine.write("u") as cursor:
        first = blobs.put(cursor, "u", b"a line of words\n" * 100)
        blobs.put(cursor, "u", b"a line of words\n" * 100 + b"and one", first)
    return store


def fresh() -> Store:
    """An empty store."""
    return connect(":memory:")


@pytest.mark.parametrize("user", [None, "u"])
def test_the_same_bytes_come_out_again(filled: Store, tmp_path: Path, user: str | None) -> None:
    """Of all users and of one; and again, when it is read in twice."""
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    export(filled, one, user)
    target = fresh()
    import_(target, one)
    import_(target, one)
    export(target, other, user)
    assert one.read_bytes() == other.read_bytes()
    assert SlotMemory(target, "u", "trip").get("hotel").value == "Größe ☂"
    names = blobs.names(target.engine.tenant_reader("u"), "u")
    assert [len(blobs.get(target.engine.read, "u", name)) for name in names] == [
        len(blobs.get(filled.engine.read, "u", name)) for name in names
    ]
    assert names
    assert bool(target.engine.read("SELECT 1 FROM steps WHERE tenant = 'v'")) is (user is None)


def test_a_file_without_task_memories_says_nothing_of_them(tmp_path: Path) -> None:
    """An export of words alone is read by versions that know no tasks."""
    with Memory(embedder="hashed") as memory:
        memory.add("I live in Rome.", user_id="u")
        memory.export(tmp_path / "all.jsonl")
    end = json.loads((tmp_path / "all.jsonl").read_text().splitlines()[-1])
    assert set(end["end"]) == {"item", "link", "event"}


def test_a_log_goes_on_where_it_was(filled: Store, tmp_path: Path) -> None:
    """A later export adds what is new; an earlier one takes nothing away."""
    early, late = tmp_path / "early.jsonl", tmp_path / "late.jsonl"
    export(filled, early)
    SlotMemory(filled, "u", "trip").set("city", "Porto")
    export(filled, late)
    target = fresh()
    import_(target, early)
    import_(target, late)
    assert SlotMemory(target, "u", "trip").get("city").value == "Porto"
    import_(target, early)
    assert SlotMemory(target, "u", "trip").get("city").value == "Porto"


def test_two_histories_of_one_task_are_not_mixed(
    filled: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The one that is here stays, with a warning."""
    path = tmp_path / "all.jsonl"
    export(filled, path)
    target = fresh()
    import_(target, path)
    SlotMemory(filled, "u", "trip").set("city", "Porto")
    SlotMemory(target, "u", "trip").set("city", "Faro")
    export(filled, path)
    with caplog.at_level(logging.WARNING):
        import_(target, path)
    assert SlotMemory(target, "u", "trip").get("city").value == "Faro"
    assert "went on otherwise here" in caplog.text


def test_a_stranger_s_file_writes_to_nobody(
    filled: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever names a user in a file has no right to that user's tasks."""
    path = tmp_path / "all.jsonl"
    export(filled, path)
    target = fresh()
    SlotMemory(target, "u", "mine").set("city", "Faro")
    with caplog.at_level(logging.WARNING):
        import_(target, path)
    assert not SlotMemory(target, "u", "trip").slots()
    assert SlotMemory(target, "v", "trip").slots()
    assert "left out the memories of user 'u'" in caplog.text


def test_what_was_erased_is_not_brought_back(filled: Store, tmp_path: Path) -> None:
    """An old export brings back neither a task nor a user's contents; others come."""
    path = tmp_path / "all.jsonl"
    export(filled, path)
    with filled.engine.write("u") as cursor:
        remove(cursor, "u")
        blobs.keep_only(cursor, "u", ())
    with filled.engine.write("v") as cursor:
        remove(cursor, "v", "book")
    import_(filled, path)
    logs = filled.engine.read("SELECT DISTINCT tenant, log FROM steps")
    assert [tuple(row) for row in logs] == [("v", "trip")]
    assert blobs.names(filled.engine.tenant_reader("u"), "u") == []


def test_everything_may_go_into_one_user_s_memory(filled: Store, tmp_path: Path) -> None:
    """With a user the tasks of another become theirs."""
    path = tmp_path / "one.jsonl"
    export(filled, path, "u")
    target = fresh()
    import_(target, path, "w")
    assert SlotMemory(target, "w", "trip").get("city").value == "Lisbon u"
    assert not target.engine.read("SELECT 1 FROM steps WHERE tenant <> 'w'")


def test_a_policy_masks_what_comes_in(tmp_path: Path) -> None:
    """A secret in a step of a file is stored nowhere."""
    store, secret = fresh(), "sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz3"
    SlotMemory(store, "u", "trip").set("key", secret)
    export(store, tmp_path / "all.jsonl")
    target = tmp_path / "memory.db"
    with Memory(target, embedder="hashed", policy={"secrets": "mask"}) as memory:
        memory.import_(tmp_path / "all.jsonl")
        rows = memory._store.engine.read("SELECT value FROM steps")
    assert rows
    assert not any(secret in str(value) for (value,) in rows)


Body = dict[str, Any]
FORGED: dict[str, tuple[str, Callable[[Body], Any]]] = {
    "a number left out": ("step", lambda b: b.update(number=b["number"] + 1)),
    "a number of words": ("step", lambda b: b.update(number="1")),
    "a change that begins later": ("step", lambda b: b.update(first=10**6)),
    "a value that is no object": ("step", lambda b: b.update(value="[1]")),
    "a value that is no JSON": ("step", lambda b: b.update(value="{")),
    "a moment that is none": ("step", lambda b: b.update(at="now")),
    "a log without a name": ("step", lambda b: b.update(log=" ")),
    "an actor of no name": ("step", lambda b: b.update(actor="")),
    "a field too many": ("step", lambda b: b.update(more=1)),
    "another content": ("blob", lambda b: b.update(data=base64.b64encode(b"x").decode())),
    "a content that is none": ("blob", lambda b: b.update(data="*")),
    "a digest that is none": ("blob", lambda b: b.update(digest="../x")),
    "a base that is not there": ("blob", lambda b: b.update(base="0" * 64)),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_line_is_refused(filled: Store, tmp_path: Path, name: str) -> None:
    """Each with the number of its line, and nothing of the file is taken in."""
    kind, forge = FORGED[name]
    path = tmp_path / "all.jsonl"
    export(filled, path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    forge(next(line for line in lines if kind in line)[kind])
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    target = fresh()
    with pytest.raises(InputError, match=r"line \d+"):
        import_(target, path)
    assert target.tenants() == []


def test_a_damaged_step_is_not_exported(filled: Store, tmp_path: Path) -> None:
    """No file says what a disk has changed."""
    with filled.engine.write() as cursor:
        cursor.run("UPDATE steps SET actor = 'eve' WHERE tenant = 'u' AND number = 1")
    with pytest.raises(StoreError, match="Run verify, then repair"):
        export(filled, tmp_path / "all.jsonl")
    assert not (tmp_path / "all.jsonl").exists()
