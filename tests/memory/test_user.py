"""The handle of one user: the same verbs, and no way to what belongs to others."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from combray import AsyncUserMemory, Memory, UserMemory
from combray.core.errors import InputError, NotFound, UnknownName
from combray.core.items import Item
from combray.memory.user import verbs
from tests.words import Words

SUMMARY = '{"summaries": [{"text": "tea, in short", "sources": [1]}]}'
PLACE_WIDE = {
    "backup",
    "close",
    "copy_to",
    "import_",
    "reindex",
    "repair",
    "user",
    "users",
    "verify",
}
"""What is for whoever runs the service, and has no place in a handle."""


@pytest.fixture
def memory() -> Memory:
    """A memory of two users."""
    made = Memory(embedder=Words())
    made.add("I like green tea.", user_id="u1", session_id="s1", timestamp="2024-05-01")
    made.add("I like black coffee.", user_id="u2", session_id="s1", timestamp="2024-05-01")
    return made


@pytest.fixture
def mine(memory: Memory) -> UserMemory:
    """The handle of the first user."""
    return memory.user("u1")


@pytest.fixture
def theirs(memory: Memory) -> Item:
    """What the second user said."""
    (item,) = memory.list(user_id="u2", kinds=["text"])
    return item


BY_ID: dict[str, Callable[[UserMemory, Item], Any]] = {
    "get": lambda mine, other: mine.get(other.id),
    "update": lambda mine, other: mine.update(other.id, text="I like gin."),
    "delete": lambda mine, other: mine.delete(other.id),
    "supersede": lambda mine, other: mine.supersede(other.id, mine.list()[0].id),
    "history": lambda mine, other: mine.history(other.id),
    "erase": lambda mine, other: mine.erase(other.id),
    "approve": lambda mine, other: mine.approve(other.id),
    "reject": lambda mine, other: mine.reject(other.id),
    "why_not": lambda mine, other: mine.why_not("coffee", other.id),
    "list": lambda mine, other: mine.list(before=other.id),
    "propose": lambda mine, other: mine.propose(SUMMARY, [other.id]),
}
"""A call of each verb that takes an id, with the id of another user's memory."""


@pytest.mark.parametrize("verb", BY_ID)
def test_the_id_of_another_user_does_not_exist(
    mine: UserMemory, memory: Memory, theirs: Item, verb: str
) -> None:
    """Every verb that takes an id answers another's as an unknown one, and changes nothing."""
    with pytest.raises(NotFound) as refused:
        BY_ID[verb](mine, theirs)
    assert "coffee" not in str(refused.value)
    assert "u2" not in str(refused.value)
    assert memory.get(theirs.id) == theirs
    assert len(memory.history(theirs.id)) == 1


def test_another_users_memory_is_no_successor(mine: UserMemory, theirs: Item) -> None:
    """`supersede` takes a successor from the same user alone, as an id or as an item."""
    for new in (theirs, theirs.id):
        with pytest.raises(NotFound):
            mine.supersede(mine.list()[0].id, new)


def test_another_users_change_cannot_be_undone(
    mine: UserMemory, memory: Memory, theirs: Item
) -> None:
    """`undo` knows the changes of its user alone, by id and since a moment."""
    with pytest.raises(NotFound):
        mine.undo(memory.history(theirs.id)[0].change_id)
    mine.undo(since="2020-01-01")
    assert mine.list() == []
    assert memory.get(theirs.id).status == "live"


def test_another_users_answers_cannot_be_cited(mine: UserMemory, memory: Memory) -> None:
    """`cite` tells of the user's own last search."""
    hits = memory.search("coffee", user_id="u2")
    with pytest.raises(InputError, match="there was none"):
        mine.cite([hits[0].id])
    mine.search("tea")
    with pytest.raises(InputError, match="not among"):
        mine.cite([hits[0].id])


@pytest.mark.parametrize(
    "filters",
    [{"user_id": "u2"}, {"OR": [{"user_id": "u2"}, {"user_id": "u1"}]}, {"NOT": [{"kind": "x"}]}],
)
def test_filters_do_not_widen_the_walls(mine: UserMemory, filters: dict[str, Any]) -> None:
    """Whatever a filter asks for, what answers is the user's."""
    found = [hit.item for hit in mine.search("coffee tea", filters=filters)]
    found += mine.list(filters=filters)
    found += mine.context("coffee tea", tokens=200, filters=filters).items
    assert {item.scope.user_id for item in found} <= {"u1"}
    receipt = mine.erase(filters=filters)
    assert receipt.items <= 2


def test_erasing_by_a_wide_filter_leaves_others(mine: UserMemory, memory: Memory) -> None:
    """`erase` by filter or of everything ends at the walls."""
    mine.erase(filters={"NOT": [{"topic": "x"}]})
    mine.erase()
    assert memory.users() == {"u2": len(memory.list(user_id="u2"))}


def test_what_counts_and_moves_is_the_users(mine: UserMemory, tmp_path: Path) -> None:
    """stats, export, jobs, ledger and review are of one user."""
    assert mine.stats()["sessions"] == 1
    assert mine.export(tmp_path / "u1.jsonl") == len(mine.list())
    assert "coffee" not in (tmp_path / "u1.jsonl").read_text(encoding="utf-8")
    assert (mine.jobs(), mine.ledger(), mine.spent(), mine.review()) == ([], [], [], [])


@pytest.mark.parametrize("verb", sorted(verbs()))
def test_no_verb_takes_another_user(mine: UserMemory, verb: str) -> None:
    """A `user_id` given to any verb of a handle is refused, even its own."""
    for user in ("u1", "u2", None):
        with pytest.raises(InputError, match="takes no user_id"):
            getattr(mine, verb)("x", user_id=user)


def test_every_verb_is_a_handles_or_the_places() -> None:
    """A verb with a `user_id` is in the handle, by keyword alone; the others are named here."""
    public = {name for name, _ in inspect.getmembers(Memory, callable) if not name.startswith("_")}
    assert public == {*verbs(), *PLACE_WIDE}
    for verb in verbs().values():
        parameter = inspect.signature(verb).parameters["user_id"]
        assert parameter.kind is parameter.KEYWORD_ONLY
    ids = {"id", "ids", "old_id", "change_id", "before", "shown"}
    by_id = {n for n, verb in verbs().items() if ids & inspect.signature(verb).parameters.keys()}
    assert by_id == {*BY_ID, "undo", "cite"}


@pytest.mark.parametrize("verb", sorted(verbs()))
def test_help_tells_of_one_user(verb: str) -> None:
    """Signatures and docstrings are those of the memory, without `user_id`."""
    own = getattr(UserMemory, verb)
    whole = inspect.signature(verbs()[verb]).parameters
    assert list(inspect.signature(own).parameters) == [n for n in whole if n != "user_id"]
    assert inspect.getdoc(own)
    assert "user_id" not in str(inspect.getdoc(own))


def test_the_handle_answers_what_the_memory_answers(mine: UserMemory, memory: Memory) -> None:
    """The verbs are the same ones: only the user is given by the handle."""
    assert [h.id for h in mine.search("tea")] == [h.id for h in memory.search("tea", user_id="u1")]
    (added,) = mine.add("I like cocoa.")
    assert memory.get(added.id).scope.user_id == "u1"
    with pytest.raises(UnknownName, match="'limit'"):
        mine.search("tea", limt=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("user", [None, "", "  ", 7])
def test_a_handle_needs_one_user(memory: Memory, user: Any) -> None:
    """No handle is made of nobody, who would reach what belongs to no user."""
    with pytest.raises(InputError, match="user"):
        memory.user(user)
    with pytest.raises(InputError, match="the memory itself"):
        memory.user(None)  # type: ignore[arg-type]


def test_a_handle_may_be_narrowed(memory: Memory) -> None:
    """What is added, found, listed and erased is that session's; ids reach the whole user."""
    first, second = (memory.user("u1", session_id=name) for name in ("s1", "s2"))
    (item,) = second.add("I like white tea.")
    assert item.scope.session_id == "s2"
    assert {hit.item.scope.session_id for hit in first.search("tea")} == {"s1"}
    assert {i.scope.session_id for i in second.list()} == {"s2"}
    assert first.get(item.id).text == item.text
    with pytest.raises(NotFound, match="session"):
        first.erase(item.id)
    second.erase()
    assert {i.scope.session_id for i in memory.list(user_id="u1")} == {"s1"}


def test_a_handle_narrowed_to_an_agent_erases_no_more(memory: Memory) -> None:
    """`erase` of everything ends at the agent, and leaves what the user told others."""
    helper = memory.user("u1", agent_id="helper")
    helper.add("Mint is green.")
    assert helper.erase().items == 1
    assert [item.text for item in memory.list(user_id="u1", kinds=["text"])] == [
        "I like green tea."
    ]


def test_a_narrowed_handle_cannot_be_widened(memory: Memory) -> None:
    """Another session than its own is refused, by either name; None is its own."""
    mine = memory.user("u1", session_id="s1")
    for name in ("session_id", "run_id"):
        with pytest.raises(InputError, match="session_id"):
            mine.search("tea", **{name: "s2"})
        assert mine.search("tea", **{name: "s1"})
    assert {hit.item.scope.session_id for hit in mine.search("tea", session_id=None)} == {"s1"}


def test_a_handle_says_whose_it_is(memory: Memory) -> None:
    """Its repr and fields name the user, and what it is narrowed to."""
    mine = memory.user("u1", agent_id="helper")
    assert repr(mine) == "UserMemory('u1', agent_id='helper')"
    assert (mine.user_id, mine.agent_id, mine.session_id) == ("u1", "helper", None)


@pytest.mark.parametrize("name", ["user_id", "agent_id", "session_id"])
def test_a_handle_stays_that_of_its_user(memory: Memory, name: str) -> None:
    """What walls it cannot be set to another, with asyncio neither."""
    mine = memory.user("u1", agent_id="helper", session_id="s1")
    before = getattr(mine, name)
    for handle in (mine, AsyncUserMemory(mine)):
        with pytest.raises(AttributeError, match=name):
            setattr(handle, name, "u2")
        assert getattr(handle, name) == before
