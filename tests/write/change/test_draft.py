"""A draft: what one step of a system changes, collected."""

from __future__ import annotations

from dataclasses import replace

import pytest

from combray.core.changes import NewJob
from combray.core.facts import Fact
from combray.core.items import SUPERSEDES, Item, Link, Status
from combray.write.change.draft import Draft, names_in
from combray.write.extract.base import ADD, NONE, SUPERSEDE, UPDATE, Decision, Statement
from tests.write.stored import fact, raw

ONE, TWO = raw("one", at=10), raw("two", at=20)


@pytest.fixture
def draft() -> Draft:
    """An empty draft of a system called "s"."""
    return Draft("u", "s", "because")


def stored(text: str, sources: list[Item], **fields: object) -> Item:
    """A derived item as the store gives it back."""
    item = Draft("u", "s").put("note", text, sources)
    return replace(item, seq=7, **fields)


def about(value: str, **fields: object) -> dict[str, object]:
    """The metadata of a functional fact of Ann's."""
    return Fact(
        subject="Ann", relation="lives in", object=value, functional=True, **fields
    ).metadata()


def test_a_new_item_cites_the_raw_items_under_its_sources(draft: Draft) -> None:
    """A summary of a note cites the words of the note, each once, and keeps their span."""
    note = stored("note", [TWO, ONE])
    item = draft.put("summary", "both", [note, TWO])
    assert item.sources == (TWO.id, ONE.id)
    assert (item.first_at_us, item.last_at_us, item.known_from_us) == (10, 20, 20)
    assert (item.kind, item.text, item.created_by) == ("summary", "both", "s")
    assert item.scope == TWO.scope
    assert draft.puts == {item.id: item}


def test_a_new_item_holds_from_its_first_source_on(draft: Draft) -> None:
    """Unless it is told from when, or until when; name and metadata are as given."""
    assert draft.put("note", "x", [TWO, ONE]).valid_from_us == 10
    told = draft.put("note", "x", [ONE], valid_from=3, valid_to=9, name="Ann", metadata={"a": 1})
    assert (told.valid_from_us, told.valid_to_us, told.name) == (3, 9, "Ann")
    assert dict(told.metadata) == {"a": 1}
    assert draft.put("note", "x", [ONE], valid_from=0).valid_from_us == 0


def test_an_item_made_elsewhere_is_added_as_it_is(draft: Draft) -> None:
    """`add` keeps the item that it is given."""
    made = fact("Rome", [ONE])
    assert draft.add(made) is made
    assert draft.change().puts == [made]


def test_a_statement_keeps_its_speaker_its_time_and_its_names(draft: Draft) -> None:
    """What is stored of a statement is all that is known of it."""
    said = Statement(
        text="Ann met Ben", sources=(ONE,), speaker="Cleo", about=about("Rome"), start=3, end=9
    )
    item = draft.state("memory", said, metadata={"more": True})
    assert (item.text, item.name, item.valid_from_us, item.valid_to_us) == (
        "Ann met Ben", "Cleo", 3, 9,
    )  # fmt: skip
    assert item.metadata == {**about("Rome"), "names": names_in(said), "more": True}


def test_the_names_of_a_statement_are_who_and_what_it_is_about() -> None:
    """Speaker, subject and object, then the names in its words; pairs joined by "and" are not."""
    said = Statement(
        text="Ben and Dora met Ben in Oslo",
        sources=(ONE,),
        speaker="Cleo",
        about={"subject": "ann", "object": ""},
    )
    assert names_in(said)[:2] == ["cleo", "ann"]
    assert {"ben", "dora", "oslo"} <= set(names_in(said))
    value = replace(said, speaker=None, about={"subject": "", "object": "the mill"})
    assert names_in(value)[0] == "the mill"
    assert "" not in names_in(replace(said, speaker="?!"))
    assert not [name for name in names_in(said) if " and " in name or not name]
    assert len(names_in(said)) == len(set(names_in(said)))


# ── decisions ────────────────────────────────────────────────────────────────────────────────────


def decide(op: str, target: Item | None = None, text: str = "new") -> Decision:
    """A decision about a new statement."""
    return Decision(op=op, text=text, target=target, why="why")


def test_nothing_is_drafted_for_what_is_known(draft: Draft) -> None:
    """NONE leaves the target as it is."""
    said = Statement(text="x", sources=(ONE,))
    assert draft.take("note", said, decide(NONE, stored("x", [ONE]))) is None
    assert not draft.change()


def test_an_addition_stands_beside_what_is_there(draft: Draft) -> None:
    """ADD drafts the statement alone."""
    item = draft.take("note", Statement(text="x", sources=(ONE,)), decide(ADD))
    assert item is not None
    assert item.text == "x"
    assert draft.change().puts == [item]
    assert not draft.patches


def test_an_update_is_one_item_that_says_both(draft: Draft) -> None:
    """The target is merged into an item with the decided text, citing both."""
    old = stored("old", [ONE], name="Ann")
    item = draft.take("note", Statement(text="x", sources=(TWO,)), decide(UPDATE, old))
    assert item is not None
    assert (item.text, item.sources, item.name) == ("new", (ONE.id, TWO.id), "Ann")
    assert draft.patches[old.id].fields["status"] == Status.MERGED


def test_an_update_without_a_target_is_an_addition(draft: Draft) -> None:
    """A model may say UPDATE of nothing; then nothing is lost."""
    item = draft.take("note", Statement(text="x", sources=(ONE,)), decide(UPDATE))
    assert item is not None
    assert item.text == "x"


@pytest.mark.parametrize(("start", "ended"), [(30, "old"), (5, "new")])
def test_of_two_that_contradict_the_earlier_ends_where_the_later_begins(
    draft: Draft, start: int, ended: str
) -> None:
    """Whichever arrived first: the order of their beginnings decides."""
    old = stored("old", [ONE])
    said = Statement(text="new", sources=(TWO,), start=start)
    new = draft.take("note", said, decide(SUPERSEDE, old))
    assert new is not None
    first, second = (old, new) if ended == "old" else (new, old)
    assert draft.links == [Link(src=second.id, dst=first.id, kind=SUPERSEDES)]
    if ended == "old":
        assert dict(draft.patches[old.id].fields) == {"valid_to": 30}
        assert draft.patches[old.id].why == "why"
    else:
        assert draft.puts[new.id].valid_to_us == 10
        assert not draft.patches


def test_of_two_that_begin_together_the_one_said_first_ends(draft: Draft) -> None:
    """Equal beginnings are put in the order of saying."""
    old = stored("old", [TWO], valid_from_us=20)
    said = Statement(text="new", sources=(ONE,), start=20)
    new = draft.take("note", said, decide(SUPERSEDE, old))
    assert new is not None
    assert [link.dst for link in draft.links] == [new.id]


def test_values_of_one_relation_are_left_to_their_timeline(draft: Draft) -> None:
    """A functional fact that contradicts one of its own timeline is only put."""
    old = stored("old", [ONE], metadata=about("Rome"))
    said = Statement(text="new", sources=(TWO,), about=about("Paris"), start=20)
    new = draft.take("note", said, decide(SUPERSEDE, old))
    assert new is not None
    assert (draft.patches, draft.links) == ({}, [])


def test_values_of_two_relations_supersede_each_other(draft: Draft) -> None:
    """Where there is no common timeline the decision is carried out."""
    old = stored("old", [ONE], metadata=about("Rome"))
    said = Statement(text="new", sources=(TWO,), start=20)
    draft.take("note", said, decide(SUPERSEDE, old))
    assert len(draft.links) == 1


# ── merging, superseding, retiring ───────────────────────────────────────────────────────────────


def test_what_is_merged_leaves_a_link_and_a_reason(draft: Draft) -> None:
    """The old ones go out of answers, are known until now, and name their successor."""
    one, two = stored("1", [ONE], metadata={"a": 1}, name="Ann"), stored("2", [TWO])
    new = draft.merge([one, two], "both")
    assert (new.kind, new.text, new.sources) == ("note", "both", (ONE.id, TWO.id))
    assert (dict(new.metadata), new.name) == ({"a": 1}, "Ann")
    assert {(link.src, link.dst, link.kind) for link in draft.links} == {
        (new.id, one.id, SUPERSEDES),
        (new.id, two.id, SUPERSEDES),
    }
    for gone in (one, two):
        patch = draft.patches[gone.id]
        assert (patch.op, patch.why, patch.fields["status"]) == (
            "merge", f"now {new.id}", Status.MERGED,
        )  # fmt: skip
        assert patch.fields["known_to"] > 0


def test_a_merge_may_be_given_its_own_fields(draft: Draft) -> None:
    """Metadata and name that are given stand before those of the first."""
    one = stored("1", [ONE], metadata={"a": 1}, name="Ann")
    new = draft.merge([one], "x", [TWO], metadata={"b": 2}, name="Ben", valid_to=99)
    assert (dict(new.metadata), new.name, new.valid_to_us) == ({"b": 2}, "Ben", 99)
    assert new.sources == (ONE.id, TWO.id)


def test_what_was_only_drafted_is_merged_without_a_trace(draft: Draft) -> None:
    """It was never stored: its links move to what takes its place, and nothing is patched."""
    one = draft.put("note", "1", [ONE])
    draft.link(one, TWO, "similar", 0.5)
    draft.link(TWO, one, "similar")
    new = draft.merge([one], "both", [TWO])
    assert list(draft.puts) == [new.id]
    assert draft.patches == {}
    assert draft.links == [
        Link(src=new.id, dst=TWO.id, kind="similar", weight=0.5),
        Link(src=TWO.id, dst=new.id, kind="similar"),
    ]


def test_an_item_ends_where_its_successor_begins(draft: Draft) -> None:
    """By default the reason names the successor; one that is given is kept."""
    old, new = stored("old", [ONE]), stored("new", [TWO], valid_from_us=30)
    draft.supersede(old, new)
    assert draft.patches[old.id].why == f"superseded by {new.id}"
    assert draft.patches[old.id].op == "supersede"
    assert dict(draft.patches[old.id].fields) == {"valid_to": 30}
    draft.supersede(old, replace(new, valid_from_us=None), "my reason")
    assert draft.patches[old.id].why == "my reason"
    assert dict(draft.patches[old.id].fields) == {"valid_to": 20}


def test_an_item_never_ends_before_it_begins_nor_later_than_it_did(draft: Draft) -> None:
    """The end is held between the item's own beginning and its own end."""
    old, new = stored("old", [TWO]), stored("new", [ONE])
    draft.supersede(old, new)
    assert draft.patches[old.id].fields["valid_to"] == 20
    closed = stored("closed", [ONE], valid_to_us=15)
    draft.supersede(closed, stored("new", [TWO]))
    assert draft.patches[closed.id].fields["valid_to"] == 15
    open_ = stored("open", [ONE], valid_from_us=None)
    draft.supersede(open_, stored("new", [TWO]))
    assert draft.patches[open_.id].fields["valid_to"] == 20


def test_a_functional_fact_ends_by_what_is_stated_of_it(draft: Draft) -> None:
    """Its interval comes of its timeline, so the end goes into the metadata."""
    old, new = stored("old", [ONE], metadata=about("Rome", start=10)), stored("new", [TWO])
    draft.supersede(old, new)
    fields = dict(draft.patches[old.id].fields)
    assert fields == {"metadata": about("Rome", start=10, end=20)}


def test_what_is_retired_goes_out_of_answers_for_a_reason(draft: Draft) -> None:
    """It is known until now, under the operation that is named."""
    old = stored("old", [ONE])
    draft.retire(old, "forget", "unused")
    patch = draft.patches[old.id]
    assert (patch.op, patch.why, patch.fields["status"]) == ("forget", "unused", Status.RETIRED)
    assert patch.fields["known_to"] > 0


def test_two_patches_of_one_item_are_one(draft: Draft) -> None:
    """Their fields are joined; the later operation and reason stand."""
    old = stored("old", [ONE])
    draft.patch(old, "a", {"count": 2, "strength": 3.0}, "first")
    draft.patch(old, "b", {"count": 4}, "second")
    patch = draft.patches[old.id]
    assert (dict(patch.fields), patch.op, patch.why) == (
        {"count": 4, "strength": 3.0}, "b", "second",
    )  # fmt: skip


def test_a_draft_is_one_change_with_everything_collected(draft: Draft) -> None:
    """Tenant, author, reason, items, patches, links and jobs."""
    item = draft.put("note", "x", [ONE])
    draft.link(item, ONE, "about", 0.5)
    draft.retire(stored("old", [ONE]), "forget", "unused")
    draft.jobs.append(NewJob(kind="s", payload={}))
    change = draft.change()
    assert (change.tenant, change.actor, change.why) == ("u", "s", "because")
    assert change.puts == [item]
    assert change.links == [Link(src=item.id, dst=ONE.id, kind="about", weight=0.5)]
    assert len(change.patches) == len(change.jobs) == 1
