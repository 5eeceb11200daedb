"""Every verb of the command line with drawn words: it ends with 0, 1 or 2, and harms nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from combray import Memory
from combray.serve.cli import app
from combray.serve.cli.app import COMPARE, MACHINE
from tests.fuzz.strategies import (
    FILTER,
    ID,
    METADATA,
    NAME,
    NUMBERS,
    PATH,
    TEXT,
    TIMES,
    AsJson,
)
from tests.fuzz.test_verbs import EXAMPLES, often
from tests.fuzz.world import World, files, fill

VERBS = {
    name: command
    for name, command in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
    if command.rich_help_panel not in (COMPARE, MACHINE) and not hasattr(command, "commands")
}
"""Those that compare read sets of data, and those for the machine install models."""
APART = {"db": "is that of the example", "llm": "would ask a model over the network"}
NUMBER = NUMBERS.map(str) | TEXT
TIME = TIMES.map(str) | TEXT
DATA = METADATA.map(AsJson) | TEXT
WORDS: dict[str, st.SearchStrategy[Any]] = {
    "agent": NAME, "as_of": TIME, "asked_at": TIME, "before": ID, "budget_usd": NUMBER,
    "calls": NUMBER, "change": ID, "cite": TEXT, "embedder": st.sampled_from(["hashed", "hashd"]),
    "extractor": st.sampled_from(["rules", "llm", "nobody"]), "filters": FILTER.map(AsJson) | TEXT,
    "id": ID, "ids": ID, "kind": TEXT, "known_at": TIME, "limit": NUMBER, "metadata": DATA,
    "min_confidence": NUMBER, "min_score": NUMBER, "name": TEXT, "new": ID, "old": ID,
    "path": PATH, "pii": TEXT, "query": TEXT, "role": TEXT, "secrets": TEXT, "session": NAME,
    "since": TIME, "system": st.sampled_from(["evidence", "hybrid", "nobody"]), "target": PATH,
    "text": TEXT, "timestamp": TIME, "timezone": TEXT, "tokens": NUMBER,
    "user": st.just("u") | NAME, "valid_from": TIME, "valid_to": TIME,
}  # fmt: skip


def test_every_word_of_every_verb_has_a_strategy() -> None:
    """So that a new verb is fuzzed by itself, and a new option is not forgotten."""
    unknown = {
        f"{name} {option.name}"
        for name, command in VERBS.items()
        for option in command.params
        if not getattr(option, "is_flag", False) and option.name not in {**WORDS, **APART}
    }
    assert unknown == set()


@st.composite
def lines(draw: st.DrawFn, name: str) -> list[Any]:
    """The words of a command line: those that it needs, some options, some flags."""
    words, last = [name], []
    for option in VERBS[name].params:
        if option.name in APART or (option.param_type_name == "option" and draw(st.booleans())):
            continue
        if getattr(option, "is_flag", False):
            words.append(option.opts[-1])
        elif option.param_type_name == "option":
            words += [option.opts[-1], draw(WORDS[option.name])]
        else:
            last += draw(st.lists(WORDS[option.name], min_size=1, max_size=1 + (option.nargs < 0)))
    # Without the dashes, what begins with one is an option that does not exist.
    return [*words, *draw(st.sampled_from([[], ["--"]])), *last]


@contextmanager
def over() -> Iterator[World]:
    """A file with what a `World` holds, opened again to look at it."""
    with files() as folder, mock.patch.dict("os.environ", COMBRAY_EMBEDDER="hashed"):
        with Memory(folder / "memory.db", embedder="hashed") as memory:
            yield World(memory, fill(memory), folder)


@pytest.mark.parametrize("name", VERBS)
@settings(often, max_examples=1 + EXAMPLES // 4)
@given(st.data())
def test_a_command_works_or_refuses_in_words(name: str, data: st.DataObject) -> None:
    """Whatever it is given, in one line; afterwards nobody is harmed."""
    with over() as here:
        database = here.folder / "memory.db"
        for line in data.draw(st.lists(lines(name), min_size=1, max_size=3)):
            words = [str(here.given(word, walled="-u" in line)) for word in line]
            place = {"COMBRAY_DB": str(database), "XDG_DATA_HOME": str(here.folder)}
            done = CliRunner(env=place).invoke(app, words, input="")
            assert done.exit_code in (0, 1, 2), (words, done.output)
            assert done.exception is None or isinstance(done.exception, SystemExit), words
            if "--json" in line and done.exit_code == 0:
                json.loads(done.stdout)
        here.check()
