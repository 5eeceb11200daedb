"""The nulls of every system: each clause under **Kept**, what switches it off, which tests fail."""

from tests.nulls import activation, text
from tests.nulls.base import VARIABLE, Null, numbered

NULLS: dict[str, Null] = numbered([*text.NULLS, *activation.NULLS])
SYSTEMS = (*text.SYSTEMS, *activation.SYSTEMS)

__all__ = ["NULLS", "SYSTEMS", "VARIABLE", "Null"]
