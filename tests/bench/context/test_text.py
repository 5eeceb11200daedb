"""A text memory as an answerer: passages go in, some come back, the exact reader reads."""

from __future__ import annotations

import pytest

from combray.bench.context.cases import Case, CaseQuestion, run_cases
from combray.bench.context.text import TextMemory
from combray.bench.scbench import make
from combray.bench.scbench.scores import contains
from tests.words import Words


def case(*passages: str) -> Case:
    """Passages of one key and value each, and a question about one."""
    return Case(
        task="keys",
        id="1",
        passages=passages,
        questions=(CaseQuestion(text="value of heron", answer="7", score=contains),),
        solve=lambda text, _: [
            line.split()[-1] for line in text.split("\n") if line.startswith("heron")
        ],
    )


def memory(limit: int = 1) -> TextMemory:
    """Keyword search that recalls so many passages."""
    return TextMemory("bm25", embedder=Words(), limit=limit)


def test_it_answers_from_what_it_recalls() -> None:
    """The passage with the words of the question is found among others."""
    (found,) = run_cases([case("tern is 3", "heron is 7", "gull is 9")], memory())
    assert (found.text, found.score, found.answerer) == ("7", 1, "bm25 top 1")
    assert found.nbytes > 0


def test_two_answers_or_none_are_no_answer() -> None:
    """A reader that is shown too little or two values does not guess."""
    double = case("heron is 7", "heron is 8", "gull is 9")
    assert run_cases([double], memory(2))[0].text == ""
    assert run_cases([double], memory(1))[0].text in ("7", "8")
    assert run_cases([case("tern is 3", "gull is 9")], memory(2))[0].text == ""


def test_recalled_passages_are_read_in_the_order_told() -> None:
    """Not in that of their scores."""
    seen: list[str] = []

    def solve(text: str, _: str) -> list[str]:
        seen.append(text)
        return ["x"]

    told = ("a heron", "heron heron heron", "the heron")
    made = Case(
        task="t", id="1", passages=told, questions=case("a").questions, solve=solve, joint="|"
    )
    run_cases([made], memory(3))
    assert seen == ["a heron|heron heron heron|the heron"]


def test_the_context_is_taken_in_once() -> None:
    """Settled twice, asked twice and forked, each passage is one item; empty ones are none."""
    session = memory(5).open(case("heron is 7", "", "gull is 9"))
    session.prefill()
    session.prefill()
    assert session.fork() is session
    assert session.ask("value of heron", "7") == session.ask("value of heron", "7") == "7"
    assert session._memory.stats()["items"] == 2


def test_asked_before_it_was_settled_it_reads_first() -> None:
    """As a cache does in turns."""
    session = memory().open(case("heron is 7"))
    assert session.ask("value of heron", "7") == "7"


def test_cases_do_not_mix() -> None:
    """Each has a memory of its own."""
    one, other = run_cases([case("heron is 7"), case("heron is 8")], memory(2))
    assert (one.text, other.text) == ("7", "8")


@pytest.mark.parametrize("system", ["bm25", "evidence"])
def test_names_of_random_letters_are_found(system: str) -> None:
    """A key-value pair is recalled by its key, so a text memory answers needles exactly."""
    answerer = TextMemory(system, embedder=Words())
    replies = run_cases([make("kv", seed=s) for s in range(2)], answerer)
    assert sum(each.score for each in replies) / len(replies) >= 0.9
    assert answerer.name == f"{system} top 5"
