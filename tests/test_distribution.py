"""The name that pip knows: in one place, and the same as the project's own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import combray
from combray.core.errors import DISTRIBUTION, pip_command

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = sorted(PROJECT["optional-dependencies"])


def test_the_name_is_the_projects() -> None:
    """A hint that names another distribution would install a stranger's package."""
    assert DISTRIBUTION == PROJECT["name"]


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_is_quoted(extra: str) -> None:
    """Brackets mean something to shells."""
    assert pip_command(extra) == f"pip install '{DISTRIBUTION}[{extra}]'"


def test_without_an_extra_it_upgrades() -> None:
    """Which is what a database of a newer version asks for."""
    assert pip_command() == f"pip install -U {DISTRIBUTION}"


def test_nobody_else_spells_it_out() -> None:
    """Every hint of the package goes by the one function."""
    own = {"distribution.py"}
    spelt = [
        path.name
        for path in Path(combray.__file__).parent.rglob("*.py")
        if path.name not in own and "pip install 'combray" in path.read_text(encoding="utf-8")
    ]
    assert spelt == []
