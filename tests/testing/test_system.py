"""The laws of a text memory: a sound one obeys them, and each finds the one that breaks it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from combray import Hit
from combray.core.changes import ChangeSet, Patch
from combray.core.ids import new_id
from combray.core.items import Item, Status
from combray.core.ports import Experience, Query
from combray.recall.rank.fusion import top
from combray.recall.runtime.runtime import Runtime
from combray.testing import SystemLaws
from tests.testing.broken import refused
from tests.words import Words

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"
SERIAL = count()


def example() -> Any:
    """The class of the whole system in CONTRIBUTING, from the text that stands there."""
    code = re.findall(r"^```python\n(.*?)^```$", CONTRIBUTING.read_text("utf-8"), re.S | re.M)[0]
    there: dict[str, Any] = {}
    exec(code.split("\nwith Memory")[0], there)
    return there["Fading"]


class TestFading(SystemLaws):
    """The example is a memory that an outsider wrote: it has no case and no row."""

    system = example()
    options = {"gamma": 0.999}  # noqa: RUF012


class Plain:
    """Keyword search, which obeys every law."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def write(self, experience: Experience, /) -> None:
        """Nothing to derive."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """The items with the greatest BM25 scores."""
        context = self.runtime.query_context(query)
        rows = top(context.scores.bm25, query.limit, context.allowed, positive=True)
        return self.runtime.hits(context, rows.tolist(), context.scores.bm25[rows].tolist())


class TestPlain(SystemLaws):
    """What the broken ones are made from is sound."""

    system = Plain
    embedder = Words()


class Mute(Plain):
    """Answers nothing."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """No hit."""
        return []


class Tires(Plain):
    """Is less sure each time that it is asked."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self.asked = 0

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """Scores that fall with every question."""
        self.asked += 1
        return [replace(hit, score=hit.score / self.asked) for hit in super().recall(query)]


class Gambles(Plain):
    """Draws a factor when it is made, from no seed."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self.luck = 1 + next(SERIAL)

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """Scores of luck."""
        return [replace(hit, score=hit.score * self.luck) for hit in super().recall(query)]


class Invents(Plain):
    """Always has something to say."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """What nobody told, where nothing is found."""
        item = Item(id="made-up", text="You like tea.", scope=query.scope)
        return super().recall(query) or [Hit(item=item, score=1, evidence=("made-up",))]


class Floods(Plain):
    """Takes a limit for advice."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """All that it finds."""
        return super().recall(replace(query, limit=100))


class Remembers(Plain):
    """Keeps what it was told in a list of its own, and looks for it there."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self.items: list[Item] = []

    def write(self, experience: Experience, /) -> None:
        """Into the list."""
        self.items += experience.items

    def mine(self, query: Query) -> list[Item]:
        """What may be answered of the list."""
        return [item for item in self.items if item.scope.tenant == query.scope.tenant]

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """By the number of words in common."""
        asked = set(re.findall(r"\w+", query.text.lower()))
        found = [
            (len(asked & set(re.findall(r"\w+", item.text.lower()))), item)
            for item in self.mine(query)
        ]
        best = sorted((each for each in found if each[0]), key=lambda each: -each[0])
        return [Hit(item=i, score=float(n), evidence=(i.id,)) for n, i in best[: query.limit]]


class Mixes(Remembers):
    """One list for all users."""

    def mine(self, query: Query) -> list[Item]:
        """Everybody's."""
        return self.items


class Counts(Plain):
    """Scores by how much there is in the store, whoever said it."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """Scores that another user moves."""
        with self.runtime.store.engine.snapshot() as rows_of:
            ((items,),) = list(rows_of("SELECT count(*) FROM items"))
        return [replace(hit, score=hit.score * items) for hit in super().recall(query)]


class Drops(Plain):
    """Deletes what is said by Ann about mountains."""

    def write(self, experience: Experience, /) -> None:
        """A change that takes words of the user away."""
        gone = [
            Patch(id=item.id, fields={"status": Status.DELETED})
            for item in experience.items
            if "mountains" in item.text
        ]
        tenant = experience.scope.tenant
        self.runtime.store.apply(ChangeSet(tenant=tenant, actor="drops", patches=gone))


class Rewrites(Plain):
    """Keeps what is said in better words."""

    def write(self, experience: Experience, /) -> None:
        """A change of the user's words."""
        better = [
            Patch(id=item.id, fields={"text": item.text.replace("lovely", "nice")})
            for item in experience.items
        ]
        tenant = experience.scope.tenant
        self.runtime.store.apply(ChangeSet(tenant=tenant, actor="rewrites", patches=better))


class Asserts(Plain):
    """Cites nothing."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """Hits without evidence."""
        return [replace(hit, evidence=()) for hit in super().recall(query)]


class Notes(Plain):
    """Writes down what it was told without saying from where."""

    def write(self, experience: Experience, /) -> None:
        """An item of its own for each turn."""
        notes = [
            Item(
                id=new_id(), text=f"Noted: {i.text}", kind="note", scope=i.scope, created_by="notes"
            )
            for i in experience.items
        ]
        tenant = experience.scope.tenant
        self.runtime.store.apply(ChangeSet(tenant=tenant, actor="notes", puts=notes))


class Looks(Plain):
    """Finds all that is there, whatever the question is about."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """As if no day had been named."""
        return super().recall(replace(query, as_of=None))


class Kinds(Plain):
    """Answers by the first word of a turn, as a memory of its own kind."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """Hits of another kind than was asked for."""
        return [replace(h, item=replace(h.item, kind="gist")) for h in super().recall(query)]


class Typos(Plain):
    """Takes whatever option it is given."""

    def __init__(self, runtime: Runtime, no_such_option: int = 0) -> None:
        super().__init__(runtime)


class Chokes(Plain):
    """Greets the first word of a question."""

    def recall(self, query: Query, /) -> Sequence[Hit]:
        """Breaks on a question that has none."""
        first = re.findall("[a-z]+", query.text.lower())[0]
        return super().recall(replace(query, text=f"{first} {query.text}"))


class First(Remembers):
    """Hears only the first call of each conversation."""

    def write(self, experience: Experience, /) -> None:
        """What else is said in it is lost."""
        seen = {item.scope.session_id for item in self.items}
        if experience.scope.session_id not in seen:
            super().write(experience)


class Latest(Remembers):
    """Hears only what is newer than all that it knows."""

    def write(self, experience: Experience, /) -> None:
        """What came before is lost."""
        newest = max((item.timestamp for item in self.items), default=None)
        if newest is None or experience.items[0].timestamp > newest:
            super().write(experience)


def laws_of(broken: Any) -> SystemLaws:
    """The laws over a system."""

    class Laws(SystemLaws):
        system = broken
        embedder = Words()

    return Laws()


BROKEN = [
    (Mute, "test_what_was_written_is_recalled"),
    (Tires, "test_recalling_twice_answers_the_same"),
    (Gambles, "test_the_same_history_gives_the_same_answers"),
    (Invents, "test_an_empty_one_answers_emptily"),
    (Floods, "test_a_budget_is_never_exceeded"),
    (Remembers, "test_what_is_saved_and_loaded_answers_the_same"),
    (Drops, "test_the_words_of_the_user_are_kept"),
    (Rewrites, "test_the_words_of_the_user_are_kept"),
    (Asserts, "test_evidence_is_always_the_users_own_words"),
    (Notes, "test_evidence_is_always_the_users_own_words"),
    (Looks, "test_hits_rest_on_what_the_question_may_see"),
    (Kinds, "test_hits_rest_on_what_the_question_may_see"),
    (Mixes, "test_the_wall_holds"),
    (Counts, "test_the_wall_holds"),
    (Remembers, "test_what_was_deleted_is_not_recalled"),
    (Notes, "test_what_was_erased_is_gone"),
    (Typos, "test_bad_input_is_refused_and_changes_nothing"),
    (Chokes, "test_odd_words_are_taken"),
    (First, "test_a_story_told_turn_by_turn_is_recalled"),
    (Latest, "test_the_order_of_writing_loses_nothing"),
]


@pytest.mark.parametrize(
    ("system", "law"), BROKEN, ids=lambda value: getattr(value, "__name__", value)
)
def test_a_broken_system_is_found(system: type[Plain], law: str, tmp_path: Path) -> None:
    """The law fails on the system that breaks it."""
    place = [tmp_path] if law.endswith(("loaded_answers_the_same", "erased_is_gone")) else []
    refused(getattr(laws_of(system), law), *place)


def test_every_law_has_a_system_that_breaks_it() -> None:
    """A law that nothing breaks says nothing."""
    laws = {name for name in dir(SystemLaws) if name.startswith("test_")}
    assert {law for _, law in BROKEN} == laws


def test_the_laws_say_whose_they_are() -> None:
    """Whoever forgets to name a system is told so."""
    with pytest.raises(NotImplementedError, match="system = Mine"):
        SystemLaws().open()


def test_a_system_is_opened_with_what_it_is_made_with() -> None:
    """Its options, those of the law beside them, and its embedder."""
    with TestFading().open(gamma=0.5) as memory:
        assert memory._system._gamma == 0.5
    with TestFading().open() as memory:
        assert memory._system._gamma == 0.999
    with TestPlain().open() as memory:
        assert memory._embedder.name == "words"
