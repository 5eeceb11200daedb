"""Which extractor a system gets, and what its model is used for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from combray.core.errors import InputError, quoted
from combray.core.ports import ChatModel
from combray.systems.text import System, options_of
from combray.write.extract.factory import LLM, RULES

OPTION = "extractor"


def with_extractor(
    system: System,
    options: Mapping[str, Any] | None,
    extractor: str | None,
    chat: ChatModel | None,
) -> dict[str, Any]:
    """The options of a system with its extractor: that asked for, else "llm" if there is a model.

    Raises InputError when two are asked for, or one of a system that extracts nothing.
    """
    if options is not None and not isinstance(options, Mapping):
        raise InputError(f"options must be a mapping such as {{'k': 5}}, not {quoted(options)}.")
    given = dict(options or {})
    if OPTION in given and extractor not in (None, given[OPTION]):
        raise InputError(
            f"extractor={quoted(extractor)} and options={{'extractor': {quoted(given[OPTION])}}} "
            "differ; give one of them."
        )
    if OPTION in options_of(system):
        chosen = extractor if extractor is not None else LLM if chat is not None else RULES
        return {OPTION: chosen, **given}
    if extractor not in (None, RULES):
        raise InputError(
            f"{_named(system)} derives nothing, so it takes no extractor {quoted(extractor)}. "
            "Leave it out, or choose a system that derives, such as 'mem0'."
        )
    return given


def model_use(system: System, options: Mapping[str, Any], model: str) -> str:
    """What a model will be asked for under a system with these options, in a sentence."""
    name = _named(system)
    if OPTION not in options:
        return f"{name} derives nothing: {model} is asked by fill(…, extractor='llm') alone."
    if options[OPTION] == LLM:
        return f"{name} lets {model} read what is added; with extractor='rules' it asks nobody."
    reads = f"{name} reads what is added by extractor={quoted(options[OPTION])}"
    return f"{reads} and does not ask {model}."


def _named(system: System) -> str:
    return system if isinstance(system, str) else getattr(system, "__name__", str(system))
