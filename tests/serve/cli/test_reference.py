"""The page of all commands: made from the program, whole, and the one in the repository."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from combray.serve.cli import reference
from combray.serve.cli.reference import commands, page

ROOT = Path(__file__).parents[3]
PAGE = page()


def section(path: tuple[str, ...]) -> str:
    """What the page says of one command."""
    after = PAGE.partition(f"## combray {' '.join(path)}\n")[2]
    return after.partition("\n## ")[0]


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_command_has_a_section(path: tuple[str, ...]) -> None:
    """Its sentence, how it is called, an example, and each option with its explanation."""
    command, told = commands()[path], section(path)
    assert command.help.strip() in told
    assert f"combray {' '.join(path)}" in told
    for parameter in command.params:
        names = parameter.opts if parameter.param_type_name == "option" else []
        assert all(name in told for name in names)
        assert parameter.help.replace("|", "\\|") in told


def test_commands_come_in_the_order_of_the_help() -> None:
    """First what is done every day."""
    found = re.findall(r"^## combray (.+)$", PAGE, re.M)
    assert found == [" ".join(path) for path in commands()]
    assert found[:3] == ["add", "search", "context"]


def test_tables_are_not_broken_by_what_they_hold() -> None:
    """Every row has two cells, whatever signs an explanation has."""
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 3 for row in rows)


def test_a_bar_in_an_explanation_does_not_end_its_cell() -> None:
    """It is escaped, as Markdown asks."""
    option = SimpleNamespace(help="a|b", default=None, opts=["--x"])
    assert reference._told(option) == r"a\|b"


def test_defaults_are_told_and_arguments_have_none() -> None:
    """A number or a name that is used when nothing is given; no word for off switches."""
    assert "Default: `10`" in section(("search",))
    assert "Default: `False`" not in PAGE
    assert "Default: `None`" not in PAGE


def test_arguments_that_repeat_say_so() -> None:
    """With dots behind their name."""
    assert "combray delete ID... [OPTIONS]" in section(("delete",))
    assert "combray get ID [OPTIONS]" in section(("get",))


def test_the_page_in_the_repository_is_this_one() -> None:
    """`make docs` was run after the last change of a command."""
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8").strip() == PAGE.strip()


def test_it_can_be_made_by_the_command_it_names() -> None:
    """The line at its head, run as it stands, prints it."""
    assert "python -m combray.serve.cli.reference" in reference.HEAD
    done = subprocess.run(
        [sys.executable, "-m", "combray.serve.cli.reference"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.strip() == PAGE.strip()
