"""Bad input: a clear error of ours, or it works; nothing is half-written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from combray import (
    FilterError,
    InputError,
    Memory,
    NotADatabase,
    NotFound,
    StoreReadOnly,
    UnknownName,
)
from tests.words import Words

GOOD = {"role": "user", "content": "I have a dog called Rex."}


@pytest.fixture
def memory() -> Iterator[Memory]:
    """An empty memory."""
    with Memory(embedder=Words()) as made:
        yield made


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("a\0b", "NUL"),
        ("half \ud800", "surrogate"),
        (7, "must be text"),
        (None, "must be text"),
        ({"role": "user"}, "content"),
        ([GOOD, {"role": "wizard", "content": "x"}], r"content\[1\]"),
        ([GOOD, ""], r"content\[1\]"),
        ([GOOD, {"role": "user", "content": [{"type": "text"}]}], r"content\[1\]"),
        ([GOOD, {**GOOD, "timestamp": "someday"}], "someday"),
        ([GOOD, {**GOOD, "metadata": {"x": {1, 2}}}], "JSON"),
        ([GOOD, {**GOOD, "metadata": "x"}], "mapping"),
    ],
)
def test_unusable_content_is_refused_whole(memory: Memory, content: Any, named: str) -> None:
    """The error names the part that cannot be used, and nothing of the call is stored."""
    with pytest.raises(InputError, match=named):
        memory.add(content, user_id="u")
    assert memory.stats(user_id="u")["items"] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        {"timestamp": "not a time"},
        {"timestamp": float("nan")},
        {"timestamp": 1e30},
        {"timestamp": True},
        {"metadata": {"x": float("nan")}},
        {"metadata": [1]},
        {"user_id": ""},
        {"user_id": 7},
        {"session_id": "a", "run_id": "b"},
        {"valid_from": "2024-05-02", "valid_to": "2024-05-01"},
        {"facts": [("a", "b")]},
        {"facts": [("a", "", "c")]},
    ],
    ids=str,
)
def test_unusable_arguments_are_refused(memory: Memory, arguments: dict[str, Any]) -> None:
    """Wrong times, metadata, scopes, intervals and facts change nothing."""
    with pytest.raises(InputError):
        memory.add("fine words", **arguments)
    assert memory.list() == []


@pytest.mark.parametrize("limit", [0, -1, 1.5, "3", True, 10_001])
def test_a_limit_is_a_whole_number_from_one(memory: Memory, limit: Any) -> None:
    """A limit of nothing, or of nonsense, is an error and not an empty answer."""
    with pytest.raises(InputError, match="limit"):
        memory.search("x", limit=limit)
    with pytest.raises(InputError, match="limit"):
        memory.list(limit=limit)


@pytest.mark.parametrize(
    "filters", [{"a": {"$like": 1}}, {"$xor": []}, {"a": {"gt": None}}, {"AND": {}}, "a", {1: 2}]
)
def test_a_filter_that_does_not_parse_says_where(memory: Memory, filters: Any) -> None:
    """The error names the place in the filter."""
    with pytest.raises(FilterError, match="filters"):
        memory.search("x", filters=filters)


def test_a_query_must_say_something(memory: Memory) -> None:
    """An empty question is refused."""
    with pytest.raises(InputError, match="query"):
        memory.search("  ")


def test_a_budget_must_be_positive(memory: Memory) -> None:
    """A context of no tokens, or of what is no number of them, is refused."""
    for tokens in (0, -1, 9.5, "9", True, None):
        with pytest.raises(InputError, match="tokens"):
            memory.context("x", tokens=tokens)


def test_kinds_are_a_list_of_names(memory: Memory) -> None:
    """One name in place of a list is refused, and not read letter by letter."""
    for kinds in ("text", [1]):
        with pytest.raises(InputError, match="kinds"):
            memory.search("x", kinds=kinds)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="kinds"):
            memory.list(kinds=kinds)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [5, "abc", b"abc", [5], {"a": 1}], ids=repr)
def test_a_list_of_names_is_no_single_text_and_no_number(memory: Memory, wrong: Any) -> None:
    """Wherever several are asked for: one text would be taken for its letters."""
    memory.add("I live in Rome.")
    memory.search("Rome")
    for verb in (
        lambda: memory.search("Rome", kinds=wrong),
        lambda: memory.list(kinds=wrong),
        lambda: memory.add("I live in Paris.", roles=wrong),
        lambda: memory.cite(wrong),
        lambda: memory.fill(wrong),
        lambda: memory.propose("{}", wrong),
    ):
        with pytest.raises(InputError, match="must be a list"):
            verb()
    if not isinstance(wrong, str):
        with pytest.raises(InputError, match="must be a list"):
            memory.erase(wrong)
    assert len(memory.list(kinds=["text"])) == 1


def test_no_kinds_are_every_kind_that_is_asked_for_by_default(memory: Memory) -> None:
    """An empty list narrows nothing, in a search and in a list alike."""
    memory.add("I live in Rome.")
    assert memory.list(kinds=[]) == memory.list() != []
    assert [hit.id for hit in memory.search("Rome", kinds=[])] == [
        hit.id for hit in memory.search("Rome")
    ]


@pytest.mark.parametrize("wrong", [0, -1, True, 1.5, "x"], ids=repr)
def test_whatever_takes_a_limit_checks_it(memory: Memory, wrong: Any) -> None:
    """The verbs for which a limit is optional too."""
    for verb in (memory.consolidate, memory.ledger, memory.list):
        with pytest.raises(InputError, match="limit must be a whole number"):
            verb(limit=wrong)


@pytest.mark.parametrize("wrong", [None, 5, b"x", ["x"], ""], ids=repr)
def test_what_is_no_id_is_not_found(memory: Memory, wrong: Any) -> None:
    """Whatever its type, and the database is not blamed for it."""
    for verb in (memory.get, memory.history, memory.delete, memory.approve, memory.reject):
        with pytest.raises(NotFound, match="There is no memory"):
            verb(wrong)


def test_what_a_model_answered_must_be_text(memory: Memory) -> None:
    """For a proposal and for a citation."""
    memory.add("I live in Rome.")
    memory.search("Rome")
    with pytest.raises(InputError, match="answer must be text"):
        memory.propose(5, [])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="answer must be text"):
        memory.cite(answer=5)  # type: ignore[arg-type]


def test_metadata_of_an_estimate_is_checked(memory: Memory) -> None:
    """As that of what is added is."""
    for wrong in (5, [1], {"x": {1}}):
        with pytest.raises(InputError, match="metadata"):
            memory.estimate("I live in Rome.", metadata=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [{"system": 5}, {"system": "mem0", "extractor": 5}, {"system": "mem0", "extractor": ""}],
    ids=repr,
)
def test_a_name_of_another_type_is_unknown(wrong: dict[str, Any]) -> None:
    """A system or an extractor that is no text, or an empty one, does not exist."""
    with pytest.raises(UnknownName, match="There is no"):
        Memory(embedder=Words(), **wrong)


def deep(levels: int) -> list[Any]:
    """Lists in lists."""
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


DOORS = {
    "get": ("id",),
    "history": ("id",),
    "delete": ("id",),
    "search": ("kinds", "limit", "filters", "min_score", "as_of"),
    "context": ("tokens", "cite", "as_of"),
    "add": ("facts", "timestamp", "timezone", "metadata"),
    "list": ("before", "limit"),
}
GIVEN: dict[str, dict[str, Any]] = {
    "search": {"query": "x"},
    "context": {"query": "x", "tokens": 9},
    "add": {"content": "x"},
}


@pytest.mark.parametrize(("verb", "name"), [(v, name) for v in DOORS for name in DOORS[v]])
def test_what_cannot_be_written_out_is_refused_in_words(
    memory: Memory, verb: str, name: str
) -> None:
    """Lists three thousand deep, and a number of five thousand digits, end in an error of ours."""
    for odd in (deep(3000), {"x": deep(3000)}, 10**5000):
        with pytest.raises(InputError) as caught:
            getattr(memory, verb)(**{**GIVEN.get(verb, {}), name: odd})
        assert len(str(caught.value)) < 400


def test_names_that_cannot_be_written_out_are_unknown() -> None:
    """As a system, an embedder or a location."""
    for name in ("system", "embedder", "extractor", "location"):
        for odd in (deep(3000), 10**5000):
            with pytest.raises(InputError):
                Memory(**{"embedder": Words(), "system": "mem0", name: odd})


def test_options_are_a_mapping() -> None:
    """What is none is refused, not taken for pairs."""
    with pytest.raises(InputError, match="options must be a mapping"):
        Memory(embedder=Words(), options=["k"])  # type: ignore[arg-type]


def test_a_location_is_a_path_or_a_url() -> None:
    """A location that cannot be one is our error, not one from inside."""
    for location in (5, None, b"memory.db", ["memory.db"]):
        with pytest.raises(InputError, match="location"):
            Memory(location, embedder=Words())  # type: ignore[arg-type]


def test_unknown_ids_and_names(memory: Memory) -> None:
    """An id of nobody and a system of nobody are named, the latter with its nearest."""
    with pytest.raises(NotFound, match="nobody"):
        memory.get("nobody")
    with pytest.raises(UnknownName, match="evidence"):
        Memory(system="evidense", embedder=Words())
    with pytest.raises(InputError, match="update needs"):
        memory.update(memory.add("x")[0].id)


@pytest.mark.parametrize(
    ("length", "many"),
    [(1_000_000, 2_000), pytest.param(10_000_000, 100_000, marks=pytest.mark.slow)],
)
def test_long_and_many(memory: Memory, length: int, many: int) -> None:
    """A message of ten megabytes, and a hundred thousand messages at once, both work."""
    memory.add("word " * (length // 5), user_id="big")
    assert memory.search("word", user_id="big")[0].text.startswith("word word")
    items = memory.add([{"role": "user", "content": f"note {i}"} for i in range(many)])
    assert len({item.id for item in items}) == many


def test_times_without_a_zone_are_utc(memory: Memory) -> None:
    """A datetime, ISO text, epoch seconds and a year 1 all work."""
    for moment in (datetime(2024, 5, 1), "2024-05-01", 1714521600, "0001-01-01"):
        item = memory.add(f"said at {moment}", timestamp=moment)[0]
        assert item.timestamp.utcoffset() is not None


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """Text, a folder, another program's database and a newer format are named and left alone."""
    text = tmp_path / "letter.txt"
    text.write_text("Dear reader, this is a letter and not a database. " * 50)
    before = text.read_bytes()
    with pytest.raises(NotADatabase, match=r"letter\.txt"):
        Memory(text, embedder=Words())
    assert text.read_bytes() == before
    with pytest.raises(InputError, match="folder"):
        Memory(tmp_path, embedder=Words())
    with pytest.raises(InputError, match="does not exist"):
        Memory(tmp_path / "no" / "such" / "m.db", embedder=Words())


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    """Tables of others are not touched, and a newer format asks for an update."""
    import sqlite3

    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (name TEXT)")
    other.close()
    with pytest.raises(NotADatabase, match="songs"):
        Memory(path, embedder=Words())
    mine = tmp_path / "mine.db"
    Memory(mine, embedder=Words()).close()
    with sqlite3.connect(mine) as newer:
        newer.execute("UPDATE meta SET value = '999' WHERE name = 'version'")
    newer.close()
    with pytest.raises(NotADatabase, match="newer"):
        Memory(mine, embedder=Words())


def test_a_read_only_file_says_so(tmp_path: Path) -> None:
    """A database in an unwritable place is an error that says what to check."""
    with pytest.raises((StoreReadOnly, InputError)):
        Memory("/proc/combray.db", embedder=Words())
