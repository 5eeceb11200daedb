"""Supersession is earned: reports of other memories' users, adversarial pairs and real changes."""

from __future__ import annotations

from functools import partial

import pytest

from combray import Memory
from combray.write.patterns.fact_patterns import find_facts
from tests.effort import seconds
from tests.words import Words
from tests.write import adversarial_later as later_sets
from tests.write.adversarial import ACME, DANA, KINDS, LEE, MORE, ROME, THIRD, pairs
from tests.write.adversarial_plain import EIGHTH, NINTH, SEVENTH
from tests.write.changes_later import LATER, OWN
from tests.write.earned_later import (
    ELEVENTH,
    FRESH,
    OPEN,
    SHORT,
    TENTH,
    TWELFTH,
)
from tests.write.sealed import sealed
from tests.write.updates import UPDATES


def ended(base: str, said: str) -> bool | None:
    """Whether what stood ended by what was said a year later; None when it stated nothing."""
    with Memory(":memory:", embedder=Words()) as memory:
        memory.add(base, user_id="u", timestamp="2023-01-01")
        stated = memory.list(user_id="u", kinds=["fact"])
        if not stated:
            return None
        first = stated[0]
        memory.add([{"role": "user", "content": said}], user_id="u", timestamp="2024-05-01")
        return memory.get(first.id, user_id="u").valid_to_us is not None


# ── reports of other memories' users ─────────────────────────────────────────────────────────────


def superseded(base: str, said: str, question: str) -> bool:
    """Whether a question finds the words that stood first marked as superseded."""
    with Memory(":memory:", embedder="hashed") as memory:
        memory.add(base, user_id="u", timestamp="2023-01-01")
        memory.add([{"role": "user", "content": said}], user_id="u", timestamp="2024-05-01")
        hits = memory.search(question, user_id="u", limit=3)
    return {hit.text: hit.superseded for hit in hits}[base]


def test_an_additional_job_ends_no_other() -> None:
    """ "I also work at Beta Labs on weekends" leaves Acme standing (getzep/graphiti#1728)."""
    said = "I also work at Beta Labs on weekends."
    assert not superseded(ACME, said, "Where do I work?")


def test_a_program_is_no_home() -> None:
    """Notes move to Obsidian, people do not (elizaOS/eliza#16501)."""
    assert not superseded(ROME, "I moved to Obsidian for my notes.", "Where do I live?")


def test_an_adverb_is_no_name() -> None:
    """ "Call me ASAP" renames nobody (getnao/nao#1018)."""
    said = "The server is down, please call me ASAP."
    assert not superseded(DANA, said, "What is my name?")


def test_a_passing_state_ends_nothing() -> None:
    """A morning in a café is no employment (ChristianPerez34/gospel#245)."""
    said = "I'm working at Starbucks this morning because my wifi is down."
    assert not superseded(ACME, said, "Where do I work?")


def test_a_supposition_ends_nothing() -> None:
    """ "Hypothetically, I live in Texas" (anthropics/claude-code#69847)."""
    said = "Hypothetically, I live in Texas. Which taxes would I pay?"
    assert not superseded(ROME, said, "Where do I live?")


def test_pasted_words_end_nothing() -> None:
    """The mentor moved, the user did not (TencentCloud/TencentDB-Agent-Memory#1402)."""
    said = "Please summarise what my mentor wrote:\nMentor: I moved to Toronto last month."
    assert not superseded(ROME, said, "Where do I live?")


def test_a_screenplay_ends_nothing() -> None:
    """Anna Vale is a character (TheHighBrid/Allo#52)."""
    said = "Continue my screenplay:\nANNA: My name is Anna Vale.\nBOB: Nice to meet you."
    assert not superseded(DANA, said, "What is my name?")


def test_an_idiom_ends_nothing() -> None:
    """Who died laughing is alive (getzep/graphiti#1728)."""
    said = "My wife died laughing at your joke."
    assert not superseded(LEE, said, "Who am I married to?")


def test_two_people_of_one_name_are_two() -> None:
    """A colleague Sam's job ends none of a brother Sam's (ebongard/renfield#710)."""
    base, said = "My brother Sam works at Google.", "My colleague Sam works at Meta."
    assert not superseded(base, said, "Where does my brother Sam work?")


def test_a_user_with_a_name_is_one_person() -> None:
    """Paris comes first and Rome is over, whoever is named (QuixiAI/Hexis#56)."""
    with Memory(":memory:", embedder="hashed") as memory:
        memory.add(ROME, user_id="u", timestamp="2024-01-01")
        message = {"role": "user", "name": "Dana", "content": "I moved to Paris."}
        memory.add([message], user_id="u", timestamp="2024-05-01")
        hits = memory.search("Where do I live?", user_id="u")
    assert (hits[0].text, hits[0].superseded) == ("I moved to Paris.", False)
    assert {hit.text: hit.superseded for hit in hits}[ROME]


# ── adversarial pairs and real changes ───────────────────────────────────────────────────────────


def test_there_are_enough_adversarial_pairs_of_each_kind() -> None:
    """300 in all and 20 of each kind, a third of them held out."""
    assert sum(map(len, KINDS.values())) >= 300
    assert all(len(rows) >= 20 for rows in KINDS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_what_must_not_end_stands(kind: str) -> None:
    """No pair of the kind that the grammar was written for ends what stood."""
    rows = [(base, said) for of, base, said in pairs(held_out=False) if of == kind]
    assert [row for row in rows if ended(*row)] == []


def test_pairs_held_out_stand_as_well() -> None:
    """Nor does a pair of the third that was held out, or of the two later sets."""
    later = [row for rows in MORE.values() for row in rows] + list(THIRD)
    rows = [(base, said) for _, base, said in pairs(held_out=True)] + later
    assert [row for row in rows if ended(*row)] == []


@pytest.mark.parametrize("base", sorted({*later_sets.FOURTH, *later_sets.FIFTH, *later_sets.SIXTH}))
def test_words_of_strangers_end_nothing(base: str) -> None:
    """Names before a dash, code, games, short stays and jokes leave what stood."""
    sets = (later_sets.FOURTH, later_sets.FIFTH, later_sets.SIXTH)
    said = [words for each in sets for words in each.get(base, ())]
    assert [words for words in said if ended(base, words)] == []


PLAIN = [
    (base, words)
    for each in (SEVENTH, EIGHTH, NINTH, TENTH, ELEVENTH, TWELFTH)
    for base, said in each.items()
    for words in said
] + [row for name in "ab" for row in sealed(name, "hostile")]


@pytest.mark.parametrize("start", range(0, len(PLAIN), 50))
def test_what_is_not_plain_ends_nothing(start: int) -> None:
    """Reports, games, second homes and twists leave what stood, but for those that are known."""
    wrong = [words for base, words in PLAIN[start : start + 50] if ended(base, words)]
    assert [words for words in wrong if words not in OPEN] == []


@pytest.mark.parametrize("words", sorted(OPEN))
def test_what_is_known_to_end_wrongly_still_does(words: str) -> None:
    """What no longer ends anything is struck off the list."""
    assert any(ended(base, said) for base, said in PLAIN if said == words)


LONGER = (
    (ACME, "I no longer work at Acme Labs."),
    (ACME, "I quit Acme Insurance."),
    ("Trabajo en Acme.", "Ya no trabajo en Acme Labs."),
    ("Ich wohne in Berlin.", "Ich wohne nicht mehr in Berlin-Mitte."),
    ("我住在北京。", "我已经不住在北京饭店了。"),
)
TAKEN_BACK = (
    (ROME, "I moved to Paris and then back to Rome."),
    (ROME, "I moved to Paris. It didn't last."),
    (ROME, "I moved to Paris. Now I'm back."),
    (ROME, "I moved to Paris. I was 22."),
    (ROME, "I moved to Paris. Rome is where I ended up."),
    (ACME, "I quit Acme. HR refused."),
    ("Ich wohne in Berlin.", "Ich bin nach Köln gezogen und wieder zurück."),
    ("Ich wohne in Berlin.", "Ich bin nach Köln gezogen. Das war 1999."),
    ("Vivo en Madrid.", "Me mudé a Lima y volví."),
    ("我住在北京。", "我搬到上海了，后来又回来了。"),
    ("我在腾讯工作。", "我从腾讯辞职了，没批。"),
)


@pytest.mark.parametrize(("base", "words"), [*LONGER, *TAKEN_BACK])
def test_a_longer_name_and_news_taken_back_end_nothing(base: str, words: str) -> None:
    """Who leaves Acme Labs has not left Acme, and who moved and came back has not moved."""
    assert not ended(base, words)


def test_a_place_spelled_out_ends_the_place() -> None:
    """ "Rome, Italy" says where Rome lies."""
    assert ended(ROME, "I no longer live in Rome, Italy.")


def test_changes_of_others_end_what_stood() -> None:
    """Nine of ten are read of most sets.

    Of those that were sealed 90 of 120 and 71 of 100 are: seven of ten is no aim that they reach,
    but a guard against loss.
    """
    told = [
        ([(base, words) for base, said in sets.items() for words in said], 0.9)
        for sets in (LATER, OWN, FRESH, SHORT)
    ]
    for rows, share in [*told, *((sealed(name, "changes"), 0.7) for name in "ab")]:
        missed = [row for row in rows if not ended(*row)]
        assert len(missed) <= (1 - share) * len(rows), missed


def test_what_ends_nothing_is_stated_all_the_same() -> None:
    """A move told beside a joke stands beside the old home, and a later plain move ends both."""
    with Memory(":memory:", embedder=Words()) as memory:
        memory.add(ROME, user_id="u", timestamp="2024-01-01")
        memory.add("I moved to Paris. Just kidding!", user_id="u", timestamp="2024-02-01")
        memory.add("I moved to Lyon, my avatar in the game.", user_id="u", timestamp="2024-02-02")
        facts = memory.list(user_id="u", kinds=["fact"])
        assert [fact.valid_to_us for fact in facts if "Rome" in fact.text] == [None]
        memory.add("I moved to Oslo last week.", user_id="u", timestamp="2024-03-01")
        facts = memory.list(user_id="u", kinds=["fact"])
    assert [fact.text for fact in facts if fact.valid_to_us is None] == ["u lives in Oslo"]


def test_changes_in_everyday_words_end_what_stood() -> None:
    """Nine of ten: a town with a marker of place, a job with "new", a number, a divorce."""
    rows = [(base, words) for base, said in later_sets.CHANGES.items() for words in said]
    missed = [row for row in rows if not ended(*row)]
    assert len(missed) <= 0.1 * len(rows), missed


def test_real_changes_end_what_stood() -> None:
    """Nine of ten changes in varied words are read."""
    missed = [row for row in UPDATES if not ended(*row)]
    assert len(missed) <= 0.1 * len(UPDATES), missed


def test_a_value_beside_another_ends_when_it_is_said_to() -> None:
    """The second job ends by itself, and the first stands."""
    with Memory(":memory:", embedder=Words()) as memory:
        memory.add(ACME, user_id="u", timestamp="2024-01-01")
        memory.add("I also work at Globex.", user_id="u", timestamp="2024-02-01")
        memory.add("I quit Globex.", user_id="u", timestamp="2024-03-01")
        facts = memory.list(user_id="u", kinds=["fact"])
        over = {fact.text: fact.valid_to_us is not None for fact in facts}
    assert over["u works at Globex"]
    assert not over["u works at Acme"]


def test_a_move_long_ago_ends_nothing_of_today() -> None:
    """ "In 2015 I moved to Madrid" says nothing of a home told in 2023; a move since then does."""
    assert not ended(ROME, "In 2015 I moved to Madrid.")
    assert ended(ROME, "Last month I moved to Madrid.")
    assert ended("I live in Rome.", "I moved to Madrid in 2023.")


# ── time ─────────────────────────────────────────────────────────────────────────────────────────

REPEATED = (
    "I moved from A ", "I live in A ", "“", "‘a", "`", "```", "«", "> ", "\n", "a: ",
    "A: I live in Rome\n", "[10:02] ", "I quit my job and ", "I love a ", " ", "I work at A",
    "Aa", "A a", "1 ", "a@", "in the game ", "translate ", "I have a dog called A", "我",
    "我住在中", "?", "**a", "MARA\n", "from: ", "I sold my a", "Vivo en A", "A and I ",
    "My address is 1 ",
)  # fmt: skip


@pytest.mark.parametrize("part", REPEATED)
def test_no_text_takes_more_than_its_length(part: str) -> None:
    """Four times the letters take some four times as long, not sixteen."""
    times = [
        seconds(partial(find_facts, (part * (n // len(part) + 1))[:n], 1_700_000_000_000_000))
        for n in (10_000, 20_000, 40_000)
    ]
    assert times[2] < max(0.1, 9 * times[0]), times
