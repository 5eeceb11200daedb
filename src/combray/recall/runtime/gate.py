"""Is memory needed to answer this? The gate before recall, by rule or by a model.

`rules` opens it when a content word of the input stands in the memory, when the input refers back,
or when some memory is near. It cannot see a need that no word shows.
"""

from __future__ import annotations

import re

from combray.core.arrays import FloatArray
from combray.models.structured import Asker
from combray.recall.query.query_context import QueryContext

NEAR = 0.35
"""The cosine from which a memory is near an input."""
_BACK = re.compile(
    r"\b(?:again|earlier|before|previous(?:ly)?|last|ago|remember|remind|recall|told|said|mention(?:ed)?|"
    r"he|she|they|him|her|them|it|that|those|my|our|we|used to)\b|之前|上次|刚才|记得",
    re.I,
)


def rules_needed(context: QueryContext) -> bool:
    """Whether the memory has a word of the input, or it refers back, or something is near it."""
    if not context.allowed.any():
        return False
    near: FloatArray = context.scores.dense[context.allowed]
    return bool(
        (context.scores.bm25[context.allowed] > 0).any()
        or _BACK.search(context.query.text)
        or near.max() >= NEAR
    )


def llm_needed(asker: Asker, text: str) -> bool:
    """Whether a model says so; raises ModelError when it answers nonsense."""
    return bool(asker.ask("combray.recall", "gate", {"input": text}, max_tokens=50)["needed"])
