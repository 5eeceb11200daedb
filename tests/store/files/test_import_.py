"""Imports of damaged, cut, foreign and forged files: nothing changes, and the line is named."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from combray import Memory
from combray.core.changes import ChangeSet
from combray.core.errors import InputError
from combray.core.ids import new_id
from combray.core.items import Item, Link
from combray.store.engine import Args
from combray.store.engines.sqlite import SQLiteCursor
from combray.store.files import import_ as module
from combray.store.files import staging
from tests.words import Words


@pytest.fixture
def lines(tmp_path: Path) -> list[str]:
    """The lines of an export of two users with facts, a link and a summary."""
    path = tmp_path / "good.jsonl"
    with Memory(embedder=Words()) as memory:
        memory.add("I live in Rome.", user_id="u", timestamp="2024-03-01")
        said = memory.add(["I moved to Paris.", "We like jazz."], user_id="u")
        answer = '{"summaries": [{"text": "Paris, jazz", "sources": [1, 2]}]}'
        memory.propose(answer, [item.id for item in said], user_id="u")
        memory.delete(memory.add("Never mind.", user_id="v")[0].id)
        memory.add("Other.", user_id="v")
        memory.export(path)
    return path.read_text().splitlines()


def refused(lines: list[str], path: Path) -> str:
    """What an import of these lines is refused with; nothing is left of it."""
    path.write_text("\n".join(lines) + "\n")
    with Memory(embedder=Words()) as memory:
        kept = memory.add("Mine.", user_id="mine")[0]
        with pytest.raises(InputError) as error:
            memory.import_(path)
        assert [item.id for item in memory.list(user_id="mine")] == [kept.id]
        assert memory.list(user_id="v") == []
        assert memory.verify().problems == ()
    return str(error.value)


def index_of(lines: list[str], kind: str) -> int:
    """Where the first record of a kind stands."""
    return next(n for n, line in enumerate(lines) if line.startswith(f'{{"{kind}"'))


def changed(lines: list[str], record_kind: str, **fields: Any) -> tuple[list[str], int]:
    """The lines with some fields of the first record of a kind changed, and its number."""
    place = index_of(lines, record_kind)
    record = json.loads(lines[place])
    record[record_kind] |= fields
    return [*lines[:place], json.dumps(record), *lines[place + 1 :]], place + 1


def test_an_export_under_the_old_name_is_taken_in(lines: list[str], tmp_path: Path) -> None:
    """A file that the package wrote while it was called recollect is imported like one of today."""
    path = tmp_path / "old.jsonl"
    old = lines[0].replace('"combray"', '"recollect"')
    path.write_text("\n".join([old, *lines[1:]]) + "\n")
    with Memory(embedder=Words()) as memory:
        assert old != lines[0]
        assert memory.import_(path) > 0


def test_a_good_file_is_taken_in_whole(lines: list[str], tmp_path: Path) -> None:
    """What is refused below differs from a file that is taken in."""
    path = tmp_path / "same.jsonl"
    path.write_text("\n".join(lines) + "\n")
    with Memory(embedder=Words()) as memory:
        assert memory.import_(path) == sum(line.startswith('{"item"') for line in lines)
        assert memory.verify().problems == ()


@pytest.mark.parametrize("keep", [0, 1, 2, 5, -1])
def test_a_file_that_was_cut_off(lines: list[str], tmp_path: Path, keep: int) -> None:
    """However much is missing at the end, a line is named."""
    assert "line" in refused(lines[:keep], tmp_path / "f")


def test_a_line_that_was_cut_in_the_middle(lines: list[str], tmp_path: Path) -> None:
    """Half a line is damaged, by its number."""
    lines[2] = lines[2][: len(lines[2]) // 2]
    assert "line 3" in refused(lines, tmp_path / "f")


@pytest.mark.parametrize(
    "wrong", ["nonsense", "[]", '{"a": 1}', "[" * 100_000, '{"item": 3}', '{"item": {}}', ""]
)
def test_a_line_of_something_else(lines: list[str], tmp_path: Path, wrong: str) -> None:
    """A foreign line is named by its number."""
    assert "line 2" in refused([lines[0], wrong, *lines[2:]], tmp_path / "f")
    assert "line 1" in refused([wrong, *lines[1:]], tmp_path / "f")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: [*lines[:-1], "", lines[-1]],
        lambda lines: [*lines, lines[1]],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [lines[0], lines[1], lines[1], *lines[2:]],
    ],
    ids=["an empty line", "more after the end", "a line less", "a line twice"],
)
def test_lines_that_are_missing_or_too_many(
    lines: list[str], tmp_path: Path, spoil: Callable[[list[str]], list[str]]
) -> None:
    """The end counts what came before it, and nothing stands twice."""
    assert "line" in refused(spoil(lines), tmp_path / "f")


WRONG = (None, "\0", -5, [], {}, 1.5, True, 2**70, "zzz")


@pytest.mark.parametrize("kind", ["item", "link", "event"])
def test_fields_of_the_wrong_kind(lines: list[str], tmp_path: Path, kind: str) -> None:
    """Every field of every record holds what it may hold, or its line is named."""
    body = json.loads(lines[index_of(lines, kind)])[kind]
    free = {"digest", "change_id", "actor", "why", "op", "at"}
    path = tmp_path / "f"
    with Memory(embedder=Words()) as memory:
        for name in body:
            for value in WRONG:
                if value == body[name] or (name in free and type(value) is type(body[name])):
                    continue
                path.write_text("\n".join(changed(lines, kind, **{name: value})[0]) + "\n")
                with pytest.raises(InputError, match="line"):
                    memory.import_(path)
        assert memory.verify().counts["items"] == memory.verify().counts["events"] == 0


def test_what_its_history_does_not_make(lines: list[str], tmp_path: Path) -> None:
    """An item that was changed in the file alone is refused: its events say otherwise."""
    spoiled, number = changed(lines, "item", text="I live in Oslo.")
    message = refused(spoiled, tmp_path / "f")
    assert f"line {number}" in message
    assert "repair" in message


def test_what_crosses_from_user_to_user(lines: list[str], tmp_path: Path) -> None:
    """A link that was forged between two users is refused."""
    place = index_of(lines, "link")
    link = json.loads(lines[place])["link"]
    other = next(
        json.loads(line)["item"]["id"]
        for line in lines
        if line.startswith('{"item"') and '"tenant":"v"' in line
    )
    event = next(n for n, line in enumerate(lines) if '"op":"link"' in line and link["dst"] in line)
    forged = list(lines)
    forged[place] = lines[place].replace(link["dst"], other)
    forged[event] = lines[event].replace(link["dst"], other)
    assert f"line {place + 1}" in refused(forged, tmp_path / "f")


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    """Neither is an import; the message names the file."""
    with Memory(embedder=Words()) as memory:
        with pytest.raises(InputError, match="nowhere"):
            memory.import_(tmp_path / "nowhere.jsonl")
        (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(InputError, match="bytes"):
            memory.import_(tmp_path / "bytes")


# ── whose memory is written to ───────────────────────────────────────────────────────────────────


def exported(path: Path, *texts: str, user: str = "victim") -> list[str]:
    """The ids of a user's memories, which stand in an export at a path."""
    with Memory(embedder=Words()) as memory:
        ids = [item.id for item in memory.add(list(texts), user_id=user)]
        memory.export(path)
    return ids


def test_a_name_in_a_file_is_no_right_to_write(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A user who has memories of which the file knows none is left out, and named."""
    exported(tmp_path / "mine.jsonl", "My account is with EvilBank.")
    with Memory(embedder=Words()) as memory:
        memory.add("I live in Rome.", user_id="victim")
        assert memory.import_(tmp_path / "mine.jsonl") == 0
        assert [item.text for item in memory.list(user_id="victim", kinds=["text"])] == [
            "I live in Rome."
        ]
        assert "victim" in caplog.text
        assert memory.verify().problems == ()


def test_a_file_that_knows_the_user_goes_on(tmp_path: Path) -> None:
    """A later export of the same memories brings what is new."""
    with Memory(embedder=Words()) as home, Memory(embedder=Words()) as server:
        home.add("The heron is grey.", user_id="u")
        home.export(tmp_path / "monday.jsonl")
        assert server.import_(tmp_path / "monday.jsonl") == 1
        home.add("The boat leaks.", user_id="u")
        home.export(tmp_path / "tuesday.jsonl")
        assert server.import_(tmp_path / "tuesday.jsonl") == 1


def test_everything_goes_to_the_user_given(tmp_path: Path) -> None:
    """Whoever it was exported from; the history says so too, and nobody else gets anything."""
    exported(tmp_path / "old.jsonl", "I live in Rome.", "I like jazz.", user="old")
    with Memory(tmp_path / "m.db", embedder=Words()) as memory:
        memory.add("I have a cat.", user_id="new")
        count = memory.import_(tmp_path / "old.jsonl", user_id="new")
        assert count == len(memory.list(user_id="new")) - 1
        assert memory.list(user_id="old") == []
        assert memory.verify().problems == ()


def test_several_users_do_not_become_one(lines: list[str], tmp_path: Path) -> None:
    """A file of two users is refused with user_id, and nothing is changed."""
    path = tmp_path / "two.jsonl"
    path.write_text("\n".join(lines) + "\n")
    with Memory(embedder=Words()) as memory:
        with pytest.raises(InputError, match="2 users"):
            memory.import_(path, user_id="one")
        assert not memory.users()


def test_tombstones_of_another_database_keep_nothing_away(tmp_path: Path) -> None:
    """Only what was erased here stays erased; a file cannot forbid a later restore."""
    ids = exported(tmp_path / "genuine.jsonl", "precious one", "precious two")
    grave = {
        "tenant": "x", "change_id": "c", "op": "erase", "at": 1, "actor": "user", "why": "erase",
        "before": None, "after": None,
    }  # fmt: skip
    graves = [{"event": {**grave, "item_id": id_}} for id_ in ids]
    end = {"end": {"event": len(ids), "item": 0, "link": 0}}
    written = [{"format": "combray", "version": 1}, *graves, end]
    (tmp_path / "graves.jsonl").write_text("\n".join(map(json.dumps, written)) + "\n")
    with Memory(embedder=Words()) as memory:
        assert memory.import_(tmp_path / "graves.jsonl") == 0
        assert memory.import_(tmp_path / "genuine.jsonl") == 2


def test_what_was_erased_here_stays_away_with_its_links(tmp_path: Path) -> None:
    """An honest file that links to it is taken in without the link and without what rests on it."""
    with Memory(embedder=Words()) as home, Memory(embedder=Words()) as server:
        one = home.add("The heron is grey.", user_id="u")[0]
        home.export(tmp_path / "monday.jsonl")
        server.import_(tmp_path / "monday.jsonl")
        server.erase(one.id, user_id="u")
        fresh = home.add("the heron is GREY", user_id="u")[0]
        home._store.apply(
            ChangeSet(
                tenant="u", actor="user", links=[Link(src=fresh.id, dst=one.id, kind="similar")]
            )
        )
        summary = Item(
            id=new_id(), text="herons", kind="summary", scope=one.scope, sources=(one.id,)
        )
        home._store.apply(ChangeSet(tenant="u", actor="rules", puts=[summary]))
        home.export(tmp_path / "tuesday.jsonl")
        assert server.import_(tmp_path / "tuesday.jsonl") == 1
        assert [item.id for item in server.list(user_id="u")] == [fresh.id]
        assert server.verify().problems == ()


def test_an_import_takes_time_in_proportion(tmp_path: Path) -> None:
    """Four times the memories take about four times the processor time, not sixteen."""
    spent = []
    for size in (250, 1000):
        path = tmp_path / f"{size}.jsonl"
        exported(path, *(f"memory number {n}" for n in range(size)))
        with Memory(embedder=Words()) as memory:
            begun = time.process_time()
            memory.import_(path)
            spent.append(time.process_time() - begun)
    assert spent[1] < 8 * spent[0] + 0.2


def test_a_byte_order_mark_is_no_damage(lines: list[str], tmp_path: Path) -> None:
    """An editor of Windows has put it there."""
    path = tmp_path / "bom.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    with Memory(embedder=Words()) as memory:
        assert memory.import_(path) > 0


@pytest.mark.parametrize("bad", ["\\ud83d", "\\u0000"])
def test_characters_that_cannot_be_kept_are_refused(
    lines: list[str], tmp_path: Path, bad: str
) -> None:
    """Halves of emoji and NULs, in texts and in metadata, with the line."""
    forged = [line.replace("Other.", f"Other{bad}") for line in lines]
    assert "cannot be" in refused(forged, tmp_path / "forged.jsonl")


# ── beside other writers ─────────────────────────────────────────────────────────────────────────


def meanwhile(act: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Let another act when an import has decided what it does; returns a list that counts plans."""
    plan, made = module._plan, []

    def planned(*args: Any, **options: Any) -> Any:
        found = plan(*args, **options)
        made.append(True)
        if len(made) == 1:
            act()
        return found

    monkeypatch.setattr(module, "_plan", planned)
    return made


def whole(lines: list[str], folder: Path) -> Path:
    """A file of these lines."""
    path = folder / "whole.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_others_write_while_a_file_is_read_and_checked(
    lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is decided before the lock, and once, whatever is added meanwhile for another user."""
    place = tmp_path / "m.db"
    with Memory(place, embedder=Words()) as memory, Memory(place, embedder=Words()) as other:
        made = meanwhile(lambda: other.add("Meanwhile.", user_id="w"), monkeypatch)
        assert memory.import_(whole(lines, tmp_path)) > 0
        assert [item.text for item in memory.list(user_id="w")] == ["Meanwhile."]
        assert len(made) == 1


def test_a_file_that_another_imports_meanwhile_is_taken_in_once(
    lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changed since is decided anew: everything is here by now."""
    place, path = tmp_path / "m.db", whole(lines, tmp_path)
    with Memory(place, embedder=Words()) as memory, Memory(place, embedder=Words()) as other:
        made = meanwhile(lambda: other.import_(path), monkeypatch)
        assert memory.import_(path) == 0
        assert len(made) == 3
        assert memory.verify().problems == ()


def test_a_user_who_comes_meanwhile_is_left_alone(
    lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name in a file is no right to write to whoever took it since it was read."""
    place = tmp_path / "m.db"
    with Memory(place, embedder=Words()) as memory, Memory(place, embedder=Words()) as other:
        meanwhile(lambda: other.add("Mine alone.", user_id="v"), monkeypatch)
        assert memory.import_(whole(lines, tmp_path)) > 0
        assert [item.text for item in memory.list(user_id="v")] == ["Mine alone."]


def test_rows_are_bound_before_the_transaction_that_moves_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writers wait while rows are moved inside the database, not while they are handed over."""
    path = tmp_path / "many.jsonl"
    exported(path, *(f"memory number {n}" for n in range(1500)))
    bound: list[int] = []
    run_many = SQLiteCursor.run_many

    def counted(self: SQLiteCursor, sql: str, rows: Iterable[Args], /) -> None:
        listed = list(rows)
        bound.append(len(listed))
        run_many(self, sql, listed)

    monkeypatch.setattr(staging, "STEP", 500)
    monkeypatch.setattr(SQLiteCursor, "run_many", counted)
    with Memory(tmp_path / "m.db", embedder=Words()) as memory:
        assert memory.import_(path) == 1500
        assert memory.verify().problems == ()
    assert max(bound) == 500


def test_an_import_that_breaks_off_leaves_nothing(
    lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rows come in one transaction, so that half a file is never seen."""

    def broken(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "file_topics", broken)
    with Memory(tmp_path / "m.db", embedder=Words()) as memory:
        with pytest.raises(KeyboardInterrupt):
            memory.import_(whole(lines, tmp_path))
        assert memory.users() == {}
        assert memory.verify().problems == ()


def test_a_name_that_is_no_path_is_refused() -> None:
    """A NUL in it is told like every other file that cannot be read."""
    with Memory(embedder=Words()) as memory, pytest.raises(InputError, match="null byte"):
        memory.import_("a\0b")
