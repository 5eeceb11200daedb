"""Who extracts: rules, or a language model.

"rules" answers at once, offline, the same each time, in any language it can; what it loses stands
in `rules`. "llm" asks the model of the runtime.
"""

from __future__ import annotations

from combray.core.errors import InputError, UnknownName
from combray.recall.runtime.runtime import Runtime
from combray.write.extract.base import Extractor
from combray.write.extract.llm import LLMExtractor
from combray.write.extract.rules import RulesExtractor

RULES, LLM = "rules", "llm"
EXTRACTORS = (RULES, LLM)


def extractor_of(runtime: Runtime, name: str, system: str, tenant: str = "") -> Extractor:
    """The extractor of that name, asking a model in the name of a system.

    Raises UnknownName for one that does not exist, and InputError for "llm" without a model.
    """
    check_extractor(runtime, name)
    if name == RULES:
        return RulesExtractor(runtime.embedder)
    return LLMExtractor(runtime.asker(system, tenant))


def check_extractor(runtime: Runtime, name: str) -> None:
    """UnknownName for an extractor that does not exist; InputError for "llm" without a model."""
    if name not in EXTRACTORS:
        raise UnknownName("extractor", name, EXTRACTORS)
    if name == LLM and runtime.chat is None:
        raise InputError(
            "The extractor 'llm' needs a model. Give one, such as Memory(…, llm='openai:MODEL'), "
            "or leave it to rules: Memory(…, extractor='rules')."
        )
