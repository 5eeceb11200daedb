"""More ways in which people say that something changed, by relation: `changes.txt`.

They are written as in `relations`, and say so much that each by itself tells of a change; all
around them has to be plain (`write.assertion.plain`). {IVE} is "I", "we" with or without "have", or
nobody at the start of a sentence: "Left Berlin for good". {ANY} is "any more", "any longer", {NOW}
"now", "these days", and {WHEN} says when, or ends the clause.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources
from typing import NamedTuple

from combray.write.patterns.relations import ROLES


class Change(NamedTuple):
    """A pattern of a change: its relation, what it says, and the words of which one must occur.

    A `strict` one is read only where all the rest of the message is everyday words.
    """

    relation: str
    says: str
    triggers: str
    pattern: str
    strict: bool = False


def _read() -> Iterator[Change]:
    """Read the table; its named parts are filled in, in the order in which they stand."""
    parts = {"ROLES": " ".join(f"{role}es" if role.endswith("s") else f"{role}s" for role in ROLES)}
    relation = ""
    for line in (
        resources.files(__package__).joinpath("changes.txt").read_text("utf-8").splitlines()
    ):
        if line.startswith("["):
            relation = line.strip("[]")
        elif "\t" in line:
            says, triggers, pattern = line.split("\t")
            for name, part in parts.items():
                pattern = pattern.replace("{" + name + "}", part)
            triggers = triggers.replace("{ROLES}", parts["ROLES"]).replace(
                "{ROLE}", " ".join(ROLES)
            )
            pattern = pattern.replace("{ROLE}", "|".join(ROLES))
            strict = says.endswith("~")
            yield Change(relation, says.rstrip("~"), triggers, pattern, strict)
        elif line and not line.startswith("#"):
            name, part = line.split(" = ", 1)
            parts[name] = part


CHANGES: Sequence[Change] = tuple(_read())
