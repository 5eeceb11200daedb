"""Two sets by people who saw neither rules nor tests, kept sealed until they were measured once.

`a` met the first closed world of ends, which ended 4 of its 240 hostile messages wrongly and read
49 of its 120 changes; `b` met the present one, 1 of 200 and 71 of 100. All is known since, and what
was wrong is mended.
"""

from __future__ import annotations

import json
from pathlib import Path

_SETS = Path(__file__).with_name("sealed.json")


def sealed(name: str, what: str) -> list[tuple[str, str]]:
    """What stood and what was said then, of the "hostile" or the "changes" of a set."""
    return [(base, words) for base, words in json.loads(_SETS.read_text("utf-8"))[name][what]]
