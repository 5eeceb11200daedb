"""Taking in: what is new, what is repeated, and the facts in it, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from combray.core.changes import NewJob
from combray.core.errors import RejectedChange
from combray.core.facts import Fact
from combray.core.items import Item, Status
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


@pytest.fixture
def store() -> Store:
    """A store with one turn."""
    return store_of(raw("Hello."))


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
    assert done.fresh == [other]
    assert other.id in store.get(USER, [first.items[0].id, other.id])


def test_text_without_metadata_repeats_one_that_has_some(store: Store) -> None:
    """What is not said again is not contradicted."""
    first = take(store, text("I like tea.", metadata={"a": 1})).items[0]
    assert take(store, text("I like tea.")).items[0].id == first.id
    assert take(store, text("I like tea.", metadata={"a": 1})).items[0].id == first.id


def test_a_look_alike_is_kept_and_linked(store: Store) -> None:
    """Equal but for case and stops: stored anew, `similar` to the first, which is counted."""
    first = take(store, text("I like tea.")).items[0]
    second = take(store, text("I like TEA")).items[0]
    (link,) = store.links(USER)
    assert (link.src, link.dst, link.kind) == (second.id, first.id, "similar")
    assert store.one(first.id).count == 2


def test_a_text_with_a_time_of_its_own_is_another_event(store: Store) -> None:
    """Saying when makes equal words a second memory."""
    first = take(store, text("I like tea.")).items[0]
    done = take(store, text("I like tea.", at=5), timed=True)
    assert done.items[0].id != first.id


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


def test_a_text_that_was_just_recalled_is_its_source(store: Store) -> None:
    """An agent that stores what it was given gives back the memory, counted."""
    said = raw("I live in Rome.", at=10)
    take(store, said)
    echoes = Echoes()
    echoes.heard(USER, [said])
    done = take(store, text("i live in rome", at=20), echoes=echoes)
    assert [item.id for item in done.items] == [said.id]
    assert done.fresh == []


def test_a_turn_that_echoes_is_kept_but_states_nothing(store: Store) -> None:
    """A dialogue keeps its turns; its facts were read before."""
    said = raw("I live in Rome.", at=10)
    take(store, said)
    echoes = Echoes()
    echoes.heard(USER, [said])
    done = take(store, raw("I live in Rome.", at=20), echoes=echoes)
    assert (len(done.fresh), done.facts) == (1, [])


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
        assert take(store, changed).fresh == [changed]


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
