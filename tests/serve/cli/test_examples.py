"""The examples in the help: one for each verb, and each of them can be given as it stands."""

from __future__ import annotations

import re
import shlex
import uuid

import pytest

from combray.serve.cli.examples import CHANGE, EXAMPLES, ID
from combray.serve.cli.reference import commands
from combray.systems import names
from tests.serve.conftest import Run

COMMANDS = commands()


def test_every_verb_has_one_and_no_other_has() -> None:
    """An example of a verb that is gone would be shown to nobody."""
    assert set(EXAMPLES) == {" ".join(path) for path in COMMANDS}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_an_example_that_parses(run: Run, path: tuple[str, ...]) -> None:
    """The help ends with a command of this verb that has no wrong or missing argument."""
    example = EXAMPLES[" ".join(path)]
    program, *given = shlex.split(example)
    assert program == "combray"
    assert tuple(given[: len(path)]) == path
    assert len(example) <= 95
    COMMANDS[path].make_context(path[-1], given[len(path) :])
    shown = " ".join(run(*path, "--help").out.split())
    assert " ".join(example.split()) in shown


@pytest.mark.parametrize("id_", [ID, CHANGE])
def test_the_ids_look_like_ours(id_: str) -> None:
    """So that people know what to put in their place."""
    assert uuid.UUID(id_).version == 7


def test_the_systems_they_name_exist() -> None:
    """Whoever copies a line gets an answer."""
    named = {
        name
        for example in EXAMPLES.values()
        for part in re.findall(r"--systems? (\S+)", example)
        for name in part.split(",")
    }
    assert named <= set(names("text"))


def test_the_examples_of_every_day_work(run: Run) -> None:
    """Told one after the other, they do what they say."""
    for verb in ("add", "search", "context", "explain", "list", "stats", "review", "jobs"):
        words = shlex.split(EXAMPLES[verb])[1:]
        said = run(*words)
        assert said.code == 0, f"{verb}: {said.err}"
    assert "Paris" in run(*shlex.split(EXAMPLES["search"])[1:5]).out
