"""Why a memory was found, and why another was not."""

from __future__ import annotations

from datetime import date

import pytest

from combray import Memory
from combray.core.errors import NotFound
from combray.core.items import Item
from tests.cases import STORY, messages
from tests.words import Words


@pytest.fixture
def memory() -> Memory:
    """The story of test_laws under the default system."""
    made = Memory(embedder=Words())
    for session in dict.fromkeys(turn[0] for turn in STORY):
        made.add(messages(session), user_id="u", session_id=session)
    return made


def turn(memory: Memory, words: str) -> Item:
    """The turn that holds some words."""
    return next(item for item in memory.list(user_id="u") if words in item.text)


def test_an_answer_says_where_it_stands(memory: Memory) -> None:
    """A memory that is among the answers is lost nowhere."""
    found = memory.why_not("What is the grey cat called?", turn(memory, "Misty").id, user_id="u")
    assert found.lost_at is None
    assert found.rank == 1
    assert found.reasons == ("it is answer 1",)
    assert found.would == ()


def test_what_is_ranked_below_says_by_what(memory: Memory) -> None:
    """One answer asked for, another given: the rank, the costly parts, and the limit it takes."""
    lost = turn(memory, "pottery class")
    found = memory.why_not("What is the grey cat called?", lost.id, user_id="u", limit=1)
    assert found.lost_at == "rank"
    assert found.rank is not None
    assert found.rank > 1
    assert found.would[0] == f"limit={found.rank}"
    assert "thursday" in found.would[1]
    assert all(cost < 0 for cost in found.costs.values())
    deep = memory.search("What is the grey cat called?", user_id="u", limit=found.rank)
    assert deep[-1].id == lost.id
    assert found.channels["bm25"]["best"] > found.channels["bm25"]["score"]


@pytest.mark.parametrize(
    ("asked", "stage", "remedy"),
    [
        ({"session_id": "s2"}, "scope", "no session_id"),
        ({"kinds": ["fact"]}, "kind", "kinds=['turn']"),
        ({"filters": {"topic": "dogs"}}, "filter", "no filters, or another filter"),
        ({"known_at": "2020-01-01"}, "time", "known_at from"),
    ],
)
def test_every_barrier_is_named_with_its_remedy(
    memory: Memory, asked: dict[str, object], stage: str, remedy: str
) -> None:
    """Scope, kind, filter and time: each is the stage that lost it, and says what would not."""
    found = memory.why_not("grey cat", turn(memory, "Misty").id, user_id="u", **asked)
    assert found.lost_at == stage
    assert remedy in found.would[0]


def test_validity_and_status_are_barriers(memory: Memory) -> None:
    """What did not hold then, and what was deleted, say so."""
    (item,) = memory.add("The shop is open.", valid_from="2024-01-01", valid_to="2024-02-01")
    early = memory.why_not("open shop", item.id, as_of="2023-01-01")
    assert early.lost_at == "time"
    assert "2024-01-01" in early.reasons[0]
    memory.delete(item.id)
    assert memory.why_not("open shop", item.id).reasons == ("it is deleted",)


def test_another_users_memory_is_not_there(memory: Memory) -> None:
    """Asked as another user it does not exist; asked as no user, the user_id is asked for."""
    misty = turn(memory, "Misty")
    with pytest.raises(NotFound):
        memory.why_not("cat", misty.id, user_id="v")
    with pytest.raises(NotFound, match="Give the user_id") as error:
        memory.why_not("cat", misty.id)
    assert "Misty" not in str(error.value)


def test_nothing_sure_enough_is_a_stage(memory: Memory) -> None:
    """Where `min_confidence` keeps everything back, that is why, with the other reasons."""
    misty = turn(memory, "Misty")
    found = memory.why_not("grey cat", misty.id, user_id="u", min_confidence=1.0)
    assert found.lost_at == "confidence"
    assert "at least 1.0 was asked" in found.reasons[0]
    assert memory.why_not("grey cat", misty.id, user_id="u", min_confidence=0.0).lost_at is None


def test_several_barriers_are_all_told(memory: Memory) -> None:
    """The first in order is where it was lost; the others are there too."""
    found = memory.why_not(
        "cat", turn(memory, "Misty").id, user_id="u", session_id="s2", kinds=["fact"]
    )
    assert found.lost_at == "kind"
    assert len(found.reasons) == 2


@pytest.mark.parametrize("system", ["bm25", "dense", "hybrid", "hipporag", "hipporag2"])
def test_every_system_can_be_asked(system: str) -> None:
    """Whatever the system, the channels are told, and what it never ranks is lost as candidate."""
    memory = Memory(embedder=Words(), system=system)
    items = memory.add(["The cat is grey.", "Porto was rainy."])
    found = memory.why_not("grey cat", items[1].id, limit=1)
    assert found.lost_at == ("candidates" if system == "bm25" else "rank")
    assert found.channels["dense"]["rank"] == 2


def test_an_explanation_tells_how_the_question_was_read(memory: Memory) -> None:
    """Words with their counts, speakers, names, dates, and the hits with what they match."""
    found = memory.explain("What did Ann say about Misty in March 2024?", user_id="u", limit=1)
    assert found.words["misty"] == 1
    assert found.speakers == ("Ann",)
    assert found.entities == {"misty": 1}
    assert found.dates == ((date(2024, 3, 1), date(2024, 3, 31)),)
    assert found.as_dict()["dates"] == [["2024-03-01", "2024-03-31"]]
    assert found.memories == 6
    told = found.hits[0].explain
    assert told["channels"]["bm25"] == 1
    assert told["words"] == ["misty"]
    assert told["entities"] == ["misty"]
    assert told["speakers"] == ["Ann"]
    assert told["dates"] == [["2024-03-01", "2024-03-31"]]
    assert told["parts"]
