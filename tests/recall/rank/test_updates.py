"""Which of two statements says anew what the other said, and which leave each other alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from combray import Memory
from combray.recall.rank.updates import Asked, TimedText, is_statement, update
from tests.recall.rank.everyday import BOTH, CASES, LATER, UPDATES, Case


def why(old: str, new: str, question: str = "what?") -> str:
    """Why the newer text updates the older; empty when it does not."""
    if not (is_statement(old) and is_statement(new)):
        return ""
    return update(TimedText(old), TimedText(new), Asked.of(question))


def right(case: Case) -> bool:
    """Whether a case is judged as it should be."""
    return bool(why(case.old, case.new, case.question)) == (case.kind == "updates")


@pytest.mark.parametrize("case", [c for c in CASES if c.half == "dev"], ids=lambda c: c.new)
def test_everyday_pairs_are_judged_right(case: Case) -> None:
    """In eight languages: what changed is an update, and what may hold beside the other is none."""
    assert right(case)


@pytest.mark.parametrize("case", LATER, ids=lambda c: c.new)
def test_pairs_of_others_are_judged_right(case: Case) -> None:
    """Ports, owners, prices, habits given up; two sisters, two days, two languages stay two."""
    assert right(case)


def test_pairs_that_nothing_was_chosen_on_are_judged_right_too() -> None:
    """Nine of ten updates are found, and nineteen of twenty others left alone."""
    for cases, least in ((UPDATES, 0.9), (BOTH, 0.95)):
        held = [right(case) for case in cases if case.half == "held"]
        assert len(held) >= 20
        assert sum(held) / len(held) >= least


# ── the public cases ─────────────────────────────────────────────────────────────────────────────

REPORTS = {
    "mem0ai/mem0#4896": (
        "I love Chinese food.", "I hate Chinese food now.", "Do I like Chinese food?"),
    "410979729/scope-recall-hermes#35": (
        "The SSH port of the server is 22.", "The SSH port of the server is now 49222.",
        "What is the SSH port of the server?"),
    "MemPalace/mempalace#224": (
        "The status of the legacy API is active.", "The status of the legacy API is deprecated.",
        "What is the status of the legacy API?"),
    "dcostenco/prism-coder#120": ("我住在北京。", "我现在搬到上海了，住在上海。", "我住在哪里？"),
}  # fmt: skip
"""What users of other memories reported: what was said first, what corrects it, what is asked."""
OTHERS = ("I bought new running shoes.", "We watched a film about whales.", "I made lentil soup.")

reported = pytest.mark.parametrize(("old", "new", "question"), REPORTS.values(), ids=REPORTS)


@reported
def test_reported_updates_are_found(old: str, new: str, question: str) -> None:
    """Each corrects the other, in the words of the report."""
    assert why(old, new, question)


@reported
def test_reported_updates_stand_first(old: str, new: str, question: str) -> None:
    """The first answer of a memory is the newer, or the older marked as superseded."""
    with Memory(embedder="hashed") as memory:
        for month, text in enumerate((OTHERS[0], old, *OTHERS[1:], new), 1):
            memory.add(text, user_id="u", timestamp=f"2024-{month:02d}-01")
        first = memory.search(question, user_id="u", limit=2)[0]
    assert first.text == new or (first.text == old and first.superseded)


# ── what an update is ────────────────────────────────────────────────────────────────────────────


def test_it_is_said_what_was_replaced() -> None:
    """The new value, the old one, and the word that says so."""
    assert why("The port is 22.", "The port is now 49222.") == "'49222' for '22', 'now'"
    assert why("I eat meat.", "I don't eat meat anymore.") == "says the opposite"
    assert why("We host it on AWS.", "We migrated it from AWS to GCP.") == "'migrated' of 'aws'"


def test_half_of_the_shorter_is_shared() -> None:
    """Less says that two statements begin alike and no more."""
    assert why("The port of the old mail server is 22.", "The port of the old mail server is 25.")
    assert not why("The port in Rotterdam was full of ships.", "The port we drank was very sweet.")


def test_the_subject_is_not_the_value() -> None:
    """Where only somebody else is spoken of, both hold, unless one place has one holder."""
    assert not why("My brother lives in Oslo.", "My sister lives in Oslo.")
    assert not why("My brother lives in Oslo.", "My sister lives in Oslo now.")
    assert why("Ann is the captain of the team.", "Bob is the captain of the team.")
    assert not why("Ann is my friend.", "Bob is my friend.")
    assert why("Ann is my doctor.", "Bob is my doctor now.")
    assert not why("Ann lives in Oslo.", "Bob lives in Oslo now.")


def test_another_subject_and_value_are_no_update() -> None:
    """A verb of being inside both parts says that they are two statements."""
    old, new = "The capital of Norway is Oslo.", "The capital of Sweden is Stockholm."
    assert not why(old, new)
    assert not why("Room 7 is free.", "Room 8 is free.")


@pytest.mark.parametrize(
    "new",
    ["Grace Brewster Hopper was located in Arlington.", "Grace Brewster Hopper was fond of tea."],
)
def test_another_relation_is_no_update(new: str) -> None:
    """A part that joins a word of its own to the next is a relation, not a value."""
    assert not why("Grace Brewster Hopper was famous for COBOL.", new)
    assert why(
        "Grace Brewster Hopper was famous for COBOL.", "Grace Brewster Hopper was famous for FLOW."
    )


def test_a_name_may_join_words() -> None:
    """ "University of Pisa" is a value for all its "of"."""
    old = "The university where Ann Lee was educated is Harvard."
    assert why(old, "The university where Ann Lee was educated is University of Pisa.")


def test_who_says_more_corrects_nothing() -> None:
    """A list that grows, or the same without a detail, contradicts nothing."""
    assert not why("My tea is green.", "My tea is green and white.")
    assert not why("My tea is green and hot.", "My tea is green.")
    assert not why("My tea is green.", "My tea is green.")


def test_what_the_question_names_is_not_replaced() -> None:
    """Who asks about one flight is not answered with another."""
    old, new = "My flight to Rome leaves at 9.", "My flight to Cairo leaves at 9."
    assert not why(old, new, "When does my flight to Rome leave?")
    assert not why(
        "I meet Bob at noon daily, at Joe's.",
        "I meet Ann at noon daily, at Joe's.",
        "When do I meet Bob?",
    )
    assert not why(
        "The talk is about bees.", "The talk is about wasps.", "Where is the talk about bees?"
    )


def test_a_question_whether_it_is_so_names_the_old_value() -> None:
    """And is answered with the new one."""
    assert why("My office is in Berlin.", "My office is in Munich.", "Is my office in Berlin?")


def test_a_value_may_begin_with_a_joining_word_when_it_is_new() -> None:
    """Else another joining word is another relation."""
    assert why("I like my coffee black.", "I like my coffee with milk now.")
    assert not why("I like my coffee black.", "I like my coffee with milk.")
    assert not why("I live in Oslo these days.", "I live with Tom these days.")
    assert not why("I live in Oslo.", "I live with Tom now.")


def test_a_question_whether_it_is_so_may_name_a_state_but_no_name() -> None:
    """A name in the middle is what the statement is about."""
    shut, open_ = "The office is closed on Fridays.", "The office is open on Fridays."
    assert why(shut, open_, "Is the office closed on Fridays?")
    old, new = "My flight to Rome leaves at 9.", "My flight to Cairo leaves at 9."
    assert not why(old, new, "Does my flight to Rome leave at 9?")


def test_a_kind_in_the_question_is_no_value() -> None:
    """ "Which university" asks for any."""
    old = "The university where Ann was educated is Arizona University."
    assert why(
        old, "The university where Ann was educated is Harvard.", "Which university was Ann at?"
    )


# ── where two values may both hold ───────────────────────────────────────────────────────────────


def test_what_is_added_replaces_nothing() -> None:
    """Unless the older said so as well."""
    assert not why("My second job is at Acme.", "My second job is also at Beta.")
    assert why("My other phone number is 12.", "My other phone number is 34.")
    assert not why(
        "I work at Acme.", "I moved from Acme to Beta and also to Gamma.", "Where do I work?"
    )


def test_a_verb_of_many_objects_needs_a_word_of_change() -> None:
    """Who loves one thing may love another; numbers of the same are one or the other."""
    assert not why("I love the jazz bar.", "I love the tennis club.")
    assert why("I love jazz best.", "I hate jazz best now.", "Do I love jazz?")
    assert not why("We have a cat at home.", "We have a dog at home.")
    assert why("We have 2 cats at home.", "We have 3 cats at home.")


def test_what_happened_happened() -> None:
    """Past deeds stand beside each other, of whatever verb, and so does what is of a day."""
    assert not why("We saw whales near Oslo.", "We saw seals near Oslo.")
    assert not why("I painted the shed blue.", "I painted the shed red.")
    assert not why("The menu yesterday was soup.", "The menu yesterday was fish.")
    assert why("Yesterday was performed by Ann.", "Yesterday was performed by Bob.")


def test_a_word_of_change_is_one_that_the_older_does_not_say() -> None:
    """What both say changes nothing between them."""
    assert not why("I love the jazz bar now.", "I love the tennis club now.")


def test_a_change_is_of_what_is_asked_or_named_as_left() -> None:
    """Else it speaks of something else that has a word in common."""
    old, new = "The blog is slow.", "The blog was moved to Hugo."
    assert why(old, new, "How is the blog?")
    assert not why(old, new, "What is slow?")
    assert why("We deploy on AWS.", "We migrated from AWS to GCP.", "Where do we run it?")
    assert not why("The blog about red pandas is slow.", new, "How is the blog?")
    assert why(
        "I use React for the shop.", "I switched to Vue for the shop.", "What is the shop in?"
    )


def test_a_change_of_somebody_else_is_none() -> None:
    """Whom the question names, the change must name too."""
    old, new = "Mia Berg plays the role of a goblin.", "Ola Dahl changed the role he plays."
    assert not why(old, new, "Which role does Mia Berg play?")
    assert why(old, new, "Who plays which role?")
    assert not why(old, "Ola Cambiasso plays the role of an elf.", "Who plays which role?")


def test_a_denial_is_of_the_same_person() -> None:
    """What I do not do, you may."""
    assert not why("I eat meat.", "You do not eat meat.")
    assert not why("I never eat meat.", "I do not eat meat.")
    assert why("I do not eat meat.", "I eat meat.")


# ── what a statement is ──────────────────────────────────────────────────────────────────────────


def test_a_statement_is_one_short_sentence() -> None:
    """Questions, lists of sentences and long texts say more than one thing, or nothing."""
    assert is_statement("Apple Inc. is in Cupertino.")
    assert is_statement("Dr. Dre was born at 9 p.m. in L.A.")
    assert not is_statement("Is it 9?")
    assert not is_statement("It is nine. We go home.")
    assert not is_statement("It is nine! We go home.")
    assert not is_statement("九点了。我们回家。")
    assert not is_statement("one\ntwo")
    assert not is_statement("a " * 101)


def test_only_what_one_speaker_says_of_one_thing_is_compared() -> None:
    """Two people may each be right."""
    old, new = "My office is in Berlin.", "My office is in Munich."
    for by in ((1, -1), (-1, 1)):
        assert not update(TimedText(old), TimedText(new, by=by), Asked.of("where?"))


@given(st.text(), st.text(), st.text())
def test_any_text_can_be_compared(old: str, new: str, question: str) -> None:
    """Nothing updates itself, and no text breaks the comparison."""
    update(TimedText(old), TimedText(new), Asked.of(question))
    assert not update(TimedText(old), TimedText(old), Asked.of(question))
