"""Items, links and events as rows and back: nothing is lost, and JSON has one spelling."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray.core.items import Event, Item, Link, Scope, Status
from combray.store.tables import rows
from combray.store.tables.rows import CHUNK, ITEM_FIELDS, LINK_FIELDS

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
NAME = st.one_of(st.none(), TEXT)
MOMENT = st.integers(-(2**60), 2**60)
SOME_MOMENT = st.one_of(st.none(), MOMENT)
DATA = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), TEXT)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
ITEMS = st.builds(
    Item,
    id=TEXT,
    text=TEXT,
    kind=TEXT,
    scope=st.builds(Scope, st.one_of(st.none(), TEXT.filter(str.strip)), NAME, NAME),
    role=NAME,
    name=NAME,
    first_at_us=MOMENT,
    last_at_us=MOMENT,
    valid_from_us=SOME_MOMENT,
    valid_to_us=SOME_MOMENT,
    known_from_us=MOMENT,
    known_to_us=SOME_MOMENT,
    strength=st.floats(-1e15, 1e15),
    last_recalled_us=SOME_MOMENT,
    count=st.integers(1, 2**62),
    status=st.sampled_from(Status),
    metadata=st.dictionaries(TEXT, DATA, max_size=4),
    sources=st.lists(TEXT, max_size=4).map(tuple),
    created_by=TEXT,
    seq=st.integers(0, 2**62),
)
LINKS = st.builds(
    Link,
    src=TEXT,
    dst=TEXT,
    kind=TEXT,
    weight=st.floats(allow_nan=False, allow_infinity=False),
    valid_from_us=SOME_MOMENT,
    valid_to_us=SOME_MOMENT,
    known_from_us=MOMENT,
    known_to_us=SOME_MOMENT,
    sources=st.lists(TEXT, max_size=3).map(tuple),
)


@given(ITEMS)
def test_an_item_survives_its_row(item: Item) -> None:
    """Every field comes back as it was, whatever it holds."""
    values = rows.item_values(item)
    assert len(values) == len(ITEM_FIELDS)
    assert rows.item_from_row((item.seq, *values)) == item


@given(ITEMS)
def test_an_item_survives_its_state_in_an_event(item: Item) -> None:
    """Also through the JSON that the history keeps; the state names every field."""
    state = json.loads(rows.to_json(rows.item_state(item)))
    assert set(state) == set(ITEM_FIELDS)
    assert rows.item_from_state(state, seq=item.seq) == item


@given(LINKS)
def test_a_link_survives_its_row(link: Link) -> None:
    """Weight, both times and sources come back as they were."""
    values = rows.link_values("u", link)
    assert len(values) == len(LINK_FIELDS)
    assert values[0] == "u"
    assert rows.link_from_row(values) == link


@given(st.one_of(st.none(), st.dictionaries(TEXT, DATA, max_size=3)), TEXT)
def test_an_event_survives_its_row(state: dict[str, Any] | None, why: str) -> None:
    """What was before and after comes back as data; what there was not stays None."""
    kept = None if state is None else rows.to_json(state)
    row = (7, "change", "item", "update", 9, "user", why, kept, None)
    event = rows.event_from_row(row)
    assert event == Event(
        seq=7, change_id="change", item_id="item", op="update", at_us=9, actor="user", why=why,
        before_us=state, after_us=None,
    )  # fmt: skip


def test_no_field_of_an_item_is_forgotten() -> None:
    """A field that is added to Item without a column fails here, not after a restart."""
    flat = {f.name.removesuffix("_us") for f in fields(Item)} - {"scope", "seq"}
    scope = {"tenant", "agent_id", "session_id"}
    assert flat | scope == set(ITEM_FIELDS)
    linked = {f.name.removesuffix("_us") for f in fields(Link)}
    assert linked | {"tenant"} == set(LINK_FIELDS)


def test_the_shared_tenant_is_no_user() -> None:
    """An item of nobody is stored under the empty name, and comes back as nobody's."""
    item = Item(id="1", text="x", scope=Scope(None, "a"))
    values = rows.item_values(item)
    assert values[ITEM_FIELDS.index("tenant")] == ""
    assert rows.item_from_row((0, *values)).scope.user_id is None


@given(DATA)
def test_json_has_one_spelling(value: Any) -> None:
    """Keys are in order, nothing is escaped that need not be, and the data is the same."""
    text = rows.to_json(value)
    assert json.loads(text) == value
    assert rows.to_json(json.loads(text)) == text


def test_json_is_compact_and_readable() -> None:
    """No spaces, keys sorted, any script as it is."""
    assert rows.to_json({"ž": [1, None], "a": "日"}) == '{"a":"日","ž":[1,null]}'


# ── the digest ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("  We   like\njazz ", "We like jazz"),
        ("Cafe\u0301", "Café"),
        ("\u1112\u1161\u11ab", "한"),
        ("a\u00a0b\u3000c", "a b c"),
    ],
)
def test_the_same_words_share_a_digest(one: str, other: str) -> None:
    """White space and Unicode composition do not count, and nothing else is so."""
    assert rows.digest(one) == rows.digest(other)


ALIKE = [
    ("We like jazz.", "we like JAZZ"),
    ("„We like jazz!“", "(We like jazz)"),
    ("Straße", "STRASSE"),
    ("yes – no", "yes no"),
    ("我住在巴黎。", "我住在巴黎"),
    ("Take .5 mg", "Take 5 mg"),
    ("SunRise42", "sunrise42"),
    ("Ｒｏｏｍ １２", "Room 12"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_look_alikes_share_a_likeness_and_no_digest(one: str, other: str) -> None:
    """joshuaswarren/remnic#202: case, width, stops and lone dashes link two texts, no more."""
    assert rows.likeness(one) == rows.likeness(other)
    assert rows.digest(one) != rows.digest(other)


@given(TEXT)
def test_a_digest_begins_with_the_likeness(text: str) -> None:
    """So that one column finds both, by its index."""
    assert rows.digest(text)[:16] == rows.likeness(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I am happy?", "I am happy"),
        ("C++", "C"),
        ("3.5 km", "35 km"),
        ("well-known", "well known"),
        ("great 👍", "great 👎"),
        ("Ann likes Bob", "Bob likes Ann"),
        ("a b", "ab"),
        ("…", "!"),
        ("", " - "),
    ],
)
def test_texts_that_differ_have_other_digests(one: str, other: str) -> None:
    """Question marks, signs inside a word, emoji and order count; so do texts of signs alone."""
    assert rows.digest(one) != rows.digest(other)
    assert rows.likeness(one) != rows.likeness(other)


@given(TEXT)
def test_a_digest_is_of_fixed_length_and_the_same_on_every_machine(text: str) -> None:
    """32 hex digits, the same for the same text, and blind to what surrounds it."""
    found = rows.digest(text)
    assert len(found) == 32
    assert int(found, 16) >= 0
    assert found == rows.digest(text) == rows.digest(f" {text}\n")


def test_a_stored_digest_is_believed() -> None:
    """`digest_of` makes one only where none was stored."""
    item = Item(id="1", text="Hello.")
    assert rows.digest_of(item) == rows.digest(" Hello. ")
    assert rows.digest_of(replace(item, digest="kept")) == "kept"


# ── fields and chunks ────────────────────────────────────────────────────────────────────────────


def test_a_field_is_read_by_its_name_in_the_store() -> None:
    """Times are microseconds, metadata plain data of its own."""
    item = Item(id="1", text="x", valid_to_us=5, metadata={"a": 1})
    assert rows.field_value(item, "valid_to") == 5
    assert rows.field_value(item, "text") == "x"
    copied = rows.field_value(item, "metadata")
    copied["a"] = 2
    assert item.metadata == {"a": 1}


@pytest.mark.parametrize("count", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_long_lists_go_in_chunks(count: int) -> None:
    """Every value is asked for once, at most CHUNK in a statement, with the tenant first."""
    asked: list[tuple[str, tuple[Any, ...]]] = []

    def run(sql: str, args: tuple[Any, ...]) -> list[Any]:
        asked.append((sql, args))
        return [(value,) for value in args[1:]]

    values = [str(n) for n in range(count)]
    found = rows.in_chunks(run, "SELECT 1", "u", [*values, *values], column="c", close=")")
    assert [row[0] for row in found] == values
    assert len(asked) == -(-count // CHUNK)
    for sql, args in asked:
        assert args[0] == "u"
        assert 1 <= len(args) - 1 <= CHUNK
        assert sql.startswith("SELECT 1 AND c IN (?")
        assert sql.endswith("))")
        assert sql.count("?") == len(args) - 1
