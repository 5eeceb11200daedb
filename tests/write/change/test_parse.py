"""A model's answer, read into a change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from combray.core.changes import ChangeSet
from combray.core.errors import ModelError
from combray.core.facts import Fact
from combray.core.items import SUPERSEDES, Item, Link, Status
from combray.core.time import iso, to_micros
from combray.write.change.draft import Draft
from combray.write.change.parse import PARTS, SCHEMA, parse
from combray.write.change.validate import problems
from tests.write.stored import fact, raw, store_of

ONE, TWO = raw("I live in Rome.", at=10), raw("I moved to Paris.", at=20)
ROME, PARIS = fact("Rome", [ONE]), fact("Paris", [TWO])
NOTES = [Draft("u", "s").put("note", text, [ONE, TWO]) for text in ("a", "b")]
SHOWN = (ONE, TWO, ROME, PARIS, *NOTES)


def read(shown: tuple[Item, ...] = SHOWN, **parts: Any) -> ChangeSet:
    """The change that an answer with these parts proposes."""
    return parse(json.dumps(parts), shown, actor="model")


def refusal(**parts: Any) -> str:
    """What is said of an answer that cannot be used."""
    with pytest.raises(ModelError) as caught:
        read(**parts)
    assert caught.value.raw == json.dumps(parts)
    return str(caught.value)


# ── the answer as a whole ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("raw_answer", "said"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("I would merge 1 and 2.", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[1]", "it is not an object with facts, summaries"),
        ("{}", "it is not an object with facts, summaries"),
        ('{"b": [], "a": []}', "it has unknown parts: 'a', 'b'"),
        ('{"facts": {}}', "facts must be a list"),
        ('{"deletions": [5]}', r"deletions\[0\] must be an object"),
    ],
)
def test_an_answer_of_another_shape_is_refused_with_a_reason(raw_answer: str, said: str) -> None:
    """The error says what is wrong and keeps the answer."""
    with pytest.raises(ModelError, match=f"cannot be used: {said}") as caught:
        parse(raw_answer, SHOWN, actor="model")
    assert caught.value.raw == raw_answer


@pytest.mark.parametrize("fence", ["```json\n{}\n```", "```\n{}\n```", "\n```json\n{}\n```\n"])
def test_an_answer_in_a_fence_is_read(fence: str) -> None:
    """Models often put JSON into a block of code."""
    answer = fence.replace("{}", '{"summaries": [{"text": "x", "sources": [1]}]}')
    assert [item.text for item in parse(answer, SHOWN, actor="model").puts] == ["x"]


def test_an_answer_about_nothing_is_refused() -> None:
    """Without items that were shown there is nothing that it can be about."""
    with pytest.raises(ModelError, match="no items were shown"):
        parse('{"facts": []}', (), actor="model")


def test_a_change_names_its_author_and_its_tenant() -> None:
    """All parts are one change, proposed in the name of the actor."""
    change = read(facts=[], summaries=[{"text": "x", "sources": [1]}])
    assert (change.tenant, change.actor, change.why) == ("u", "model", "proposal")
    assert change.puts[0].created_by == "model"


def test_the_schema_has_every_part_and_no_other() -> None:
    """What a model is told to answer is what is read."""
    assert set(SCHEMA["properties"]) == set(PARTS)
    assert SCHEMA["additionalProperties"] is False
    assert SCHEMA["type"] == "object"
    assert all(
        part == {"type": "array", "items": {"type": "object"}}
        for part in SCHEMA["properties"].values()
    )


@pytest.mark.parametrize("name", [1, "1", ONE.id], ids=["number", "text", "id"])
def test_an_item_is_named_by_its_number_or_its_id(name: Any) -> None:
    """Numbers count from 1, and may be written as text."""
    (item,) = read(summaries=[{"text": "x", "sources": [name]}]).puts
    assert item.sources == (ONE.id,)


@pytest.mark.parametrize("name", [0, -1, len(SHOWN) + 1, "0", True, 1.0, None, [1], "x"])
def test_what_was_not_shown_cannot_be_named(name: Any) -> None:
    """The error names the place and the name."""
    said = refusal(summaries=[{"text": "x", "sources": [1, name]}])
    assert f"summaries[0].sources[1] names {name!r}, which was not shown" in said


def test_the_last_item_shown_can_be_named() -> None:
    """Number n is the n-th of what was shown."""
    change = read(deletions=[{"id": len(SHOWN), "why": "old"}])
    assert [patch.id for patch in change.patches] == [SHOWN[-1].id]


@pytest.mark.parametrize("sources", [None, [], 1, "1", {}])
def test_sources_are_a_list_that_is_not_empty(sources: Any) -> None:
    """A summary of nothing is refused."""
    said = refusal(summaries=[{"text": "x", "sources": sources}])
    assert "summaries[0].sources must be a list of items" in said


# ── facts and summaries ──────────────────────────────────────────────────────────────────────────


def test_a_fact_is_read_with_its_interval_and_its_sources() -> None:
    """Its relation goes by the table's name; it cites raw words even when it names a fact."""
    entry = {
        "subject": " Ann ",
        "relation": "resides in",
        "object": "Oslo",
        "sources": [4, 1],
        "valid_from": "2024-06-01",
        "valid_to": "2024-07-01",
    }
    (item,) = read(facts=[entry]).puts
    said = Fact.of(item)
    assert (said.subject, said.relation, said.object) == ("Ann", "lives in", "Oslo")
    assert (said.start, said.end) == (to_micros("2024-06-01"), to_micros("2024-07-01"))
    assert said.functional
    assert item.sources == (TWO.id, ONE.id)
    assert (item.first_at_us, item.last_at_us) == (10, 20)


@pytest.mark.parametrize("part", ["subject", "relation", "object"])
@pytest.mark.parametrize("value", [None, "", "  ", 5])
def test_a_fact_needs_all_three_parts(part: str, value: Any) -> None:
    """The error names the part."""
    entry = {"subject": "Ann", "relation": "likes", "object": "tea", "sources": [1], part: value}
    assert f"facts[0].{part}" in refusal(facts=[entry])


def test_a_fact_with_an_impossible_interval_is_refused() -> None:
    """It must not end before it begins."""
    entry = {"subject": "Ann", "relation": "likes", "object": "tea", "sources": [1]}
    said = refusal(facts=[{**entry, "valid_from": "2024-06-01", "valid_to": "2024-01-01"}])
    assert "is not after valid_from" in said


def test_a_summary_cites_raw_words() -> None:
    """The summary of two facts cites the turns they were read from, not the facts."""
    (item,) = read(summaries=[{"text": "Rome, then Paris", "sources": [3, 4]}]).puts
    assert (item.kind, item.text) == ("summary", "Rome, then Paris")
    assert item.sources == (ONE.id, TWO.id)
    assert (item.first_at_us, item.last_at_us, item.valid_from_us) == (10, 20, 10)


@pytest.mark.parametrize("text", [None, "", " ", 7])
def test_a_summary_needs_words(text: Any) -> None:
    """An empty one is refused."""
    assert "summaries[0].text" in refusal(summaries=[{"text": text, "sources": [1]}])


# ── merges, supersessions, deletions ─────────────────────────────────────────────────────────────


def test_a_merge_is_one_item_in_the_place_of_others() -> None:
    """The new one cites all that the old ones cite; these go, with a link and a reason."""
    change = read(merges=[{"ids": [5, 6], "text": "a and b"}])
    (new,) = change.puts
    assert (new.kind, new.text, new.sources) == ("note", "a and b", (ONE.id, TWO.id))
    assert {patch.id for patch in change.patches} == {note.id for note in NOTES}
    assert {patch.fields["status"] for patch in change.patches} == {Status.MERGED}
    assert {link.dst for link in change.links} == {note.id for note in NOTES}


def test_a_merge_of_functional_facts_is_a_functional_fact() -> None:
    """It takes the place of the first on its timeline."""
    (new,) = read(merges=[{"ids": [3, 4], "text": "Ann lives in Rome and Paris"}]).puts
    assert Fact.of(new).about == ("ann", "lives in")


@pytest.mark.parametrize("ids", [[5], [5, 5], [5, "5"], [5, NOTES[0].id]])
def test_a_merge_needs_two_different_items(ids: list[Any]) -> None:
    """One item named twice is one."""
    said = refusal(merges=[{"ids": ids, "text": "x"}])
    assert "merges[0].ids must name at least two items" in said


def test_a_merge_needs_words() -> None:
    """An empty text would take two memories away."""
    assert "merges[0].text" in refusal(merges=[{"ids": [5, 6], "text": ""}])


def test_a_supersession_ends_one_item_where_the_other_begins() -> None:
    """With the reason that the model gives, or with its successor as the reason."""
    change = read(supersessions=[{"old": 5, "new": 4, "why": "moved"}])
    (patch,) = change.patches
    assert (patch.id, dict(patch.fields), patch.why) == (NOTES[0].id, {"valid_to": 20}, "moved")
    assert change.links == [Link(src=PARIS.id, dst=NOTES[0].id, kind=SUPERSEDES)]
    (patch,) = read(supersessions=[{"old": 5, "new": 4}]).patches
    assert patch.why == f"superseded by {PARIS.id}"


def test_a_superseded_functional_fact_is_ended_in_what_is_stated() -> None:
    """Its interval is left to its timeline."""
    (patch,) = read(supersessions=[{"old": 3, "new": 4}]).patches
    assert patch.fields["metadata"]["stated"] == {"from": iso(10), "to": iso(20)}


@pytest.mark.parametrize(
    ("old", "new", "said"), [(4, 4, "cannot supersede itself"), (4, 3, "begins before the old one")]
)
def test_a_supersession_goes_forward_in_time(old: int, new: int, said: str) -> None:
    """Nothing supersedes itself, or what began after it: that would hide the newer."""
    assert said in refusal(supersessions=[{"old": old, "new": new}])


def test_a_deletion_has_the_reason_of_the_model() -> None:
    """Without one the validator refuses it; nothing vanishes unexplained."""
    given, bare = read(deletions=[{"id": 5, "why": "old"}, {"id": 6}]).patches
    assert (given.id, given.op, given.why) == (NOTES[0].id, "delete", "old")
    assert given.fields["status"] == Status.DELETED
    assert given.fields["known_to"] > 0
    assert bare.why == ""


def test_what_one_part_says_of_an_item_joins_what_another_says() -> None:
    """An item is patched once in a change."""
    change = read(
        supersessions=[{"old": 5, "new": 4}], deletions=[{"id": 5, "why": "and it is old"}]
    )
    (patch,) = change.patches
    assert set(patch.fields) == {"valid_to", "status", "known_to"}


def test_a_whole_answer_passes_the_validator() -> None:
    """What is read from a good answer breaks no invariant."""
    change = read(
        facts=[{"subject": "Ann", "relation": "likes", "object": "tea", "sources": [3]}],
        summaries=[{"text": "Rome, then Paris", "sources": [3, 4]}],
        merges=[{"ids": [5, 6], "text": "a and b"}],
        deletions=[{"id": 3, "why": "old"}],
    )
    with store_of(*SHOWN).engine.write("u") as cursor:
        assert problems(cursor.run, change) == []
