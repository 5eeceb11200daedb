"""Communities are made anew when enough was added, and those that stay the same are left alone."""

from __future__ import annotations

from collections.abc import Sequence

from combray import Memory
from combray.core.changes import ChangeSet, Job
from combray.core.items import Item
from combray.recall.entities.resolution import NamesOfViews
from combray.write.change.apply import derive
from combray.write.change.draft import Draft
from combray.write.change.validate import REREAD
from combray.write.derive.communities import EVERY, KIND, SHOWN, Communities
from tests.words import Words

ACTOR, EDGE = "test/1", "edge"


class Graph:
    """Edges with names in a memory, and the communities over them."""

    def __init__(self, memory: Memory) -> None:
        self.memory, runtime = memory, memory._runtime
        names = NamesOfViews(runtime.store, (EDGE,), ACTOR)
        self.communities = Communities(runtime, "rules", ACTOR, EDGE, names)

    def edges(self, *told: tuple[str, Sequence[str]]) -> list[Item]:
        """Edges with what each names."""
        turns = [{"role": "user", "content": text} for text, _ in told]
        sources = self.memory.add(turns, user_id="u")
        draft = Draft("u", ACTOR)
        for source, (text, names) in zip(sources, told, strict=True):
            draft.put(EDGE, text, [source], metadata={"names": list(names)})
        derive(self.memory._runtime, draft.change())
        return list(draft.puts.values())

    def make(self) -> ChangeSet:
        """Do the job, and store what it gave."""
        job = Job(
            seq=1, tenant="u", kind=self.communities.job, payload={}, state="running", attempts=0,
            error=None, created_at_us=0, updated_at_us=0, due_at_us=0,
        )  # fmt: skip
        change = self.communities.make(job)
        assert change is not None
        derive(self.memory._runtime, change)
        return change

    def live(self) -> dict[str, Item]:
        """The communities that stand, by their first name."""
        found = self.memory.list(user_id="u", kinds=[KIND])
        return {item.metadata["names"][0]: item for item in found}


PETS = [("ann feeds misty", ["ann", "misty"]), ("misty likes ann", ["ann", "misty"])]
BOATS = [("bob sails zork", ["bob", "zork"]), ("zork belongs to bob", ["bob", "zork"])]


def test_names_that_go_together_become_a_community_that_cites_their_rows() -> None:
    """One for each group, with its names, a label and a summary of its own rows."""
    with Memory(embedder=Words()) as memory:
        graph = Graph(memory)
        pets, boats = graph.edges(*PETS), graph.edges(*BOATS)
        graph.make()
        found = graph.live()
        assert {name: item.metadata["names"] for name, item in found.items()} == {
            "ann": ["ann", "misty"],
            "bob": ["bob", "zork"],
        }
        assert set(found["ann"].sources) <= {source for item in pets for source in item.sources}
        assert set(found["bob"].sources) <= {source for item in boats for source in item.sources}
        assert found["ann"].text.startswith("ann, misty (")
        assert "misty" in found["ann"].text.split("): ")[1]


def test_what_stays_the_same_is_left_alone() -> None:
    """A second job over the same rows changes nothing."""
    with Memory(embedder=Words()) as memory:
        graph = Graph(memory)
        graph.edges(*PETS)
        graph.make()
        assert not graph.make()


def test_a_community_whose_rows_are_others_now_is_made_anew() -> None:
    """The old one is retired with its reason, and keeps its history."""
    with Memory(embedder=Words()) as memory:
        graph = Graph(memory)
        graph.edges(*PETS)
        graph.make()
        (before,) = graph.live().values()
        graph.edges(("ann and misty met rex", ["ann", "misty", "rex"]))
        change = graph.make()
        (patch,) = change.patches
        assert (patch.id, patch.op) == (before.id, REREAD)
        assert memory.get(before.id).status == "retired"
        assert graph.live()["ann"].metadata["names"] == ["ann", "misty", "rex"]


def test_rows_that_hold_no_longer_are_in_no_community() -> None:
    """An edge that ended joins nothing."""
    with Memory(embedder=Words()) as memory:
        graph = Graph(memory)
        old, new = graph.edges(("ann met rex", ["ann", "rex"]), ("ann met misty", ["ann", "misty"]))
        draft = Draft("u", ACTOR)
        draft.supersede(old, new)
        derive(memory._runtime, draft.change())
        graph.make()
        assert graph.live()["ann"].metadata["names"] == ["ann", "misty"]


def test_a_job_is_due_when_enough_was_added() -> None:
    """Each time that the number of rows passes a multiple of EVERY, and not between."""
    with Memory(embedder=Words()) as memory:
        graph, due = Graph(memory), []
        for n in range(0, 2 * EVERY + 10, 10):
            turns = [{"role": "user", "content": f"row {n + m}"} for m in range(10)]
            draft = Draft("u", ACTOR)
            for source in memory.add(turns, user_id="u"):
                draft.put(EDGE, source.text, [source], metadata={"names": []})
            graph.communities.follow(draft)
            due.append([job.kind for job in draft.jobs])
            derive(memory._runtime, ChangeSet(tenant="u", actor=ACTOR, puts=draft.change().puts))
        assert [n for n, kinds in enumerate(due, 1) if kinds] == [EVERY // 10, 2 * EVERY // 10]
        assert due[EVERY // 10 - 1] == [graph.communities.job]


def test_a_summary_is_made_of_the_newest_rows() -> None:
    """Of a large community the last SHOWN are summarised, so a prompt holds them."""
    with Memory(embedder=Words()) as memory:
        graph = Graph(memory)
        edges = graph.edges(*((f"ann met misty {n}", ["ann", "misty"]) for n in range(SHOWN + 5)))
        graph.make()
        oldest = {source for item in edges[:5] for source in item.sources}
        assert not oldest & set(graph.live()["ann"].sources)
