"""No pattern of the package takes more time than grows with the text, whoever wrote the text.

`re` holds the interpreter while it matches, so that one quadratic pattern lets one stored text stop
every thread of a process. Each pattern is tried on texts that its own repeats were made from.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import pkgutil
import re
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import combray
from combray.write.messages import orders
from combray.write.patterns import phrases

SCREENED, SIZES = 4_000, (10_000, 20_000, 40_000)
QUICK, RATIO, LEAST, LIMIT = 0.004, 9.0, 0.1, 1.0
"""Seconds: what is as QUICK as this at first needs no measuring. Four times the text may take nine
times as long, or the LEAST that a pattern with two nested loops could take; nothing takes the
LIMIT, at which `re` is interrupted."""
ALPHABET = "aA1 -.,'\n\t我:(["
COMMON = (
    *ALPHABET, "a ", "A ", "Aa ", "1 ", "a.", "a,", "a-", "1.", ")", "<", '"', "“", "a@", "a\n",
    "I ", "you ", "the ", "の", "is not ", ": ", "1:", "> ", "- ", "`", "#", "|", "a b, ", "A and ",
    "on May 1 ", "//", "a/", "=", "_", "*", "Ann ", "a'", " .", "\n\n ", "(a", "!",
)  # fmt: skip
TAIL = "\N{SNOWMAN}"
CALLS = frozenset(
    {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub"}
)


# ── the patterns ─────────────────────────────────────────────────────────────────────────────────


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Every pattern of the package by the place where it stands, each once."""
    found: dict[re.Pattern[str], str] = {}
    for info in pkgutil.walk_packages(combray.__path__, "combray."):
        for place, pattern in (*held_by(info.name), *written_in(info.name)):
            found.setdefault(pattern, place)
    for number in range(len(phrases._PLACES)):
        found.setdefault(phrases._phrase(number).pattern, f"{phrases.__name__}._phrase({number})")
    for pattern in orders._patterns():
        found.setdefault(pattern, f"{orders.__name__}._patterns()")
    return {place: pattern for pattern, place in found.items()}


def held_by(module: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The compiled patterns that a module holds; none of one whose extra is not installed."""
    if module.endswith("__main__"):
        return
    try:
        names = vars(importlib.import_module(module))
    except ModuleNotFoundError:
        return
    for name, value in names.items():
        for number, pattern in enumerate(inside(value)):
            yield f"{module}.{name}[{number}]", pattern


def inside(value: Any, depth: int = 0) -> Iterator[re.Pattern[str]]:
    """The patterns of text in a value: itself, or in what it holds."""
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
        return
    parts: Iterable[Any] = ()
    if isinstance(value, Mapping):
        parts = value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        parts = value
    elif hasattr(type(value), "__dataclass_fields__"):
        parts = (getattr(value, name, None) for name in type(value).__dataclass_fields__)
    for part in parts if depth < 3 else ():
        yield from inside(part, depth + 1)


def written_in(module: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The patterns that stand in calls of `re` in a module, a word for each part to fill in."""
    spec = importlib.util.find_spec(module)
    source = Path(spec.origin) if spec is not None and spec.origin is not None else Path()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if is_call(node) and isinstance(node.args[0], ast.Constant | ast.JoinedStr):
            flags = [ast.unparse(x.value) for x in node.keywords if x.arg == "flags"]
            flags += [ast.unparse(x) for x in node.args[1:] if "re." in ast.unparse(x)]
            flag = eval(flags[0], {"re": re}) if flags else 0
            yield f"{module}:{node.lineno}", re.compile(filled(node.args[0]), flag)


def is_call(node: ast.AST) -> bool:
    """Whether a node calls a function of `re` that takes a pattern."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == "re"
        and node.func.attr in CALLS
    )


def filled(node: ast.expr) -> str:
    """The text of a literal; of one with parts to fill in, with a word for each."""
    if isinstance(node, ast.JoinedStr):
        return "".join(filled(part) for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "Ann"


# ── the texts that a pattern invites ─────────────────────────────────────────────────────────────


REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_NOT_WORD: r"\W",
}


def takes(parts: Any, char: str) -> bool:
    """Whether a class of characters takes one."""
    negated = parts[0][0] is codes.NEGATE
    return negated != any(
        (code is codes.LITERAL and chr(value) == char)
        or (code is codes.RANGE and value[0] <= ord(char) <= value[1])
        or (code is codes.CATEGORY and re.fullmatch(CATEGORIES[value], char) is not None)
        for code, value in parts[negated:]
    )


def members(tree: Any) -> list[str]:
    """Some characters that a class takes when a part of a pattern is one; otherwise none."""
    if len(tree) != 1:
        return []
    code, value = tree[0]
    if code is codes.ANY:
        return list(ALPHABET)
    if code is codes.NOT_LITERAL:
        return [char for char in ALPHABET if ord(char) != value]
    if code is not codes.IN:
        return []
    own = [
        chr(v if c is codes.LITERAL else v[0])
        for c, v in value
        if c in (codes.LITERAL, codes.RANGE)
    ]
    return [char for char in dict.fromkeys([*ALPHABET, *own[:3]]) if takes(value, char)]


def sample(tree: Any) -> str:
    """A text that a part of a pattern matches, or nearly."""
    text = ""
    for code, value in tree:
        if code is codes.LITERAL:
            text += chr(value)
        elif code in (codes.ANY, codes.IN, codes.NOT_LITERAL):
            text += (members([(code, value)]) or ["a"])[0]
        elif code is codes.BRANCH:
            text += sample(value[1][0])
        elif code is codes.SUBPATTERN:
            text += sample(value[3])
        elif code is codes.ATOMIC_GROUP:
            text += sample(value)
        elif code in REPEATS:
            text += sample(value[2]) * max(1, value[0])
    return text


def pumps(tree: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """What stands before each repeat without a bound, and what it repeats."""
    for code, value in tree:
        if code in REPEATS:
            if value[1] > 1000:
                yield from ((before, body) for body in members(value[2]) or [sample(value[2])])
            yield from pumps(value[2], before)
        elif code is codes.BRANCH:
            for branch in value[1]:
                yield from pumps(branch, before)
        elif code is codes.SUBPATTERN:
            yield from pumps(value[3], before)
        elif code is codes.ATOMIC_GROUP:
            yield from pumps(value, before)
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            yield from pumps(value[1], before)
        before += sample([(code, value)])


def invited(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """What texts for a pattern begin with, and what they repeat."""
    tree = parser.parse(pattern.pattern, pattern.flags)
    found = list(pumps(tree))
    whole = sample(tree)
    found += [("", before + body) for before, body in found] + [("", whole), ("", whole[:-1])]
    return [each for each in dict.fromkeys([*found, *(("", part) for part in COMMON)]) if each[1]]


# ── the law ──────────────────────────────────────────────────────────────────────────────────────


def seconds(pattern: re.Pattern[str], text: str) -> float:
    """The processor time of finding every match in a text."""
    began = time.process_time()
    for _ in pattern.finditer(text):
        pass
    return time.process_time() - began


def is_quick(pattern: re.Pattern[str], text: str) -> bool:
    """Whether every match in a short text is found at once, by a clock that ticks finely."""
    began = time.perf_counter()
    seconds(pattern, text)
    return time.perf_counter() - began < QUICK


class TooSlow(Exception):
    """A pattern that took longer than the limit."""


@contextmanager
def limited() -> Iterator[None]:
    """Interrupt a pattern at the limit of processor time."""

    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def slow_text(pattern: re.Pattern[str]) -> str:
    """The first text found for which a pattern takes more than its length asks; empty if none."""
    for before, part in invited(pattern):
        whole = before + part * (SIZES[-1] // len(part) + 1)
        said = f"{before!r} + {part!r} * n"
        try:
            with limited():
                if any(is_quick(pattern, whole[:SCREENED] + TAIL) for _ in range(2)):
                    continue
                times = [seconds(pattern, whole[:size] + TAIL) for size in SIZES]
        except TooSlow:
            return f"{said}: more than {LIMIT} s"
        if times[-1] > max(LEAST, RATIO * times[0]):
            return f"{said}: {times}"
    return ""


def test_patterns_are_found_wherever_they_stand() -> None:
    """Constants, tables, calls inside functions and what is compiled later are all tried."""
    found = patterns()
    for place in ("core.text._WORD", "core.filters:", "write.messages.guard.", "write.patterns."):
        assert any(name.startswith(f"combray.{place}") for name in found), place
    assert list(written_in("combray.tensor.kv.attach"))
    assert len(found) > 500


@pytest.mark.parametrize(
    "pattern", [r"\s+x", r"(\w+)-(\w+)@", r"a*[^b]*c", r"<.*?>", r"^\s*[-*]?\s*\[", r"(?:a+)+b"]
)
def test_a_quadratic_pattern_is_noticed(pattern: str) -> None:
    """Runs read from each of their places, adjacent runs and nested ones are found slow."""
    assert slow_text(re.compile(pattern))


def test_time_grows_with_the_text() -> None:
    """Four times the characters take about four times as long, for every text that it invites."""
    slow = {place: text for place, pattern in patterns().items() if (text := slow_text(pattern))}
    assert slow == {}
