"""Echoes: text that was just recalled, coming back as if it were new."""

from __future__ import annotations

import pytest

from combray.core.ids import new_id
from combray.write.change import echo
from combray.write.change.echo import Echoes, cited, repeats
from tests.write.stored import raw

ONE = raw("The heron stands by the mill.")


def test_what_was_recalled_is_known_by_its_words() -> None:
    """By exactly its words, up to white space and composition; other users have no echo."""
    echoes = Echoes()
    echoes.heard("u", [ONE])
    assert echoes.recalled("u", " The heron  stands by the mill.\n")
    assert not echoes.recalled("u", "the heron stands by the mill")
    assert not echoes.recalled("u", "The heron flies.")
    assert not echoes.recalled("v", ONE.text)


def test_a_tenant_is_forgotten_whole() -> None:
    """After forgetting nothing is known of it; forgetting a stranger does nothing."""
    echoes = Echoes()
    echoes.heard("u", [ONE])
    echoes.forget("nobody")
    assert echoes.recalled("u", ONE.text)
    echoes.forget("u")
    assert not echoes.recalled("u", ONE.text)


def test_a_ring_holds_the_last_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes first; hearing a text again makes it the newest."""
    monkeypatch.setattr(echo, "SIZE", 2)
    items = [raw(f"text {number}") for number in range(3)]
    echoes = Echoes()
    echoes.heard("u", items[:2])
    echoes.heard("u", [items[0], items[2]])
    assert [echoes.recalled("u", item.text) for item in items] == [True, False, True]


def test_the_tenants_used_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that heard nothing for longest makes room."""
    monkeypatch.setattr(echo, "TENANTS", 2)
    echoes = Echoes()
    for tenant in ("a", "b", "a", "c"):
        echoes.heard(tenant, [ONE])
    assert [tenant for tenant in "abc" if echoes.recalled(tenant, ONE.text)] == ["a", "c"]


IDS = [new_id() for _ in range(2)]
BLOCK = f"- [2024-05-01 · {IDS[0]}] Ann: I live in Rome.\n\n* [{IDS[1]}] The heron"


def test_a_block_of_our_own_context_is_known_by_its_ids() -> None:
    """Each line gives the id and the words behind it; empty lines are skipped."""
    assert cited(BLOCK) == [(IDS[0], " Ann: I live in Rome."), (IDS[1], " The heron")]


def test_numbers_are_read_by_the_contexts_built_lately() -> None:
    """The newest first; a number beyond a context, another user and 8 contexts later: no block."""
    echoes = Echoes()
    echoes.showed("u", IDS)
    echoes.showed("u", IDS[1:])
    assert echoes.readings("u", "[2024-05-01 · 1] Ann: Yes.") == [
        [(IDS[1], " Ann: Yes.")],
        [(IDS[0], " Ann: Yes.")],
    ]
    assert echoes.readings("u", "[1] Yes.\n[2] No.") == [[(IDS[0], " Yes."), (IDS[1], " No.")]]
    assert echoes.readings("u", "[0] Yes.") == echoes.readings("u", "[3] Yes.") == []
    assert echoes.readings("v", "[1] Yes.") == []
    for _ in range(8):
        echoes.showed("u", ["other"])
    assert echoes.readings("u", "[1] Yes.") == [[("other", " Yes.")]] * 8


def test_ids_are_read_whoever_built_the_context() -> None:
    """They speak for themselves, so no context need be remembered."""
    assert Echoes().readings("u", BLOCK) == [cited(BLOCK)]
    assert Echoes().readings("u", "Hello.") == []


def test_a_day_in_brackets_is_no_number() -> None:
    """A diary's own lines are not ours."""
    assert cited("[2024-05-12] Ann: Up.") == cited("[chapter 12] Up.") == []


@pytest.mark.parametrize(
    "text",
    [
        "Hello.",
        f"See [{IDS[0]}] there.",
        BLOCK.replace("-7", "-4"),
        f"[no id]\n[{IDS[0]}] x",
    ],
    ids=["no block", "inside a line", "another id", "one line without"],
)
def test_a_text_with_a_line_of_its_own_is_no_block(text: str) -> None:
    """What a user adds to our context is the user's."""
    assert cited(text) == []


def test_a_memory_of_several_lines_goes_on_until_the_next_id() -> None:
    """What a user adds behind a block is no words of the memory, so it is no echo."""
    *_, (id_, words) = cited(f"{BLOCK}\nAnd something new.")
    assert (id_, words) == (IDS[1], " The heron\nAnd something new.")
    assert not repeats(words, raw("The heron stands by the mill."))
    assert repeats(" The heron\nstands", raw("The heron\nstands by the mill."))


def test_an_empty_text_cites_nothing() -> None:
    """No lines are no block."""
    assert cited(" \n ") == []


@pytest.mark.parametrize(
    ("words", "same"),
    [
        (" The heron  stands by the mill.", True),
        ("The heron stands …", True),
        ("Ann: The heron stands", True),
        ("The heron flies", False),
        ("", False),
        (" … ", False),
        ("Ann: ", False),
        ("The heron … by the mill.", True),
        ("The heron stands by the mi …", True),
        ("by the mill. … The heron", False),
        ("eron stands", False),
        ("The heron stands by the mi", False),
    ],
)
def test_a_cited_line_repeats_the_item_whole_or_cut(words: str, same: bool) -> None:
    """With or without the speaker's name before it; no words repeat nothing."""
    assert repeats(words, ONE) is same


def test_a_line_with_another_sign_is_no_part_of_the_words() -> None:
    """ "5 mg" stands in ".5 mg" letter by letter, and says something else."""
    assert not repeats("5 mg at night", raw("Take .5 mg at night"))
    assert repeats(".5 mg at night", raw("Take .5 mg at night"))
