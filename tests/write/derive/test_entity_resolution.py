"""Whether a new name is one that is known by another spelling: asked once, kept with the row."""

from __future__ import annotations

from collections.abc import Sequence

from combray import Memory
from combray.core.items import Item
from combray.recall.entities.resolution import NamesOfViews
from combray.write.change.apply import derive
from combray.write.change.draft import Draft
from combray.write.derive.entity_resolution import MOST, recognise
from combray.write.extract.base import Mention
from combray.write.extract.rules import RulesExtractor
from tests.words import Words

ACTOR, KIND = "test/1", "edge"


class Judge(RulesExtractor):
    """Says that names are one when it was told so, and keeps what it was asked."""

    def __init__(self, **same: str) -> None:
        super().__init__(Words())
        self._same = {name.replace("_", " "): other for name, other in same.items()}
        self.asked: list[tuple[list[str], list[str]]] = []

    def same(
        self, new: Sequence[Mention], known: Sequence[Mention], /
    ) -> list[tuple[Mention, Mention]]:
        """The pairs it was told."""
        self.asked.append(([m.name for m in new], [m.name for m in known]))
        by_name = {mention.name: mention for mention in known}
        wanted = [(one, self._same.get(one.name, "")) for one in new]
        return [(one, by_name[other]) for one, other in wanted if other in by_name]


class Rows:
    """Edges with names in a memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._names = NamesOfViews(memory._runtime.store, (KIND,), ACTOR)

    def add(self, text: str, *names: str, judge: Judge | None = None) -> Item:
        """One more edge; with a judge, its names are recognised first."""
        (source,) = self._memory.add([{"role": "user", "content": text}], user_id="u")
        draft = Draft("u", ACTOR)
        made = draft.put(KIND, text, [source], metadata={"names": list(names)})
        view = self._memory._runtime.view("u")
        if judge is not None:
            recognise(self._memory._runtime, draft, judge, self._names.of(view))
        derive(self._memory._runtime, draft.change())
        return self._memory.get(made.id)

    def holders(self, name: str) -> int:
        """How many rows name an entity, under any spelling."""
        names = self._names.of(self._memory._runtime.view("u"))
        return len(names.holders(names.classes.of(name)))


def test_a_new_name_that_is_a_known_one_joins_it() -> None:
    """The row that brings it keeps what it was found to be, and both are one entity."""
    with Memory(embedder=Words()) as memory:
        rows, judge = Rows(memory), Judge(big_blue="ibm")
        rows.add("ibm sells machines", "ibm")
        item = rows.add("big blue sells machines", "big blue", judge=judge)
        assert judge.asked == [(["big blue"], ["ibm"])]
        assert item.metadata["same"] == [["big blue", "ibm"]]
        assert rows.holders("ibm") == rows.holders("big blue") == 2


def test_two_names_come_apart_when_the_row_goes() -> None:
    """What was found lives in the row, so deleting its words undoes it."""
    with Memory(embedder=Words()) as memory:
        rows = Rows(memory)
        rows.add("ibm sells machines", "ibm")
        item = rows.add("big blue sells machines", "big blue", judge=Judge(big_blue="ibm"))
        memory.erase(item.sources[0])
        assert rows.holders("ibm") == 1
        assert rows.holders("big blue") == 0


def test_a_name_that_is_known_is_not_asked_about() -> None:
    """Only new names are new."""
    with Memory(embedder=Words()) as memory:
        rows, judge = Rows(memory), Judge()
        rows.add("ibm sells machines", "ibm")
        rows.add("ibm buys machines", "ibm", judge=judge)
        assert judge.asked == [([], [])]


def test_names_of_one_row_are_never_one() -> None:
    """What a row names beside another is another thing, whatever anybody says."""
    with Memory(embedder=Words()) as memory:
        rows = Rows(memory)
        rows.add("ibm sells machines", "ibm")
        judge = Judge(big_blue="ibm")
        item = rows.add("ibm sells machines to big blue", "ibm", "big blue", judge=judge)
        assert judge.asked == [(["big blue"], [])]
        assert "same" not in item.metadata


def test_a_name_that_is_two_joins_only_the_last() -> None:
    """Two known names are never joined by a new one that is said to be both."""

    class Both(Judge):
        def same(
            self, new: Sequence[Mention], known: Sequence[Mention], /
        ) -> list[tuple[Mention, Mention]]:
            return [(one, other) for one in new for other in known]

    with Memory(embedder=Words()) as memory:
        rows = Rows(memory)
        rows.add("ibm sells machines", "ibm")
        rows.add("hp sells machines", "hp")
        item = rows.add("big blue sells machines", "big blue", judge=Both())
        assert len(item.metadata["same"]) == 1
        assert rows.holders("ibm") + rows.holders("hp") == 3


def test_names_that_share_a_word_are_known_ones() -> None:
    """A row far away in meaning is looked at when its name shares a word, with its own words."""
    with Memory(embedder=Words()) as memory:
        rows, judge = Rows(memory), Judge()
        for n in range(12):
            rows.add(f"machines are sold here {n}", f"zork{n}")
        rows.add("quite something else altogether", "robert miles")
        rows.add("machines are sold here again", "rob miles", judge=judge)
        (_, known) = judge.asked[0]
        assert "robert miles" in known


def test_no_more_than_so_many_known_names_are_shown() -> None:
    """For each new name at most MOST, so that a prompt holds them."""
    with Memory(embedder=Words()) as memory:
        rows, judge = Rows(memory), Judge()
        for n in range(MOST + 5):
            rows.add(f"miles {n} sold a machine", f"person{n} miles")
        rows.add("another miles sold a machine", "other miles", judge=judge)
        assert len(judge.asked[0][1]) == MOST
