"""The catalogue: every published system of combray, its paper, and whether it works yet.

The rows stand in `catalogue.toml` beside this file; README, docs and `combray systems` are made
from them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from combray.core.errors import UnknownName
from combray.core.items import Json

TIERS = ("text", "task", "activation", "neural", "continual", "index", "bench", "map")
WORKS, PLANNED = "works", "planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One published system: where it lives, what holds its memory, and its paper.

    `module` is the path under `combray`, empty for a survey; `status` is `works` or `planned`.
    """

    name: str
    tier: str
    status: str
    holds: str
    title: str
    authors: str
    year: int
    module: str = ""
    venue: str = ""
    arxiv: str = ""

    @property
    def works(self) -> bool:
        """Whether its law holds as a test and its page has a measured figure."""
        return self.status == WORKS

    @property
    def short(self) -> str:
        """`Xu et al., 2025`."""
        names = [name.rsplit(" ", 1)[-1] for name in self.authors.split(" and ")]
        if len(names) > 2 or "others" in names:
            return f"{names[0]} et al., {self.year}"
        return f"{' and '.join(names)}, {self.year}"

    def bibtex(self) -> str:
        """The entry for a bibliography."""
        first = self.authors.split(" and ")[0].rsplit(" ", 1)[-1].lower()
        key = f"{first}{self.year}{self.name.replace('_', '')}"
        fields = {"title": f"{{{self.title}}}", "author": self.authors, "year": str(self.year)}
        if self.venue:
            kind = "article" if self.venue.startswith(("ACM Computing", "IEEE Trans")) else ""
            fields["journal" if kind else "booktitle"] = self.venue
        else:
            kind, fields["note"] = "misc", f"arXiv:{self.arxiv}"
        if self.arxiv:
            fields |= {"eprint": self.arxiv, "archiveprefix": "arXiv"}
        lines = [f"  {name} = {{{_tex(value)}}}," for name, value in fields.items()]
        return "\n".join([f"@{kind or 'inproceedings'}{{{key},", *lines, "}"])

    def as_dict(self) -> Json:
        """Plain data."""
        return asdict(self)


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Row]:
    """Every row by its name, in the order of the tiers."""
    text = files("combray.core").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return MappingProxyType({name: Row(name=name, **row) for name, row in _tables(text)})


def row(name: str) -> Row:
    """The row of that name; UnknownName suggests the nearest."""
    rows = catalogue()
    if name not in rows:
        raise UnknownName("system", name, rows)
    return rows[name]


def _tables(text: str) -> list[tuple[str, Json]]:
    return list(tomllib.loads(text).items())


def _tex(value: str) -> str:
    return value.replace("&", "\\&")
