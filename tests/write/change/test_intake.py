"""Taking in: what is new, what is repeated, and the facts in it, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from combray.core.changes import ChangeSet, NewJob
from combray.core.errors import RejectedChange
from combray.core.facts import Fact
from combray.core.ids import new_id
from combray.core.items import Item, Link, Scope, Status
from combray.store.store import Store
from combray.store.tables import jobs
from combray.write.change import intake
from combray.write.change.echo import Echoes
from combray.write.change.intake import Batch, Ingested, ingest
from tests.write.stored import USER, raw, store_of


def text(words: str, **fields: Any) -> Item:
    """Plain text, as `add("…")` makes it."""
    return raw(words, kind="text", role=None, **fields)


def take(store: Store, *items: Item, echoes: Echoes | None = None, **given: Any) -> Ingested:
    """Take in some items of the user."""
    return ingest(store, Batch(tenant=USER, items=items, **given), echoes or Echoes())


def link_change(link: Link) -> ChangeSet:
    """A change by a person that only sets a link."""
    return ChangeSet(tenant=USER, actor="user", why="by hand", links=[link])


@pytest.fixture
def store() -> Store:
    """A store with one turn."""
    return store_of(raw("Hello."))


def ids(items: Sequence[Item]) -> list[str]:
    """Which items these are, whenever the log says that they were told."""
    return [item.id for item in items]


def values(facts: Sequence[Item]) -> list[str]:
    """The objects of facts."""
    return [Fact.of(item).object for item in facts]


def test_what_is_new_is_stored_with_its_facts_and_its_jobs(store: Store) -> None:
    """One change; the facts are on their timelines, the jobs are queued."""
    said = raw("I live in Rome.", at=10)
    done = take(store, said, jobs=[NewJob(kind="s", payload={})])
    assert (done.items, done.fresh) == ([said], [said])
    assert values(done.facts) == ["Rome"]
    assert {event.change_id for event in store.events(USER)[1:]} == {done.change_id}
    assert store.one(done.facts[0].id).sources == (said.id,)
    assert len(jobs.jobs(store.engine)) == 1
    assert store.events(USER)[-1].why == "add"


def test_taking_in_nothing_does_nothing(store: Store) -> None:
    """No items, no change."""
    before = store.head(USER)
    assert take(store) == Ingested([], [], [], None)
    assert store.head(USER) == before


def test_the_same_plain_text_is_the_memory_that_exists(store: Store) -> None:
    """It is counted once more; nothing new is stored and no job is queued."""
    first = take(store, text("I like tea.")).items[0]
    done = take(store, text("I  like tea."), jobs=[NewJob(kind="s", payload={})])
    assert [(item.id, item.count) for item in done.items] == [(first.id, 2)]
    assert (done.fresh, done.facts) == ([], [])
    assert store.one(first.id).count == 2
    assert jobs.jobs(store.engine) == []
    event = store.events(USER)[-1]
    assert (event.op, event.why) == ("repeat", "the same words came again as plain text")


@pytest.mark.parametrize(
    "other",
    [
        text("I LIKE TEA."),
        text("I like tea.", metadata={"a": 1}),
        replace(text("I like tea."), scope=replace(raw("").scope, session_id="s")),
        raw("I like tea."),
    ],
)
def test_what_differs_in_words_scope_metadata_or_kind_is_kept(store: Store, other: Item) -> None:
    """Nothing that is not exactly the same is ever taken for the same."""
    first = take(store, text("I like tea."))
    done = take(store, other)
    assert ids(done.fresh) == [other.id]
    assert other.id in store.get(USER, [first.items[0].id, other.id])


def test_text_without_metadata_repeats_one_that_has_some(store: Store) -> None:
    """What is not said again is not contradicted."""
    first = take(store, text("I like tea.", metadata={"a": 1})).items[0]
    assert take(store, text("I like tea.")).items[0].id == first.id
    assert take(store, text("I like tea.", metadata={"a": 1})).items[0].id == first.id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I like tea.", "I like TEA"),
        ("Take .5 mg at night.", "Take 5 mg at night."),
        ("My wifi password is SunRise42", "My wifi password is sunrise42"),
        ("Gate (B)", "Gate B"),
        ("Room １２", "Room 12"),
    ],
)
def test_a_look_alike_is_kept_and_linked(store: Store, one: str, other: str) -> None:
    """joshuaswarren/remnic#202, Lyellr88/marm-memory#217: stored anew, `similar` to the first."""
    first, echoes = take(store, text(one)).items[0], Echoes()
    echoes.heard(USER, [first])
    second = take(store, text(other), echoes=echoes).items[0]
    (link,) = store.links(USER)
    assert (link.src, link.dst, link.kind) == (second.id, first.id, "similar")
    assert [store.one(item.id).count for item in (first, second)] == [1, 1]


def test_a_text_with_a_time_of_its_own_is_another_event(store: Store) -> None:
    """cyzus/suzent#36: saying when makes equal words a second memory, also after a search."""
    first, echoes = take(store, text("I donated blood.")).items[0], Echoes()
    echoes.heard(USER, [first])
    dated = replace(text("I donated blood.", at=5), known_from_us=9)
    done = take(store, dated, timed=True, echoes=echoes)
    assert done.items[0].id != first.id
    again = take(store, replace(dated, id=new_id()), timed=True)
    assert (again.items[0].id, again.fresh) == (done.items[0].id, [])


def test_every_turn_of_a_dialogue_is_kept(store: Store) -> None:
    """The same words said twice are two turns."""
    done = take(store, raw("Yes."), raw("Yes."))
    assert len(done.fresh) == 2
    assert store.links(USER) == []


def test_repeats_inside_one_call_are_one_memory(store: Store) -> None:
    """It is stored with how often it came."""
    one, two = text("I like tea."), text("I like tea.")
    done = take(store, one, two, text("I like tea."))
    assert [item.id for item in done.items] == [one.id] * 3
    assert [(item.id, item.count) for item in done.fresh] == [(one.id, 3)]
    assert store.one(one.id).count == 3
    assert two.id not in store.get(USER, [two.id])


def test_what_waits_for_review_is_never_merged(store: Store) -> None:
    """A quarantined text is stored as it came, and no later text repeats it."""
    take(store, text("I like tea."))
    done = take(store, text("I like tea.", status=Status.QUARANTINED))
    assert len(done.fresh) == 1
    assert done.facts == []


def test_what_is_gone_is_not_repeated(store: Store) -> None:
    """A text that was deleted can be told again."""
    gone = text("I like tea.", status=Status.DELETED)
    store = store_of(gone)
    assert take(store, text("I like tea.")).items[0].id != gone.id


# ── echoes ───────────────────────────────────────────────────────────────────────────────────────


def recalled(store: Store, *items: Item) -> Echoes:
    """What a search that found these items leaves behind."""
    take(store, *items)
    echoes = Echoes()
    echoes.heard(USER, items)
    return echoes


def test_a_text_that_was_just_recalled_is_its_source(store: Store) -> None:
    """An agent that stores what it was given gives back the memory, counted."""
    said = raw("I live in Rome.", at=10)
    done = take(store, text("I live  in Rome.", at=20), echoes=recalled(store, said))
    assert [item.id for item in done.items] == [said.id]
    assert done.fresh == []


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("i live in rome", {}),
        ("I live in Rome", {}),
        ("I live in Rome.", {"metadata": {"a": 1}}),
        ("I live in Rome.", {"scope": Scope(USER, None, "s")}),
        ("I live in Rome.", {"scope": Scope(USER, "bot")}),
    ],
)
def test_an_echo_has_the_words_scope_and_metadata_of_what_was_recalled(
    store: Store, words: str, fields: dict[str, Any]
) -> None:
    """Whatever differs is stored as it was given."""
    other = replace(text(words, at=20), **fields)
    assert take(store, other, echoes=recalled(store, raw("I live in Rome."))).fresh == [other]


def test_what_another_said_is_not_counted_for_what_the_user_says(store: Store) -> None:
    """Ben lives in Rome; that the user does is news, although Ben's words were just recalled."""
    ben = raw("I live in Rome.", name="Ben")
    mine = text("I live in Rome.", at=20)
    done = take(store, mine, echoes=recalled(store, ben))
    assert done.fresh == [mine]
    assert {Fact.of(fact).subject for fact in done.facts} == {USER}
    assistant = raw("I work at Acme.", role="assistant")
    told = text("I work at Acme.", at=20)
    assert ids(take(store, told, echoes=recalled(store, assistant)).fresh) == [told.id]


def test_a_turn_that_echoes_states_its_facts(store: Store) -> None:
    """A dialogue keeps its turns, and what they state, whatever was recalled before."""
    done = take(
        store, raw("I live in Rome.", at=20), echoes=recalled(store, raw("I live in Rome.", at=10))
    )
    assert (len(done.fresh), values(done.facts)) == (1, ["Rome"])


@pytest.mark.parametrize("kind", ["turn", "text"])
@pytest.mark.parametrize("searched", [True, False])
def test_who_says_again_where_they_live_has_moved_back(
    store: Store, kind: str, searched: bool
) -> None:
    """Rome, then Paris, then Rome in the same words: they are news, with or without a search."""
    first = text("I live in Rome.", at=10)
    echoes = recalled(store, first, text("I moved to Paris.", at=20))
    back = raw("I live in Rome.", at=30, kind=kind, role=None if kind == "text" else "user")
    done = take(store, back, echoes=echoes if searched else None)
    assert (done.fresh, values(done.facts)) == ([back], ["Rome"])
    again = take(store, text("I live in Rome.", at=40), echoes=echoes)
    assert [item.id for item in again.items] == [back.id]


def test_moving_back_inside_one_call_is_news_too(store: Store) -> None:
    """Three texts at once, of which the third has the words of the first."""
    three = [text(t) for t in ("I live in Rome.", "I moved to Paris.", "I live in Rome.")]
    assert ids(take(store, *three).fresh) == ids(three)


def test_what_was_replaced_by_hand_is_news_when_it_is_told_again(store: Store) -> None:
    """A text that another took the place of does not count for the same words told later."""
    old, new = text("The code is 1."), text("The code is 2.")
    take(store, old, new)
    store.apply(link_change(Link(src=new.id, dst=old.id, kind="supersedes")))
    back = text("The code is 1.")
    assert ids(take(store, back).fresh) == [back.id]


def test_a_block_of_our_context_counts_every_memory_in_it(store: Store) -> None:
    """A block that comes back as plain text adds nothing; one changed line makes it new."""
    one, two = raw("I live in Rome.", at=10), raw("The heron stands.", at=10)
    take(store, one, two)
    block = f"- [{one.id}] I live in Rome.\n- [{two.id}] u: The heron"
    done = take(store, text(block))
    assert (done.items[0].id, done.fresh) == (one.id, [])
    assert [store.one(item.id).count for item in (one, two)] == [2, 2]
    for old, new in (("heron", "stork"), ("in Rome", "in Oslo")):
        changed = text(block.replace(old, new))
        assert ids(take(store, changed).fresh) == [changed.id]


def test_a_block_that_cites_numbers_counts_what_was_shown_under_them(store: Store) -> None:
    """By the context that this process built; to another process it is a text like any other."""
    one, two = raw("I live in Rome.", at=10), raw("The heron stands.", at=10)
    take(store, one, two)
    echoes = Echoes()
    echoes.showed(USER, (two.id, one.id))
    block = "[2024-05-01 · 1] u: The heron\n[2] I live in Rome."
    assert take(store, text(block), echoes=echoes).items[0].id == two.id
    assert [store.one(item.id).count for item in (one, two)] == [2, 2]
    for strange in (text(block), text(block.replace("Rome", "Oslo"))):
        assert ids(take(store, strange, echoes=Echoes()).fresh) == [strange.id]


# ── facts ────────────────────────────────────────────────────────────────────────────────────────

ROME, OSLO = ("u", "lives in", "Rome"), ("u", "lives in", "Oslo")


def test_facts_that_are_given_cite_all_items_of_the_call(store: Store) -> None:
    """They are the user's, and are on their timelines."""
    one, two = text("Good morning.", at=10), text("Good day.", at=10)
    done = take(store, one, two, facts=[OSLO])
    assert [(item.created_by, item.sources) for item in done.facts] == [("user", (one.id, two.id))]


def test_a_given_fact_stands_for_what_rules_read(store: Store) -> None:
    """Of one subject and relation the given value counts; of others the rules'."""
    said = text("I live in Rome. I work at Acme.", at=10)
    done = take(store, said, facts=[("U", "lives in", "Oslo")])
    assert values(done.facts) == ["Oslo", "Acme"]


def test_a_fact_waits_with_any_text_that_it_rests_on(store: Store) -> None:
    """One text of the call that is held back is enough: the fact is in no answer and on no line."""
    good, held = text("Hello."), text("Good day.", status=Status.QUARANTINED)
    done = take(store, good, held, facts=[ROME])
    (waiting,) = store.citing(USER, [held.id])
    assert (done.facts, waiting.status) == ([], Status.QUARANTINED)
    assert waiting.sources == (good.id, held.id)


def test_a_fact_given_again_with_the_same_words_is_known(store: Store) -> None:
    """With words that are known only what is new among the facts is stored."""
    take(store, text("Hello."), facts=[ROME])
    done = take(store, text("Hello."), facts=[ROME, ("Ben", "likes", "tea")])
    assert values(done.facts) == ["tea"]
    assert take(store, text("Hello."), facts=[ROME]).facts == []


def test_a_fact_given_with_new_words_is_new(store: Store) -> None:
    """New words are new evidence of it."""
    take(store, text("Hello."), facts=[ROME])
    assert values(take(store, text("Good day."), facts=[ROME]).facts) == ["Rome"]


def test_rules_never_fail_an_add(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When what they derived cannot be applied, the words are stored without it."""
    said = raw("I live in Rome.", at=10)

    def refuse(*_: Any) -> None:
        raise RejectedChange("It cannot be.")

    monkeypatch.setattr(intake, "update_timelines", refuse)
    with caplog.at_level(logging.WARNING, logger="combray"):
        done = take(store, said)
    assert (done.fresh, done.facts) == ([said], [])
    assert store.one(said.id).text == said.text
    (record,) = caplog.records
    assert record.name == "combray"
    assert record.getMessage() == "Stored 1 items without their facts: It cannot be."


@pytest.mark.parametrize("count", [10, 300])
def test_a_text_reads_few_of_the_turns_with_its_words(
    store: Store, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often they were said in dialogues, the first is read, to which it is linked."""
    take(store, *(raw("Good morning.", at=n) for n in range(count)))
    read: list[int] = []
    candidates = intake._candidates

    def counted(*args: Any) -> list[Item]:
        found = candidates(*args)
        read.append(len(found))
        return found

    monkeypatch.setattr(intake, "_candidates", counted)
    done = take(store, text("Good morning."))
    again = take(store, text("Good morning."))
    assert read == [1, 2]
    assert ids(again.items) == ids(done.items)
