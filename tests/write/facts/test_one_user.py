"""One user under two names."""

from __future__ import annotations

from combray import Memory
from tests.words import Words

ROME, PARIS = "I live in Rome.", "I moved to Paris."


def ended(*messages: tuple[str | None, str]) -> dict[str, bool]:
    """Which facts ended after users said some things in this order, by name, a month apart."""
    with Memory(":memory:", embedder=Words()) as memory:
        for month, (name, words) in enumerate(messages, start=1):
            message = {"role": "user", "content": words, **({"name": name} if name else {})}
            memory.add([message], user_id="u", timestamp=f"2024-{month:02}-01")
        facts = memory.list(user_id="u", kinds=["fact"])
        return {fact.text: fact.valid_to_us is not None for fact in facts}


def test_a_user_with_a_name_is_the_user() -> None:
    """What Dana says ends what the user said, and the other way round (QuixiAI/Hexis#56)."""
    assert ended((None, ROME), ("Dana", PARIS)) == {
        "u lives in Rome": True,
        "Dana lives in Paris": False,
    }
    assert ended(("Dana", ROME), (None, PARIS)) == {
        "Dana lives in Rome": True,
        "u lives in Paris": False,
    }


def test_two_names_are_two_people() -> None:
    """Ann's home ends none of Ben's, and whose the unnamed words are is unknown."""
    assert not any(ended(("Ann", ROME), ("Ben", PARIS)).values())
    assert not any(ended((None, ROME), ("Ann", "Hello."), ("Ben", PARIS)).values())
    assert not any(ended(("Ann", ROME), ("Ben", "I live in Oslo."), (None, PARIS)).values())


def test_a_person_keeps_one_timeline() -> None:
    """After notes and messages have been joined, the next message goes on with it."""
    told = ended((None, ROME), ("Dana", PARIS), ("Dana", "I moved to Oslo."))
    assert [text for text, over in told.items() if not over] == ["Dana lives in Oslo"]


def test_what_is_said_of_somebody_else_joins_nothing() -> None:
    """ "Ben moved" is about Ben, whoever says it."""
    assert not any(ended((None, ROME), ("Dana", "Ben moved to Paris.")).values())
