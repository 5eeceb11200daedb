"""Who extracts: chosen by name, refused with the way out when it cannot be."""

from __future__ import annotations

import pytest

from combray import InputError, Memory, UnknownName
from combray.core.items import Item
from combray.models.stub_model import StubModel
from combray.write.extract.factory import EXTRACTORS, check_extractor, extractor_of
from combray.write.extract.llm import LLMExtractor
from combray.write.extract.rules import RulesExtractor
from tests.words import Words


def test_the_name_chooses() -> None:
    """Rules need nothing; "llm" asks the model of the runtime."""
    with Memory(embedder=Words(), llm=StubModel()) as memory:
        assert isinstance(extractor_of(memory._runtime, "rules", "x"), RulesExtractor)
        assert isinstance(extractor_of(memory._runtime, "llm", "x"), LLMExtractor)


def test_a_model_is_asked_in_the_name_of_the_system_for_its_tenant() -> None:
    """The ledger says which system asked, and for whom."""
    with Memory(embedder=Words(), llm=StubModel()) as memory:
        extractor = extractor_of(memory._runtime, "llm", "mine/1", "u1")
        extractor.extract([Item(id="1", text="I like tea.", kind="turn")])
        (call,) = memory.ledger()
        assert (call.system, call.step, call.tenant) == ("mine/1", "extract", "u1")


@pytest.mark.parametrize("name", EXTRACTORS)
def test_what_can_be_made_passes_the_check(name: str) -> None:
    """With a model both names are good."""
    with Memory(embedder=Words(), llm=StubModel()) as memory:
        check_extractor(memory._runtime, name)


def test_what_cannot_be_is_refused_by_both() -> None:
    """An unknown name suggests the nearest; "llm" without a model says how to give one."""
    with Memory(embedder=Words()) as memory:
        for refuse in (
            check_extractor,
            lambda runtime, name: extractor_of(runtime, name, "x"),
        ):
            with pytest.raises(UnknownName, match=r"no extractor called 'rule'.*'rules'"):
                refuse(memory._runtime, "rule")
            with pytest.raises(InputError, match=r"needs a model.*llm='openai:MODEL'"):
                refuse(memory._runtime, "llm")
