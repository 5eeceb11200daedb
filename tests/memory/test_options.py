"""The options of a search: typed, told, and refused by the nearest name."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from combray import Memory, SearchOptions
from combray.core.errors import InputError, UnknownName
from combray.memory.options import ORDER, ReadOptions, UserSearchOptions, sentences
from tests.words import Words

ROOT = Path(__file__).parents[2]
ASKING = ("search", "context", "explain", "why_not")
SNIPPET = """\
from combray import AsyncMemory, Memory, SearchOptions
memory = Memory()
options: SearchOptions = {"user_id": "u", "limit": 3}
memory.context("q", tokens=5, **options)
memory.context("q", tokens=5, usr_id="u")  # error
memory.search("q", limit="3")  # error
memory.explain("q", as_of=object())  # error
memory.why_not("q", "id", min_confidense=0.5)  # error
mine = memory.user("u", session_id="s")
mine.search("q", limit=3, filters={"topic": "x"})
mine.search("q", user_id="v")  # error
mine.users()  # error
memory.user(None)  # error
async def ask(served: AsyncMemory) -> int:
    hits = await served.user("u").search("q", limit=3)
    await served.search("q", usr_id="u")  # error
    await served.user("u").get("id", user_id="v")  # error
    return len(hits)
"""


def test_type_checkers_know_every_option(tmp_path: Path) -> None:
    """mypy accepts what can be asked and reports each line that is wrong, and no other."""
    pytest.importorskip("mypy")
    snippet = tmp_path / "snippet.py"
    snippet.write_text(SNIPPET, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", str(snippet)],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    reported = {int(n) for n in re.findall(r"snippet\.py:(\d+): error", done.stdout)}
    wrong = {n for n, line in enumerate(SNIPPET.splitlines(), 1) if line.endswith("# error")}
    assert reported == wrong, done.stdout + done.stderr


@pytest.fixture
def memory() -> Memory:
    """A memory that holds one text."""
    made = Memory(embedder=Words())
    made.add("I like tea.", user_id="u1", timestamp="2024-05-01")
    return made


def asked(memory: Memory, verb: str, **options: Any) -> Any:
    """What a verb answers."""
    (item,) = memory.list(user_id="u1", kinds=["text"])
    needed = {"context": {"tokens": 50}, "why_not": {"id": item.id}}
    return getattr(memory, verb)("tea", **needed.get(verb, {}), **options)


@pytest.mark.parametrize("verb", ASKING)
def test_an_unknown_option_is_answered_by_the_nearest(memory: Memory, verb: str) -> None:
    """A misspelt option is InputError and names what was meant, for every verb alike."""
    with pytest.raises(UnknownName, match=f"option of {verb} called 'usr_id'.*'user_id'"):
        asked(memory, verb, usr_id="u1")
    with pytest.raises(InputError, match="'min_confidence'"):
        asked(memory, verb, min_confidense=0.5)


@pytest.mark.parametrize("verb", ["profile", "fill"])
def test_verbs_that_read_refuse_what_narrows_nothing(memory: Memory, verb: str) -> None:
    """A profile has no first answers, so it takes no `limit`."""
    with pytest.raises(UnknownName, match="limit"):
        getattr(memory, verb)(**({"fields": ["city"]} if verb == "fill" else {}), limit=3)


@pytest.mark.parametrize("verb", ASKING)
def test_every_verb_takes_every_option(memory: Memory, verb: str) -> None:
    """Each option of the typed dict is accepted, and None is as if it were left out."""
    whole = {"user_id": "u1", "limit": 3, "asked_at": "2024-06-01", "kinds": ["text"]}
    assert asked(memory, verb, **whole)
    nothing = {name: None for name in ORDER if name not in ("limit", "user_id")}
    left_out = asked(memory, verb, user_id="u1", asked_at="2024-06-01")
    assert asked(memory, verb, user_id="u1", **{**nothing, "asked_at": "2024-06-01"}) == left_out


@pytest.mark.parametrize("verb", ASKING)
def test_help_lists_every_option_with_a_sentence(verb: str) -> None:
    """The signature and the docstring of a verb name every option, in one order."""
    method = getattr(Memory, verb)
    told = inspect.getdoc(method) or ""
    listed = re.findall(r"^\* `(\w+)`: .+\.$", told, re.M)
    assert listed == ORDER
    assert [n for n in inspect.signature(method).parameters if n in ORDER] == ORDER


@pytest.mark.parametrize(("verb", "limit"), [("search", 10), ("context", 50), ("explain", 10)])
def test_the_limit_that_is_shown_is_the_one_that_holds(verb: str, limit: int) -> None:
    """The default in the signature is how many answers a verb really gives at most."""
    memory = Memory(embedder=Words())
    memory.add([f"I like tea number {n}." for n in range(60)])
    assert inspect.signature(getattr(Memory, verb)).parameters["limit"].default == limit
    if verb == "context":
        assert len(memory.context("tea", tokens=100_000).items) == limit
    else:
        found = getattr(memory, verb)("tea")
        assert len(found.hits if verb == "explain" else found) == limit


def test_the_dicts_differ_by_what_they_are_for() -> None:
    """Those of a user lack `user_id`, those that only read lack `limit` and the least shares."""
    every = set(get_type_hints(SearchOptions))
    assert every == set(ORDER)
    assert every - set(get_type_hints(UserSearchOptions)) == {"user_id"}
    assert every - set(get_type_hints(ReadOptions)) == {"limit", "min_confidence", "min_score"}
    assert len(list(sentences(ReadOptions))) == len(every) - 3
