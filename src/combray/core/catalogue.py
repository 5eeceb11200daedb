"""The catalogue: every published system of combray, its paper, its class, and whether it works yet.

The rows stand in `catalogue.toml` beside this file, and after them the baselines that every table
compares with. It is the one registry: names are looked up here, and README, docs, `combray systems`
and the laws of tests are made from it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import import_module
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from combray.core.errors import InputError, MissingExtra, UnknownName, Unsupported
from combray.core.items import Json

TIERS = ("text", "task", "activation", "neural", "continual", "index", "bench", "map")
WORKS, PLANNED, BASELINE = "works", "planned", "baseline"
POLICY = "cache policy"
_JOURNALS = ("ACM Computing", "ACM Transactions", "IEEE Trans", "Foundations and Trends")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One published system or baseline: where it lives, what holds its memory, and its paper.

    `module` is the path under `combray`, empty for a survey; `class_` is the name in it, empty
    until there is one. `status` is `works`, `planned` or `baseline`. `kind` tells apart what a tier
    has several of, such as "cache policy". What is our own has no paper.
    """

    name: str
    tier: str
    status: str
    holds: str
    title: str = ""
    authors: str = ""
    year: int = 0
    module: str = ""
    class_: str = ""
    kind: str = ""
    venue: str = ""
    arxiv: str = ""

    @property
    def works(self) -> bool:
        """Whether its law holds as a test and its page has a measured figure."""
        return self.status == WORKS

    @property
    def short(self) -> str:
        """`Xu et al., 2025`; empty without a paper."""
        if not self.authors:
            return ""
        names = [name.rsplit(" ", 1)[-1] for name in self.authors.split(" and ")]
        if len(names) > 2 or "others" in names:
            return f"{names[0]} et al., {self.year}"
        return f"{' and '.join(names)}, {self.year}"

    def load(self) -> Any:
        """The class, or of a bench the function that makes its questions; imported when asked for.

        Raises Unsupported while there is none, and MissingExtra for one that needs an extra.
        """
        if not self.class_:
            raise Unsupported(
                f"{self.name} is planned and has no class yet. `combray systems --working` lists "
                "those that have one."
            )
        try:
            module = import_module(f"combray.{self.module}")
        except ModuleNotFoundError as error:
            missing = str(error.name).partition(".")[0]
            if missing == "combray":
                raise
            raise MissingExtra(self.name, missing, "torch") from error
        return getattr(module, self.class_)

    def bibtex(self) -> str:
        """The entry for a bibliography; InputError without a paper."""
        if not self.authors:
            raise InputError(f"{self.name} has no paper to cite.")
        first = self.authors.split(" and ")[0].rsplit(" ", 1)[-1].lower()
        key = f"{first}{self.year}{self.name.replace('_', '')}"
        fields = {"title": f"{{{self.title}}}", "author": self.authors, "year": str(self.year)}
        if self.venue:
            kind = "article" if self.venue.startswith(_JOURNALS) else ""
            fields["journal" if kind else "booktitle"] = self.venue
        else:
            kind, fields["note"] = "misc", f"arXiv:{self.arxiv}"
        if self.arxiv:
            fields |= {"eprint": self.arxiv, "archiveprefix": "arXiv"}
        lines = [f"  {name} = {{{_tex(value)}}}," for name, value in fields.items()]
        return "\n".join([f"@{kind or 'inproceedings'}{{{key},", *lines, "}"])

    def as_dict(self) -> Json:
        """Plain data."""
        data = asdict(self)
        data["class"] = data.pop("class_")
        return data


@lru_cache(maxsize=1)
def registry() -> Mapping[str, Row]:
    """Everything that has a name: the baselines, then the published systems by tier."""
    text = files("combray.core").joinpath("catalogue.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    baselines = [{**each, "status": BASELINE} for each in tables.pop("baseline")]
    published = [{"name": name, **each} for name, each in tables.items()]
    return MappingProxyType({each["name"]: _row(each) for each in (*baselines, *published)})


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Row]:
    """Every published system by its name, in the order of the tiers."""
    rows = registry().items()
    return MappingProxyType({name: row for name, row in rows if row.status != BASELINE})


@lru_cache(maxsize=1)
def baselines() -> Mapping[str, Row]:
    """What every table compares with, by name."""
    rows = registry().items()
    return MappingProxyType({name: row for name, row in rows if row.status == BASELINE})


def row(name: str) -> Row:
    """The row of that name; UnknownName suggests the nearest."""
    rows = registry()
    if name not in rows:
        raise UnknownName("system", name, rows)
    return rows[name]


def _row(table: Json) -> Row:
    fields = dict(table)
    if "class" in fields:
        fields["module"], _, fields["class_"] = fields.pop("class").partition(":")
    return Row(**fields)


def _tex(value: str) -> str:
    return value.replace("&", "\\&")
