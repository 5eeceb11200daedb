"""A-MEM: notes link to their true neighbours, evolve them, and can be taken back."""

from __future__ import annotations

import numpy as np

from combray import Memory
from combray.core.items import Item
from combray.core.text import embed_text, terms
from combray.systems.text.a_mem import canonical
from combray.testing.story import tell
from tests.words import Words

CATS = (
    "My grey cat Misty sleeps on the warm window sill.",
    "Misty the grey cat chased a moth at the window.",
    "The vet says Misty, my grey cat, is healthy.",
)
OTHER = ("Quarterly taxes are due in April.", "Basalt forms when lava cools quickly.")


def opened(**options: object) -> Memory:
    """A memory of notes."""
    return Memory(system="a_mem", embedder=Words(), options=options)


def notes(memory: Memory) -> dict[str, Item]:
    """The live notes of u1 by the content they are of."""
    found = memory.list(user_id="u1", kinds=["note"], limit=1000)
    return {str(item.metadata["content"]): item for item in found if item.status == "live"}


def linked(memory: Memory) -> set[frozenset[str]]:
    """The pairs of contents that are linked."""
    by_id = {item.id: content for content, item in notes(memory).items()}
    links = memory._store.links("u1", kind="similar")
    return {frozenset((by_id[link.src], by_id[link.dst])) for link in links}


def say(memory: Memory, *texts: str) -> list[Item]:
    """Turns of u1, one by one."""
    return [memory.add([{"role": "user", "content": t}], user_id="u1")[0] for t in texts]


def test_every_turn_is_a_note_that_cites_it() -> None:
    """Six turns, six notes, each with its fields."""
    with opened() as memory:
        ids = tell(memory)
        assert sorted(item.sources[0] for item in notes(memory).values()) == sorted(ids)
        assert all(item.metadata["keywords"] for item in notes(memory).values())


def test_the_text_of_a_note_holds_all_of_its_fields() -> None:
    """What is embedded and answered is the content with its keywords and tags."""
    with opened() as memory:
        say(memory, CATS[0])
        (note,) = notes(memory).values()
        keywords = ["misty", "window", "sleeps", "grey", "sill", "warm"]
        assert note.metadata["keywords"] == keywords
        assert note.text == f"{CATS[0]} [{', '.join(keywords)}]"


def test_links_join_what_belongs_together_and_live() -> None:
    """Cats link to cats, taxes to nothing; erasing a turn leaves no link to it."""
    with opened() as memory:
        said = say(memory, *CATS, *OTHER)
        pairs = linked(memory)
        assert pairs
        assert all(pair <= set(CATS) for pair in pairs)
        memory.erase(said[0].id)
        assert all(CATS[0] not in pair for pair in linked(memory))


def test_notes_of_one_batch_link_as_well() -> None:
    """Said at once, cats still link to cats, and only to them."""
    with opened() as memory:
        memory.add([{"role": "user", "content": t} for t in (*CATS, *OTHER)], user_id="u1")
        assert linked(memory)
        assert all(pair <= set(CATS) for pair in linked(memory))


def test_evolution_touches_true_neighbours_only_and_can_be_undone() -> None:
    """A third cat gives the other cats more tags, leaves taxes alone, and undo takes all back."""
    with opened() as memory:
        say(memory, CATS[0], CATS[1], *OTHER)
        before = notes(memory)
        mark = memory._store.head("u1")
        say(memory, CATS[2])
        events = [e for e in memory._store.events("u1", after=mark) if e.op == "evolve"]
        assert events
        assert {e.item_id for e in events} <= {before[CATS[0]].id, before[CATS[1]].id}
        assert all("linked to" in e.why for e in events)
        memory.undo(events[0].change_id, user_id="u1")
        after = notes(memory)
        for text in (CATS[0], CATS[1], *OTHER):
            assert (after[text].text, after[text].metadata) == (
                before[text].text,
                before[text].metadata,
            )


def test_a_note_takes_no_words_of_another() -> None:
    """However a note evolved, its tags stand in its own content."""
    with opened() as memory:
        say(memory, *CATS, *OTHER)
        for content, note in notes(memory).items():
            own = set(terms(content))
            assert all(set(terms(tag)) <= own for tag in note.metadata["tags"])


def test_the_embedding_is_always_that_of_the_canonical_text() -> None:
    """After every evolution the stored vector is E of the note as it stands."""
    with opened() as memory:
        for text in (*CATS, *OTHER):
            say(memory, text)
            view = memory._runtime.view("u1")
            for note in notes(memory).values():
                assert note.text == canonical(note.metadata)
                vector = view.embeddings.vectors.values[view.row_of[note.id]]
                made = Words().embed([embed_text(note.text, {}, note.name)])[0]
                assert np.allclose(vector, made, atol=1e-6)


def test_a_hop_adds_notes_and_repeats_none() -> None:
    """Linked notes come in the last places, say through which note, and stand there once."""
    with opened(hop=0.5) as memory:
        say(memory, *CATS, *OTHER)
        hits = memory.search("vet says healthy", user_id="u1", limit=2)
        assert len({hit.id for hit in hits}) == len(hits) == 2
        assert hits[1].explain["linked"] == hits[0].id
