"""No verb takes more time than grows with the text that it is given, whatever the text is made of.

Beside the patterns (`test_linear`) it is loops that can be quadratic: over sentences and names,
lines and their labels, words of a question and units of a passage.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from combray import Memory

PARTS = (
    " ", "\n", "\n\n", "\t", "\r\n", "a", "A", "1", "-", ".", "'", "a ", "A ", "Ann ", "1 ", "a.",
    "a. ", "A. ", "a, ", "a-", "l'aa ", "a/", "(", "[", "<", '"', "“", "`", "a@", "I ", "you ",
    "我", "の", "áa\u0301", "😀", "\u200b", "،", "… ", "Bo: hi\n", "> a\n", "- a\n", "# a\n",
    "```\n", "[1] a\n", "| a | b |\n", "---\na\n---\n", "[2024-05-01, a · a] b\n", "May 1 ",
    "2024-05-01, ", "12:30 ",
    "1,000 ", "Monday, ", "2 years ago ", "since May 2020 ", "eyJ-", "(1.", "http://a.b/", "who? ",
    "<think>", '{"a":', "A and ", "my brother Sam ", "I live in Lyon. ", "I moved to Rome and ",
    "My favourite color is red. ", 'Ann said "I live in Rome". ',
)  # fmt: skip
QUICK = ("a", " ", "Ann ", "a. ", "Bo: hi\n", "[1] a\n", "May 1 ", "I live in Lyon. ")
RATIO, LEAST = 8.0, 0.5
"""Four times the text may take eight times as long; what is quicker than so many seconds, may."""

Verb = Callable[[Memory, str], object]
VERBS: dict[str, Verb] = {
    "add": lambda memory, text: memory.add(
        {"role": "user", "name": "Ann", "content": text}, user_id="u"
    ),
    "add of a page": lambda memory, text: memory.add(
        text, user_id="w", metadata={"source": "web", "title": text[:4000]}
    ),
    "search in it": lambda memory, _: memory.search("hello z", user_id="u"),
    "search for it": lambda memory, text: memory.search(text, user_id="u"),
    "context of it": lambda memory, _: memory.context("hello z", user_id="u", tokens=600),
    "context for it": lambda memory, text: memory.context(text, user_id="u", tokens=600),
    "explain": lambda memory, text: memory.explain(text, user_id="u"),
    "update": lambda memory, text: memory.update(
        memory.list(user_id="u")[-1].id, text=f"{text} y", user_id="u"
    ),
    "add of a context": lambda memory, _: memory.add(
        str(memory.context("hello z", user_id="u", tokens=600)), user_id="u"
    ),
    "profile": lambda memory, _: memory.profile(user_id="u"),
}


def spent(part: str, size: int) -> dict[str, float]:
    """The processor time of each verb on a text of so many characters."""
    text = ("x" + part * (size // len(part) + 1))[:size] + " z\N{SNOWMAN}"
    found: dict[str, float] = {}
    policy = {"secrets": "mask", "pii": "mask"}
    with Memory(embedder="hashed", policy=policy) as memory, uncollected():
        memory.add({"role": "user", "name": "Ann", "content": "hello there"}, user_id="u")
        for name, verb in VERBS.items():
            began = time.process_time()
            verb(memory, text)
            found[name] = time.process_time() - began
    return found


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage inside: in a process full of other tests' objects that takes a second."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def slow_verbs(part: str, sizes: tuple[int, int]) -> dict[str, tuple[float, float]]:
    """The verbs that take more time for four times the text than they may, twice in a row."""
    found = _slow_once(part, sizes)
    # Whatever else the machine does may fall into one measure, not into both.
    return {name: found[name] for name in _slow_once(part, sizes) if name in found} if found else {}


def _slow_once(part: str, sizes: tuple[int, int]) -> dict[str, tuple[float, float]]:
    once, more = (spent(part, size) for size in sizes)
    return {
        name: (once[name], more[name])
        for name in VERBS
        if more[name] > max(LEAST, RATIO * once[name])
    }


@pytest.mark.parametrize("part", QUICK)
def test_verbs_take_time_that_grows_with_the_text(part: str) -> None:
    """A text of ten thousand characters, and one of forty thousand of the same kind."""
    assert slow_verbs(part, (10_000, 40_000)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_no_kind_of_text_stops_a_process(part: str) -> None:
    """Spaces, marks, labels, lists, dates, names, links, other scripts and statements alike."""
    assert slow_verbs(part, (10_000, 40_000)) == {}
