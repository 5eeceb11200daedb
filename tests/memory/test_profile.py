"""profile and fill: who somebody is, and forms, by what is remembered."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from combray import Memory
from combray.core.errors import InputError
from combray.core.items import Scope
from combray.core.ports import Query
from combray.core.time import to_last_micros
from combray.models.stub_model import StubModel
from combray.recall.answer.profile import Line
from combray.systems.text.baselines import Hybrid
from tests.words import Words


@pytest.fixture
def memory() -> Memory:
    """Two people who say where they live."""
    made = Memory(embedder=Words())
    for name, city, day in (("Ann", "Rome", 1), ("Bob", "Paris", 2), ("Ann", "Ghent", 3)):
        said = {"role": "user", "name": name, "content": f"I live in {city}."}
        made.add(said, user_id="u", timestamp=f"2024-03-{day:02}")
    return made


def values(lines: list[Line]) -> set[tuple[str, str]]:
    """Who, and what is known of them."""
    return {(line.about, line.value) for line in lines}


def test_a_profile_is_of_everybody_or_of_one(memory: Memory) -> None:
    """`about` keeps to one person, whatever the case of the name."""
    assert values(memory.profile(user_id="u")) == {("Ann", "Ghent"), ("Bob", "Paris")}
    assert values(memory.profile(user_id="u", about="ann")) == {("Ann", "Ghent")}
    assert memory.profile(user_id="v") == []


def test_a_profile_is_of_a_moment(memory: Memory) -> None:
    """`as_of` is what held then, and `since` is a datetime."""
    (line,) = memory.profile(user_id="u", about="Ann", as_of="2024-03-02")
    assert line.value == "Rome"
    assert line.since == datetime(2024, 3, 1, tzinfo=UTC)


class Interested(Hybrid):
    """A system that has a line of its own."""

    def profile(self, query: Query, /) -> list[Line]:
        """One line of nobody by name."""
        return [
            Line(about="", aspect="interest", text="boats", value=query.text, evidence=(),
                 confidence="low")
        ]  # fmt: skip


def test_a_system_may_have_more_to_say() -> None:
    """Its lines are the profile, and those about nobody by name pass for everybody."""
    with Memory(embedder=Words(), system=Interested) as memory:
        assert [line.value for line in memory.profile(about="Ann")] == ["Ann"]


def test_a_form_is_filled_in_for_one_person(memory: Memory) -> None:
    """Fields are answered for `about`, else for whom most is known of; others are None."""
    said = {"role": "user", "name": "Bob", "content": "I work at Acme."}
    memory.add(said, user_id="u", timestamp="2024-03-04")
    form = memory.fill(["city", "employer", "shoe size"], user_id="u")
    assert {name: line and line.value for name, line in form.items()} == {
        "city": "Paris",
        "employer": "Acme",
        "shoe size": None,
    }
    ann = memory.fill(["city"], user_id="u", about="Ann")["city"]
    assert ann is not None
    assert ann.value == "Ghent"


def test_a_model_fills_a_form_within_the_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads the memories of the user and session that are named, as of the moment named."""
    asked: list[Query] = []
    monkeypatch.setattr(
        "combray.memory.profile.llm_fill",
        lambda _runtime, _asker, query, _names: asked.append(query) or {},
    )
    with Memory(embedder=Words(), llm=StubModel()) as memory:
        memory.fill(["city"], extractor="llm", user_id="u", session_id="s", as_of="2024-05-01")
    (query,) = asked
    assert (query.scope, query.text) == (Scope("u", session_id="s"), "city")
    assert query.as_of == to_last_micros("2024-05-01")


def test_a_form_needs_fields_and_an_engine(memory: Memory) -> None:
    """No fields, empty ones, and a model that is not there are refused."""
    for fields in ([], [""]):
        with pytest.raises(InputError):
            memory.fill(fields, user_id="u")
    with pytest.raises(InputError, match="model"):
        memory.fill(["city"], user_id="u", extractor="llm")
