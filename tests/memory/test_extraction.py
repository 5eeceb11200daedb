"""Who extracts: the model that was given, unless rules were asked for; and it is said."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from combray import InputError, Memory, UnknownName
from combray.memory.extraction import model_use, with_extractor
from combray.models.stub_model import StubModel
from tests.words import Words


def opened(**more: Any) -> Memory:
    """A memory under mem0."""
    return Memory(**{"system": "mem0", "embedder": Words(), **more})


def steps(memory: Memory) -> list[str]:
    """What the model was asked while something was read."""
    memory.add("I live in Rome.", user_id="u", wait=True)
    return [call.step for call in memory.ledger()]


def test_a_model_that_is_given_extracts() -> None:
    """Nothing else has to be said: the model reads what is added."""
    with opened(llm=StubModel()) as memory:
        assert "extract" in steps(memory)


@pytest.mark.parametrize(
    "asked", [{"extractor": "rules"}, {"options": {"extractor": "rules"}}], ids=["own", "option"]
)
def test_rules_leave_the_model_alone(asked: dict[str, Any]) -> None:
    """With extractor="rules", as an argument or an option, no model is asked."""
    with opened(llm=StubModel(), **asked) as memory:
        assert steps(memory) == []
        assert [item.text for item in memory.list(user_id="u", kinds=["memory"])]


def test_without_a_model_rules_extract() -> None:
    """Nothing is needed; who asks for a model that is not there is told how to give one."""
    with opened() as memory:
        assert steps(memory) == []
    with pytest.raises(InputError, match="llm='openai:MODEL'"):
        opened(extractor="llm")
    with pytest.raises(UnknownName, match="'llm'"):
        opened(extractor="lm")


def test_two_extractors_are_refused() -> None:
    """An argument and an option that differ are an error; that agree, not."""
    with pytest.raises(InputError, match="differ"):
        opened(llm=StubModel(), extractor="rules", options={"extractor": "llm"})
    opened(extractor="rules", options={"extractor": "rules"}).close()


def test_a_system_that_derives_nothing_takes_no_model_to_read() -> None:
    """`evidence` refuses extractor="llm"; rules, which are all it has, are no error."""
    with pytest.raises(InputError, match="evidence derives nothing"):
        opened(system="evidence", llm=StubModel(), extractor="llm")
    opened(system="evidence", llm=StubModel(), extractor="rules").close()


def test_a_system_of_ones_own_gets_the_extractor_it_takes() -> None:
    """The choice depends on whether the class has the parameter, and other options stay."""

    class Mine:
        def __init__(self, runtime: Any, extractor: str = "rules", k: int = 1) -> None: ...

    assert with_extractor(Mine, {"k": 2}, None, StubModel()) == {"extractor": "llm", "k": 2}  # type: ignore[arg-type]
    assert with_extractor(Mine, None, None, None) == {"extractor": "rules"}  # type: ignore[arg-type]
    assert with_extractor("bm25", {"k": 2}, None, StubModel()) == {"k": 2}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"llm": StubModel()}, "mem0 lets agreeing read what is added"),
        ({"llm": StubModel(), "extractor": "rules"}, "does not ask agreeing"),
        ({"llm": StubModel(), "system": "bm25"}, "bm25 derives nothing"),
    ],
    ids=["llm", "rules", "nothing to derive"],
)
def test_what_the_model_is_for_is_said_once(
    given: dict[str, Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Opening a memory with a model logs one line that says what it will be asked."""
    with caplog.at_level(logging.INFO, "combray"), opened(**given) as memory:
        memory.add("I live in Rome.", user_id="u")
        lines = [r.getMessage() for r in caplog.records if StubModel.name in r.getMessage()]
    assert len(lines) == 1
    assert said in lines[0]


def test_without_a_model_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """No line about models where there is none."""
    with caplog.at_level(logging.INFO, "combray"):
        opened().close()
    assert not caplog.records


def test_a_third_way_of_extracting_is_named() -> None:
    """HippoRAG's "given" is neither a model nor the rules, and the sentence says which it is."""
    assert "'given'" in model_use("hipporag", {"extractor": "given"}, "m")
