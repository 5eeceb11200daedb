"""Names become entities: who is joined, who is not, and whose names they are."""

from __future__ import annotations

import random
import threading
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray import Memory
from combray.core.items import Item
from combray.recall.entities.resolution import (
    COMMON,
    EntityIndex,
    EntityResolver,
    NamesOfViews,
    minhash,
    pieces,
    tellable,
)
from tests.recall.contexts import derive
from tests.words import Words

LONG = "the royal botanical gardens of edinburgh"
"""Long enough that one letter more leaves nine tenths of its pieces."""
NEAR = LONG + "s"

# ── spelling ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "enough"),
    [
        ("ann", False),
        ("annab", False),
        ("annabe", True),
        ("ann lee", True),
        ("aaaaaa", False),
        ("ababababab", False),
        ("aa bb", False),
        ("abc", False),
        ("a bcd", True),
        ("", False),
    ],
)
def test_the_entropy_gate(name: str, enough: bool) -> None:
    """A name is told by its spelling when it is long, or of two words, and varied enough."""
    assert tellable(name) is enough


def test_the_gate_is_at_an_entropy_of_one_and_a_half_bits() -> None:
    """Letters of ½, ¼ and ¼ have 1.5 bits and pass; ½, ⅜ and ⅛ have less and do not."""
    assert tellable("aaaabbcc")
    assert not tellable("aaaabbbc")


def test_pieces_are_runs_of_three_with_the_ends_marked() -> None:
    """A space stands before and after; the shortest name has one piece, none has none."""
    assert pieces("ann") == {" an", "ann", "nn "}
    assert pieces("a") == {" a "}
    assert pieces("猫だ") == {" 猫だ", "猫だ "}
    assert pieces("") == frozenset()


def jaccard(one: str, other: str) -> float:
    """The share of pieces that two names have in common."""
    return len(pieces(one) & pieces(other)) / len(pieces(one) | pieces(other))


def test_minhash_agrees_as_often_as_the_jaccard_index_says() -> None:
    """Over many pairs of sets the mean agreement is the mean overlap, within two in a hundred."""
    dice = random.Random(0)
    agreed = overlap = 0.0
    for _ in range(300):
        shared = dice.randrange(1, 20)
        one = frozenset(f"{dice.random()}" for _ in range(20 - shared))
        other = frozenset(f"{dice.random()}" for _ in range(20 - shared))
        both = frozenset(f"{dice.random()}" for _ in range(shared))
        agreed += float((minhash(one | both) == minhash(other | both)).mean())
        overlap += len(both) / len(one | other | both)
    assert agreed / 300 == pytest.approx(overlap / 300, abs=0.02)


def test_the_same_pieces_have_the_same_minhash() -> None:
    """A signature follows from the set alone."""
    assert (minhash(frozenset("abc")) == minhash(frozenset("cba"))).all()
    assert (minhash(frozenset("abc")) != minhash(frozenset("xyz"))).any()


# ── classes of names ─────────────────────────────────────────────────────────────────────────────


def resolved(names: list[str], pairs: list[tuple[str, str]]) -> set[frozenset[str]]:
    """The classes of some names after they and some pairs came in this order."""
    resolver = EntityResolver()
    for name in names:
        resolver.add(name)
    for one, other in pairs:
        resolver.join(one, other)
    return {frozenset(resolver.names(resolver.of(name))) for name in names}


def test_names_spelled_nearly_the_same_are_one_entity() -> None:
    """At a Jaccard index of .9 and called by the first in the alphabet, whichever came first."""
    assert jaccard(LONG, NEAR) >= 0.9
    for order in permutations([LONG, NEAR]):
        resolver = EntityResolver()
        for name in order:
            resolver.add(name)
        assert resolver.of(NEAR) == resolver.of(LONG) == LONG
        assert sorted(resolver.names(LONG)) == [LONG, NEAR]
        assert resolver.names(NEAR) == []


def test_names_that_overlap_less_stay_apart() -> None:
    """One letter of a short name is a tenth of its pieces and more."""
    assert jaccard("annabel lee", "annabel lees") < 0.9
    assert len(resolved(["annabel lee", "annabel lees"], [])) == 2


def test_short_names_are_never_joined_by_spelling() -> None:
    """What does not pass the gate is an entity of its own, and is known as it is."""
    resolver = EntityResolver()
    assert resolver.add("ann") == "ann"
    assert resolver.known("ann")
    assert not resolver.known("anne")


def test_connected_names_are_one_class() -> None:
    """Joining is transitive: from a pair and a pair follows the third."""
    resolver = EntityResolver()
    resolver.join("mum", "ann")
    assert resolver.of("mum") == "ann"
    resolver.join("mum", "dr lee")
    assert {resolver.of(name) for name in ("mum", "ann", "dr lee")} == {"ann"}
    assert sorted(resolver.names("ann")) == ["ann", "dr lee", "mum"]
    resolver.join("dr lee", "mum")
    assert len(resolver.names("ann")) == 3


def test_an_entity_takes_the_first_of_its_names_in_the_alphabet() -> None:
    """A name that comes before the others gives its own to all of them."""
    resolver = EntityResolver()
    resolver.join("mum", "zoe")
    resolver.join("zoe", "ann")
    assert resolver.of("mum") == "ann"
    assert resolver.names("mum") == []


letters = st.sampled_from("abcdefgh")


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(letters, letters), max_size=8), seed=st.integers(0, 99))
def test_classes_are_the_connected_components_in_any_order(
    pairs: list[tuple[str, str]], seed: int
) -> None:
    """Two names are of one class when a chain of pairs leads from one to the other."""
    dice = random.Random(seed)
    names = dice.sample("abcdefgh", 8)
    reach = {name: {name} for name in names}
    for one, other in pairs:
        both = reach[one] | reach[other]
        for name in both:
            reach[name] = both
    turned = [dice.choice([(a, b), (b, a)]) for a, b in dice.sample(pairs, len(pairs))]
    assert resolved(names, turned) == {frozenset(group) for group in reach.values()}


def test_a_new_name_is_itself_and_unknown() -> None:
    """Looking at names takes none in; of a name that is nearly one, it is known as that."""
    resolver = EntityResolver()
    assert resolver.of(LONG) == LONG
    assert resolver.names(LONG) == []
    assert not resolver.known(LONG)
    resolver.add(LONG)
    assert resolver.known(LONG)
    assert resolver.known(NEAR)
    assert resolver.names(NEAR) == []
    assert not resolver.known("quite another garden of london")


def test_a_word_in_common_is_shared() -> None:
    """The entities with a spelling that has a whole word of the name, in the alphabet's order."""
    resolver = EntityResolver()
    for name in ("zoe lee", "ann lee", "leeds", "bob"):
        resolver.add(name)
    resolver.join("bob", "captain lee")
    assert resolver.sharing("lee") == ["ann lee", "bob", "zoe lee"]
    assert resolver.sharing("dr zoe") == ["zoe lee"]
    assert resolver.sharing("nobody") == []
    assert resolver.sharing("") == []


def test_adding_a_name_again_changes_nothing() -> None:
    """It has its entity already, and stands once among the spellings."""
    resolver = EntityResolver()
    resolver.join(LONG, "kew")
    assert resolver.add(LONG) == "kew"
    assert sorted(resolver.names("kew")) == ["kew", LONG]


def test_names_of_any_script_are_resolved() -> None:
    """Letters are letters: the spelling counts in every script."""
    long = "государственный эрмитаж в санкт петербурге"
    assert len(resolved([long, long + "е", "猫", "ёж"], [])) == 3


# ── the names of a view ──────────────────────────────────────────────────────────────────────────


class Told:
    """A memory with raw words of one user, and what a system called tester derived from them."""

    def __init__(self) -> None:
        self.memory = Memory(embedder=Words())
        self.names = NamesOfViews(self.memory._store, ("note",), "tester")

    def note(self, *names: str, user: str | None = None, **fields: object) -> Item:
        """A derived note that names some names."""
        raw = self.memory.add(f"words {len(self.memory.list(limit=1000))}", user_id=user)[0]
        same = fields.pop("same", ())
        about = {"names": list(names), "same": same}
        return derive(
            self.memory, str(fields.pop("kind", "note")), "x", raw, metadata=about, **fields
        )

    def index(self, user: str | None = None) -> EntityIndex:
        """The names of the user's view."""
        return self.names.of(self.memory._runtime.view(user or ""))

    def row(self, item: Item, user: str | None = None) -> int:
        """The row of an item in the user's view."""
        return self.memory._runtime.view(user or "").row_of[item.id]


def test_rows_name_entities_and_entities_have_their_rows() -> None:
    """Names are compared in lower case; each entity of a row comes once, in the row's order."""
    told = Told()
    first, second = told.note("Bob Ray", "Ann", "bob ray"), told.note("ANN's")
    index = told.index()
    assert index.of(told.row(first)) == ("bob ray", "ann")
    assert index.of(told.row(second)) == ("ann",)
    assert index.holders("ann") == [told.row(first), told.row(second)]
    assert index.holders("nobody") == []
    assert index.of(0) == ()


def test_only_rows_of_the_kinds_and_of_the_maker_count() -> None:
    """What another system derived, or another kind of thing, names nobody here."""
    told = Told()
    told.note("Ann", kind="fact")
    told.note("Ann", created_by="somebody")
    mine = told.note("Ann")
    assert told.index().holders("ann") == [told.row(mine)]


def test_pairs_that_a_row_calls_the_same_are_joined() -> None:
    """Spellings that only a judgement joins have the rows of both."""
    told = Told()
    first, second = told.note("Mum"), told.note("Ann Lee")
    assert told.index().holders("ann lee") == [told.row(second)]
    told.note("Bob", same=[("mum", "ann lee")])
    index = told.index()
    assert index.holders("ann lee") == [told.row(first), told.row(second)]
    assert index.of(told.row(first)) == ("ann lee",)
    assert index.holders("mum") == [], "the entity is called by its first name"


def test_names_never_cross_tenants() -> None:
    """What one user's rows join stays apart for another, and neither sees the other's rows."""
    told = Told()
    told.note("Mum", "Ann Lee", user="one", same=[("mum", "ann lee")])
    mum = told.note("Mum", user="two")
    ann = told.note("Ann Lee", user="two")
    assert told.index("one").classes.of("mum") == "ann lee"
    two = told.index("two")
    assert two.classes.of("mum") == "mum"
    assert two.holders("mum") == [told.row(mum, "two")]
    assert two.holders("ann lee") == [told.row(ann, "two")]
    assert told.index("three").holders("ann lee") == []


def test_names_follow_a_view_as_they_would_be_read_at_once() -> None:
    """Row by row or all together: the same classes and the same holders."""
    told, fresh = Told(), Told()
    fresh.memory, fresh.names = told.memory, NamesOfViews(told.memory._store, ("note",), "tester")
    for names in (("Ann", "Bob"), (LONG,), ("Cleo", "Ann"), (NEAR,)):
        told.note(*names)
        grown = told.index()
    whole = fresh.index()
    for name in ("ann", "bob", "cleo", LONG):
        assert grown.holders(name) == whole.holders(name) != []
    assert len(whole.holders(LONG)) == 2


def test_an_older_frame_has_no_more_than_its_rows() -> None:
    """A reader that holds a view does not see who was named after it."""
    told = Told()
    told.note("Ann")
    view = told.memory._runtime.view("")
    before = told.names.of(view)
    told.note("Ann")
    assert len(told.index().holders("ann")) == 2
    assert len(before.holders("ann")) == 1
    assert len(told.names.of(view).holders("ann")) == 1


def test_a_deleted_row_is_still_a_holder() -> None:
    """Whether a row may be answered is for its reader to decide."""
    told = Told()
    item = told.note("Ann")
    row = told.row(item)
    told.index()
    told.memory.delete(item.id)
    assert told.index().holders("ann") == [row]


def test_a_view_that_starts_anew_is_read_anew() -> None:
    """After the cached view is dropped its names are those of the new one's rows."""
    told = Told()
    item = told.note("Ann")
    assert told.index().holders("ann") == [told.row(item)]
    told.memory.erase(item.id)
    told.memory._runtime.forget()
    other = told.note("Ann")
    assert told.index().holders("ann") == [told.row(other)]


def test_distances_are_hops_over_shared_names() -> None:
    """Row → fewest hops up to the depth, as a search in breadth finds them."""
    told = Told()
    chain = [
        told.note(*names) for names in (("A", "B"), ("B", "C"), ("C", "D"), ("D", "E"), ("Z",))
    ]
    rows = [told.row(item) for item in chain]
    index = told.index()
    assert index.distances(rows[:1], 0) == {rows[0]: 0}
    assert index.distances(rows[:1], 1) == {rows[0]: 0, rows[1]: 1}
    assert index.distances(rows[:1], 9) == {rows[i]: i for i in range(4)}
    assert index.distances([rows[0], rows[3]], 2) == dict(
        zip([rows[0], rows[3], rows[1], rows[2]], [0, 0, 1, 1], strict=True)
    )
    assert index.distances([], 3) == {}


@pytest.mark.parametrize(("number", "crossed"), [(COMMON, True), (COMMON + 1, False)])
def test_what_everybody_names_is_not_crossed(number: int, crossed: bool) -> None:
    """An entity on more than COMMON rows connects nothing."""
    memory = Memory(embedder=Words())
    raw = memory.add("words")[0]
    index = NamesOfViews(memory._store, ("note",), "tester")
    for _ in range(number):
        derive(memory, "note", "x", raw, metadata={"names": ["Everybody"]})
    view = memory._runtime.view("")
    assert len(index.of(view).distances([1], 1)) == (number if crossed else 1)


def test_many_threads_read_the_same_names() -> None:
    """Asked at once, the names of a view are taken in once."""
    told = Told()
    for _ in range(20):
        told.note("Ann")
    view = told.memory._runtime.view("")
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(len(told.names.of(view).holders("ann"))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [20] * 8
