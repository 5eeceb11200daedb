"""What a question is searched by: its words as the memory spells them."""

from __future__ import annotations

import unicodedata

import pytest

from combray import Memory
from combray.recall.query.query_terms import query_terms
from tests.recall.asking import USER, asked, opened, said


def found(question: str, *texts: str) -> list[str]:
    """The terms of a question in a memory of some texts."""
    return query_terms(asked(opened(*map(said, texts))).view, question)


def test_known_words_are_searched_as_they_are() -> None:
    """One that is known is never taken for another."""
    assert found("planet plants", "A planet.", "The plane.", "Plants.") == ["planet", "plant"]


def test_an_unknown_word_is_searched_by_its_neighbours() -> None:
    """At most three, those that most rows hold first; short words and numbers stay."""
    texts = ["The cardiologist", "a cardiologist called", "my cardiologists", "cat", "20231"]
    assert found("cardilogist", *texts) == ["cardiologist"]
    assert found("cta 20232", *texts) == ["cta", "20232"]
    many = ["stationa", "stationb", "stationc", "stationd stationb", "nothing"]
    assert found("stationx", *many) == ["stationb", "stationa", "stationc"]
    assert found("unheard", *texts) == ["unheard"]


def test_other_spellings_count_where_they_are_known() -> None:
    """So that a question asks for nothing that the memory cannot have."""
    assert found("e-mail", "My email is new.") == ["e", "mail", "email"]
    assert found("e-mail", "My mail is new.") == ["e", "mail"]
    assert found("Málaga", "in malaga") == ["malaga"]
    assert found("Málaga", "in Málaga") == ["malaga"]
    assert found("Málaga", "in Málaga", "in malaga") == ["malaga", "málaga"]
    assert found("e-mail", "My e-mail is new.") == ["e", "mail"]


def test_a_name_that_is_a_stop_word_is_searched_wherever_it_stands() -> None:
    """Inside the question or alone; the word that opens a question is none."""
    texts = ["Will plays the cello.", "I saw Will."]
    assert found("When did I see Will?", *texts) == ["see", "will", "^will"]
    assert found("will", *texts) == ["will", "^will"]
    assert found("Will's cello", *texts) == ["will", "cello", "^will"]
    assert found("Will it rain?", *texts) == ["rain"]
    assert found("US", "the US", "for us") == ["us", "^us"]


def test_a_sign_counts_alone_where_none_of_its_pairs_is_known() -> None:
    """Else the pair says more."""
    assert found("我有猫吗", "我养了一只猫。")[-1:] == ["猫"]
    assert "猫" not in found("一只猫", "我养了一只猫。")


NOTES = (
    "I bought new running shoes.", "The meeting is on Tuesday.", "The car needs new tyres.",
    "My cat hates the vacuum cleaner.", "I will paint the fence.", "It was a long day for us.",
    "I may be late for it.", "Who is there?", "我昨天去了超市。", "会议改到下午三点。",
)  # fmt: skip
CASES = [
    ("MemTensor/MemOS#1961", "我养了一只猫。", "猫"),
    ("basicmachines-co/basic-memory#1294", "我养了一只猫。", "我有猫吗？"),
    ("vshulcz/deja-vu#1098", "Mi café favorito es el Gijón.", "cafe\u0301"),
    ("vshulcz/deja-vu#1098", "Ｒｏｏｍ １２ is free.", "Room 12"),
    ("NousResearch/hermes-agent#24416", "Vivo en Málaga desde 2019.", "malaga"),
    ("shreyaskarnik/argo#46", "İstanbul'da yaşıyorum.", "istanbul"),
    ("RediSearch/redisearch-go#30", "Will plays the cello.", "Will"),
    ("getzep/graphiti#1734", "He moved to the US in May.", "US"),
    ("kentcdodds/match-sorter#94", "My cardiologist is in Leipzig.", "cardilogist"),
    ("arjunkmrm/recall#6", "The sofa cost 1,200 euros.", "1200"),
    ("own", "May is my sister's name.", "May"),
    ("own", "He works in IT at the bank.", "IT"),
    ("own", unicodedata.normalize("NFD", "나는 서울에 산다"), "서울"),
    ("own", "집에 고양이가 있다", "집"),
    ("own", "ｶﾒﾗを買った", "カメラ"),
    ("own", "مُحَمَّد كتب رسالة", "محمد"),
    ("own", "Der Zug fährt nach Köln.", "koln"),
    ("own", "IŞIK açık kaldı", "ışık"),
    ("own", "L’été à Paris", "ete"),
    ("own", "My psychiatrist moved.", "psychaitrist"),
    ("own", "Send it by e-mail please.", "email"),
    ("own", "\u202bمرحبا بالعالم\u202c", "مرحبا"),
    ("own", "The price is 12.500 euros.", "12500"),
    ("own", "My phone is 555-1234", "5551234"),
    ("own", "ฉันรักแมว", "แมว"),
]


@pytest.mark.parametrize("embedder", ["hashed", "minilm"])
@pytest.mark.parametrize(("report", "text", "question"), CASES)
def test_what_is_spelt_in_another_way_comes_first(
    embedder: str, report: str, text: str, question: str
) -> None:
    """Each of a public report, or of our own, with either embedder that is in the package."""
    with Memory(embedder=embedder) as memory:
        memory.add([*NOTES[:4], text, *NOTES[4:]], user_id=USER)
        assert memory.search(question, user_id=USER)[0].text == text, report


def test_the_exact_form_comes_before_its_look_alike() -> None:
    """Words that differ by an accent are found by each other and are not the same."""
    with Memory(embedder="hashed") as memory:
        memory.add(["resume the call", "résumé the call", *NOTES], user_id=USER)
        for question, other in (("resume", "résumé"), ("résumé", "resume")):
            hits = memory.search(question, user_id=USER, limit=2)
            assert [hit.text for hit in hits] == [f"{question} the call", f"{other} the call"]
