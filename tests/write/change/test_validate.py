"""The validator: what a rule or a model proposes, held against invariants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from combray.core.changes import ChangeSet, NewJob, Patch
from combray.core.errors import RejectedChange, StaleChange
from combray.core.items import SUPERSEDES, Item, Link, Scope, Status
from combray.core.time import now
from combray.store.store import Store
from combray.store.tables import jobs
from combray.write.change.draft import Draft
from combray.write.change.validate import FREE_REMOVALS, REREAD, SHARE, problems, propose
from tests.write.stored import fact, pairs, raw, store_of

ONE, TWO = raw("one", at=10), raw("two", at=20)


def note(text: str, sources: Sequence[Item] = (ONE,)) -> Item:
    """A derived item that is sound."""
    return Draft("u", "s").put("note", text, sources)


NOTES = [note(f"note {number}") for number in range(30)]


@pytest.fixture
def store() -> Store:
    """Two turns and three notes."""
    return store_of(ONE, TWO, *NOTES[:3])


def change(**parts: Any) -> ChangeSet:
    """A change of the tenant "u"."""
    return ChangeSet(tenant="u", actor="s", why="because", **parts)


def patch(item: Item, op: str = "delete", why: str = "why", **fields: Any) -> Patch:
    """A patch of an item."""
    return Patch(id=item.id, fields=fields, op=op, why=why)


def gone(item: Item, op: str = "delete", why: str = "why") -> Patch:
    """A patch that takes an item out of answers."""
    return patch(item, op, why, status=Status.DELETED)


def found(store: Store, **parts: Any) -> list[str]:
    """What speaks against a change."""
    with store.engine.write("u") as cursor:
        return problems(cursor.run, change(**parts))


# ── 1, 4: what is new ────────────────────────────────────────────────────────────────────────────


def test_a_sound_item_is_accepted(store: Store) -> None:
    """It cites live sources of its tenant and keeps their span."""
    assert found(store, puts=[note("new", [ONE, TWO])]) == []


def test_what_is_cited_linked_or_patched_must_exist(store: Store) -> None:
    """Every missing id is named once, in order."""
    absent = replace(ONE, id="absent")
    puts, links = [note("new", [absent])], [Link(src=ONE.id, dst="far", kind="similar")]
    told = found(store, puts=puts, links=links, patches=[patch(absent, count=2)])
    assert told == ["absent does not exist here", "far does not exist here"]


def test_what_the_change_itself_adds_exists(store: Store) -> None:
    """A new item may be linked and cited in the change that adds it."""
    new = note("new")
    assert found(store, puts=[new], links=[Link(src=new.id, dst=ONE.id, kind="about")]) == []


def test_an_item_of_another_user_is_refused(store: Store) -> None:
    """The new item must belong to the tenant of the change."""
    foreign = replace(note("new"), scope=Scope("v"))
    assert found(store, puts=[foreign]) == [f"the new item {foreign.id} belongs to another user"]


@pytest.mark.parametrize("fields", [{"sources": ()}, {"kind": "turn"}])
def test_what_is_new_is_derived_and_cites_a_source(store: Store, fields: dict[str, Any]) -> None:
    """No proposal adds words in the user's name."""
    (told,) = found(store, puts=[replace(note("new words"), **fields)])
    assert told.startswith("the new ")
    assert told.endswith("'new words' cites no source")


@pytest.mark.parametrize("fields", [{"first_at_us": 9}, {"last_at_us": 11}])
def test_a_new_item_has_the_span_of_its_sources(store: Store, fields: dict[str, Any]) -> None:
    """Neither earlier nor later than what it rests on."""
    (told,) = found(store, puts=[replace(note("new"), **fields)])
    assert "has not the span of its sources" in told
    assert found(store, puts=[note("wide", [TWO, ONE])]) == []


def test_nothing_rests_on_what_is_gone(store: Store) -> None:
    """The first source that is not live is named with its status."""
    dead = replace(raw("dead", at=10), status=Status.DELETED)
    with store_of(ONE, dead).engine.write("u") as cursor:
        told = problems(cursor.run, change(puts=[note("new", [ONE, dead])]))
    assert told == [f"the new note cites {dead.id}, which is deleted"]


# ── 2, 3: what is changed ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "fields", [{"text": "x"}, {"status": "deleted"}, {"metadata": {}}, {"count": 2, "text": "x"}]
)
def test_the_users_own_words_are_not_touched(store: Store, fields: dict[str, Any]) -> None:
    """The sentence names the item and what was to be done to it."""
    told = found(store, patches=[patch(ONE, "rewrite", **fields)])
    assert told == [f"{ONE.id} is the user's own words; a proposal may not rewrite them"]


@pytest.mark.parametrize("name", ["strength", "last_recalled", "count"])
def test_words_may_be_counted_and_recalled(store: Store, name: str) -> None:
    """What changes no word and hides nothing is allowed."""
    assert found(store, patches=[patch(ONE, "recall", **{name: 2})]) == []


def test_nothing_ends_before_it_begins(store: Store) -> None:
    """An end at the beginning is an empty interval, and is allowed."""
    assert found(store, patches=[patch(NOTES[0], valid_to=9)]) == [
        f"{NOTES[0].id} would end before it begins"
    ]
    assert found(store, patches=[patch(NOTES[0], valid_to=10)]) == []
    assert found(store, patches=[patch(NOTES[0], valid_to=None)]) == []


def test_an_item_without_a_beginning_may_end_at_any_time() -> None:
    """An unknown start is before every end."""
    open_ = replace(NOTES[0], valid_from_us=None)
    assert found(store_of(ONE, open_), patches=[patch(open_, valid_to=1)]) == []


@pytest.mark.parametrize("why", ["", "  "])
def test_nothing_vanishes_without_a_successor_or_a_reason(store: Store, why: str) -> None:
    """A reason of blanks is none; a link from a successor in the same change is one."""
    told = [f"{NOTES[0].id} would vanish without a successor or a reason"]
    assert found(store, patches=[gone(NOTES[0], why=why)]) == told
    assert found(store, patches=[gone(NOTES[0], why="old")]) == []
    link = Link(src=NOTES[1].id, dst=NOTES[0].id, kind=SUPERSEDES)
    assert found(store, patches=[gone(NOTES[0], why=why)], links=[link]) == []
    assert found(store, patches=[gone(NOTES[0], why=why)], links=[replace(link, kind="x")]) == told


def test_coming_back_needs_no_reason(store: Store) -> None:
    """A status of "live" takes nothing away."""
    assert found(store, patches=[patch(NOTES[0], why="", status="live")]) == []


# ── 5: how much ──────────────────────────────────────────────────────────────────────────────────


def test_a_few_may_always_go() -> None:
    """FREE_REMOVALS memories may go at once however few there are, and no more."""
    store = store_of(ONE, *NOTES[: FREE_REMOVALS + 2])
    new = [note("new")]
    patches = [gone(item) for item in NOTES[:FREE_REMOVALS]]
    assert found(store, patches=patches, puts=new) == []
    patches.append(gone(NOTES[FREE_REMOVALS]))
    told = f"it would take away {FREE_REMOVALS + 1} memories at once, and at most "
    assert found(store, patches=patches, puts=new) == [f"{told}{FREE_REMOVALS} may go"]


def test_of_many_a_share_may_go() -> None:
    """Of thirty derived items a quarter may go; the user's words are not counted."""
    store = store_of(ONE, *NOTES, *(raw(f"more {number}") for number in range(10)))
    allowed = int(SHARE * len(NOTES))
    assert allowed > FREE_REMOVALS
    assert found(store, patches=[gone(item) for item in NOTES[:allowed]]) == []
    (told,) = found(store, patches=[gone(item) for item in NOTES[: allowed + 1]])
    assert told.endswith(f"at most {allowed} may go")


def test_not_all_may_go_without_something_in_its_place() -> None:
    """Two of two are everything; one alone is no clearance."""
    store = store_of(ONE, *NOTES[:2])
    both = [gone(item) for item in NOTES[:2]]
    everything = "it would take away everything that is derived and put nothing in its place"
    assert found(store, patches=both) == [everything]
    assert found(store, patches=both, puts=[note("new")]) == []
    assert found(store_of(ONE, NOTES[0]), patches=both[:1]) == []


def test_what_is_put_back_in_the_same_words_is_not_taken_away() -> None:
    """The same text with at least the same sources replaces what goes; with fewer it does not."""
    both = note("same", [ONE, TWO])
    store = store_of(ONE, TWO, both, *NOTES[:5])
    patches = [gone(item) for item in (both, *NOTES[:5])]
    assert found(store, patches=patches, puts=[note("same", [ONE, TWO])]) == []
    assert found(store, patches=patches, puts=[note("same", [ONE]), note("same", [TWO])]) == []
    assert found(store, patches=patches, puts=[note("same", [ONE])]) != []
    assert found(store, patches=patches, puts=[note("other", [ONE, TWO])]) != []


def test_what_is_read_again_is_not_counted() -> None:
    """A system takes back what it reads anew; no limit holds it."""
    store = store_of(ONE, *NOTES[:8])
    assert found(store, patches=[gone(item, REREAD) for item in NOTES[:8]]) == []
    assert found(store, patches=[gone(item) for item in NOTES[:8]]) != []


def test_what_was_gone_before_is_not_counted() -> None:
    """What is not live takes nothing away; that nobody may touch it is another matter."""
    dead = [replace(item, status=Status.RETIRED) for item in NOTES[:8]]
    store = store_of(ONE, *dead)
    told = found(store, patches=[gone(item) for item in dead])
    assert told == [f"{item.id} is retired; a proposal may not delete it" for item in dead]
    store = store_of(ONE, *NOTES[:8])
    assert found(store, patches=[patch(item, strength=2.0) for item in NOTES[:8]]) == []


# ── 6: circles ───────────────────────────────────────────────────────────────────────────────────


def test_nothing_supersedes_itself() -> None:
    """Directly, among what is proposed, or over a link that is stored."""
    a, b, c = NOTES[:3]
    stored = Link(src=a.id, dst=b.id, kind=SUPERSEDES)
    store = store_of(ONE, a, b, c, links=[stored])
    itself = Link(src=c.id, dst=c.id, kind=SUPERSEDES)
    assert found(store, links=[itself]) == [f"{c.id} would supersede itself"]
    back = Link(src=b.id, dst=a.id, kind=SUPERSEDES)
    assert found(store, links=[back]) == [f"{b.id} would supersede itself"]
    assert found(store, links=[replace(back, kind="similar")]) == []
    circle = [Link(src=x.id, dst=y.id, kind=SUPERSEDES) for x, y in ((b, c), (c, a))]
    assert len(found(store, links=circle)) == 2


def test_new_items_that_supersede_each_other_are_refused(store: Store) -> None:
    """A circle of what is not stored yet is one too; a chain of it is none."""
    one, two = note("one"), note("two")
    links = [Link(src=x.id, dst=y.id, kind=SUPERSEDES) for x, y in ((one, two), (two, one))]
    assert len(found(store, puts=[one, two], links=links)) == 2
    assert found(store, puts=[one, two], links=links[:1]) == []


# ── proposing ────────────────────────────────────────────────────────────────────────────────────


def test_a_sound_change_is_applied_and_named(store: Store) -> None:
    """The preview has the change, its id and no problems."""
    new = note("new")
    done = propose(store, change(puts=[new]))
    assert store.one(new.id).text == "new"
    assert done.change_id is not None
    assert done.problems == ()
    assert done.change.puts == [new]


def test_a_dry_run_says_what_would_come_of_it(store: Store) -> None:
    """Nothing is stored, sound or not; what is wrong is listed instead of raised."""
    new = note("new")
    tried = propose(store, change(puts=[new]), dry_run=True)
    assert (tried.change_id, tried.problems, tried.change.puts) == (None, (), [new])
    bad = propose(store, change(patches=[gone(ONE)]), dry_run=True)
    assert len(bad.problems) == 1
    assert new.id not in store.get("u", [new.id])
    assert store.one(ONE.id).status == "live"


def test_a_broken_change_is_refused_whole(store: Store) -> None:
    """Every problem is named, and nothing of the change is applied."""
    new = note("new")
    bad = change(puts=[new], patches=[gone(ONE), gone(NOTES[0], why="")])
    with pytest.raises(RejectedChange, match=r"own words.*; .*vanish.*\. Nothing was applied\."):
        propose(store, bad)
    assert store.get("u", [new.id]) == {}
    assert store.one(NOTES[0].id).status == "live"


def test_new_facts_are_put_on_their_timelines() -> None:
    """A proposed fact ends the one before it, and one that goes gives its time back."""
    rome, paris = fact("Rome", [ONE]), fact("Paris", [TWO])
    store = store_of(ONE, TWO, rome)
    done = propose(store, change(puts=[paris]))
    assert store.one(rome.id).valid_to_us == 20
    assert pairs(store) == {(paris.id, rome.id)}
    assert {p.id for p in done.change.patches} == {rome.id}
    propose(store, change(patches=[gone(store.one(paris.id))]))
    assert store.one(rome.id).valid_to_us is None
    assert pairs(store) == set()


def test_an_empty_change_is_no_change(store: Store) -> None:
    """Nothing is written, and there is nothing to undo."""
    before = store.head("u")
    assert propose(store, change()).change_id is None
    assert store.head("u") == before


def test_a_job_is_done_with_what_it_made(store: Store) -> None:
    """It is taken off the list in the same transaction; a dry run leaves it."""
    store.apply(change(jobs=[NewJob(kind="s", payload={})]))
    job = jobs.claim(store.engine, jobs.jobs(store.engine)[0])
    assert job is not None
    propose(store, change(), job=job, dry_run=True)
    assert len(jobs.jobs(store.engine)) == 1
    propose(store, change(puts=[note("new")]), job=job)
    assert jobs.jobs(store.engine) == []


def test_what_a_slow_worker_made_is_not_applied(store: Store) -> None:
    """When another process took the job over, its result stands, not ours."""
    store.apply(change(jobs=[NewJob(kind="s", payload={})]))
    job = jobs.claim(store.engine, jobs.jobs(store.engine)[0])
    assert job is not None
    with store.engine.write("u") as cursor:
        cursor.run("UPDATE jobs SET updated_at = ?", (now() + 1,))
    new = note("new")
    with pytest.raises(RejectedChange, match="another process has taken it over"):
        propose(store, change(puts=[new]), job=job)
    assert store.get("u", [new.id]) == {}
    assert len(jobs.jobs(store.engine)) == 1


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        ({"patches": [patch(ONE, text="other words")]}, f"{ONE.id} was changed meanwhile"),
        ({"patches": [gone(NOTES[0])]}, f"{NOTES[0].id} was changed meanwhile"),
        ({"patches": [gone(NOTES[1])]}, f"{NOTES[1].id} was changed meanwhile"),
        ({"puts": [note("their note")]}, "was derived meanwhile from the same words"),
        ({"patches": [patch(ONE, count=7, strength=2.0, last_recalled=9)]}, ""),
        ({"patches": [patch(TWO, text="other words")]}, ""),
        ({"puts": [note("about two", [TWO])]}, ""),
        ({"puts": [replace(note("another's"), created_by="other")]}, ""),
    ],
    ids=[
        "the same", "one cited", "another cited", "the same words", "counts", "beside", "about two",
        "of another",
    ],
)  # fmt: skip
def test_what_changed_since_it_was_read_is_read_again(
    store: Store, theirs: dict[str, Any], told: str
) -> None:
    """A change rests on what it cites, patches and links, and on what its actor made of the words.

    Counts do not matter. A dry run names what changed; the change itself is refused.
    """
    seen = store.head("u")
    link = Link(src=NOTES[0].id, dst=NOTES[1].id, kind="similar")
    ours = replace(
        change(puts=[note("our note")], patches=[patch(NOTES[0], text="n")], links=[link]),
        seen=seen,
    )
    store.apply(change(**theirs))
    head = store.head("u")
    problems_told = propose(store, ours, dry_run=True).problems
    if not told:
        assert problems_told == ()
        assert propose(store, ours).change_id is not None
        return
    assert told in problems_told[0]
    with pytest.raises(StaleChange, match="meanwhile"):
        propose(store, ours)
    assert store.head("u") == head


def test_what_is_out_of_answers_stays_as_it_is(store: Store) -> None:
    """Nobody proposes a change of it, and it takes no other's place."""
    store.apply(change(patches=[gone(NOTES[0])]))
    assert "is deleted" in found(store, patches=[patch(NOTES[0], text="again")])[0]
    link = Link(src=NOTES[0].id, dst=NOTES[1].id, kind=SUPERSEDES)
    assert "supersedes nothing" in found(store, links=[link])[0]
    assert found(store, patches=[patch(NOTES[0], count=2)]) == []


def test_a_preview_is_plain_data(store: Store) -> None:
    """What is added, what changes and why, links and what speaks against it."""
    new, old = note("new"), NOTES[0]
    links = [Link(src=new.id, dst=old.id, kind=SUPERSEDES)]
    drafted = change(puts=[new], patches=[gone(old)], links=links, unlinks=[("a", "b", "similar")])
    told = propose(store, replace(drafted, unlinks=()), dry_run=True).as_dict()
    assert told["change_id"] is None
    assert (told["actor"], told["why"]) == ("s", "because")
    assert [item["id"] for item in told["adds"]] == [new.id]
    assert told["changes"] == [
        {"id": old.id, "op": "delete", "why": "why", "fields": {"status": "deleted"}}
    ]
    assert told["links"] == [[new.id, SUPERSEDES, old.id]]
    assert (told["unlinks"], told["problems"]) == ([], [])
