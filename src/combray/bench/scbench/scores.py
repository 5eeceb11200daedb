"""How a reply is judged: by substring, by all substrings, first number, first letter, overlap."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence


def contains(reply: str, answer: str) -> float:
    """Return 1 when the reply contains the answer."""
    return float(answer.casefold() in reply.casefold())


def share(reply: str, answer: str) -> float:
    """The share of the answer's parts, between commas, that stand in the reply, to .01."""
    parts = answer.split(", ")
    return round(sum(part in re.findall(r"\w+", reply) for part in parts) / len(parts), 2)


def number(reply: str, answer: str) -> float:
    """1 when the first number of the reply is the answer."""
    found = re.search(r"-?\d+(?:\.\d+)?", reply)
    return float(found is not None and float(found[0]) == float(answer))


def letter(reply: str, answer: str) -> float:
    """Return 1 when the first single letter from A to D is the answer."""
    found = re.search(r"\b[A-D]\b", reply)
    return float(found is not None and found[0] == answer)


def first_word(reply: str, answer: str) -> float:
    """1 when the first word of the reply is the answer."""
    return float(reply.split()[:1] == [answer])


def characters(reply: str, answer: str) -> float:
    """F1 of the characters of reply and answer, for a language without spaces."""
    common = sum((Counter(reply) & Counter(answer)).values())
    return 2 * common / (len(reply) + len(answer)) if common else 0.0


def code(reply: str, answer: str) -> float:
    """1 when the function stands in the reply, white space aside.

    The paper takes a similarity of .8; functions made by rule are too alike for that.
    """
    return float("".join(answer.split()) in "".join(reply.split()))


def rouge_lsum(reply: str, answer: str) -> float:
    """ROUGE-Lsum: F1 of the words of the answer covered by common subsequences, by sentence."""
    ours, gold = _sentences(reply), _sentences(answer)
    bag = Counter(word for sentence in ours for word in sentence)
    hits = 0
    for sentence in gold:
        covered = {i for other in ours for i in _common(sentence, other)}
        for i in sorted(covered):
            if bag[sentence[i]] > 0:
                bag[sentence[i]] -= 1
                hits += 1
    total = sum(map(len, ours)) + sum(map(len, gold))
    return 2 * hits / total if total else 0.0


def _sentences(text: str) -> list[list[str]]:
    parts = re.split(r"(?<=[.!?])\s+|\n", text.lower())
    return [words for part in parts if (words := re.findall(r"\w+", part))]


def _common(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[int]:
    """The places in `a` of one longest common subsequence with `b`."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            best = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else best
    i, j, places = len(a), len(b), []
    while i and j:
        if a[i - 1] == b[j - 1]:
            i, j = i - 1, j - 1
            places.append(i)
        elif table[i - 1][j] >= table[i][j - 1]:
            i -= 1
        else:
            j -= 1
    return places[::-1]
