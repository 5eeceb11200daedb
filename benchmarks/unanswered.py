"""Sets of questions of which some have an answer in the memory and some have none.

Beside what a set itself marks as unanswerable each memory is asked what it cannot know, drawn with
fixed seeds:

near       the set asks for it and its passage was left out, or a note beside it says something else
other      a question of another memory of the set, with this one's names in the place of its own
domain     a question about the world: news quizzes (RealTimeQA) and encyclopedia articles (XQuAD)
nonsense   words of a text put together at random
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from combray.bench.datasets import fact_consolidation, lihua, locomo, longmemeval
from combray.bench.datasets.form import (
    Benchmark,
    History,
    Question,
    Session,
    data_file,
    plain,
    read_json,
    read_lines,
    split_of,
    stratified,
)

NOTES = Path(__file__).parent / "notes.json"
NEAR = Path(__file__).parent / "near_misses.json"
SAID, ASKED = "2026-01-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"
UNIT = "unit"
SHAPES = (
    "What {} did the {} {} with the {}?", "Why does {} {} the {} {}?", "{} {} {} {}",
    "How many {} {} are in the {}?", "Is the {} {} or {}?", "asdf {} qwerty {}",
    "Who {} my {} {} last {}?",
)  # fmt: skip
SIZES = (1, 2, 3, 4, 4, 6, 8, 8, 12, 16, 60, 60)
"""How many written notes each memory of them holds, at most."""
FEW = 4
"""Notes that stand together where nearly the same is asked of what is not there."""
MULTIHOP = {
    "dev": ("hippo_hotpotqa_train100", "musique_train200", "2wiki_train500"),
    "test": ("hotpotqa_dev200", "musique_dev200", "2wiki_dev164"),
}
Others = Callable[[History], Sequence[str]]


def sets() -> Iterator[Benchmark]:
    """Every set with its unanswerable questions."""
    talks = locomo.load().only("all", unanswerable=True)
    yield beside(talks, _renamed(talks), other=30, domain=20, nonsense=8)
    year = lihua.load().only("all", unanswerable=True)
    yield beside(year, _renamed(talks), other=200, domain=120, nonsense=60)
    yield beside(*_chats(), other=2, domain=2, nonsense=1)
    yield beside(_written(), domain=2, nonsense=1)
    yield _near_misses()
    yield beside(_articles(), domain=12, nonsense=6)
    yield beside(_facts(), domain=12, nonsense=6)
    yield beside(_passages(), domain=10, nonsense=5)
    few = [replace(h, questions=stratified(h.questions)[:60]) for h in talks.histories]
    alone = plain(replace(talks, histories=few))
    named = {history.id: history for history in talks.histories}
    renamed = _renamed(talks)
    yield beside(alone, lambda h: renamed(named[h.id]), other=12, domain=8, nonsense=3)


def beside(
    benchmark: Benchmark,
    others: Others = lambda _: (),
    *,
    other: int = 0,
    domain: int = 0,
    nonsense: int = 0,
) -> Benchmark:
    """A set whose memories are also asked so many questions of each kind."""
    histories = []
    world = news() if benchmark.name == "articles" else [*news(), *encyclopedia()]
    for history in benchmark.histories:
        key = benchmark.name + history.id
        more = [
            *(("other", text) for text in _drawn(others(history), other, f"{key}s")),
            *(("domain", text) for text in _drawn(world, domain, f"{key}d")),
            *(("nonsense", text) for text in _nonsense(nonsense, key)),
        ]
        splits = {question.split for question in history.questions}
        asked = [
            Question(
                id=f"{history.id}:{kind}{n}",
                text=text,
                kind=kind,
                gold={},
                asked_at=history.questions[0].asked_at,
                answerable=False,
                split=min(splits) if len(splits) == 1 else split_of("conf", f"{history.id}{text}"),
            )
            for n, (kind, text) in enumerate(more)
        ]
        histories.append(replace(history, questions=[*history.questions, *asked]))
    return replace(benchmark, histories=histories)


# ── the sets ─────────────────────────────────────────────────────────────────────────────────────


def _chats(answerable: int = 110) -> tuple[Benchmark, Others]:
    """LongMemEval, the user's turns: all without an answer, and a sample of the others."""
    whole = longmemeval.load_user().only("all", unanswerable=True)
    asked = [question for history in whole.histories for question in history.questions]
    sample = {q.id for q in stratified([q for q in asked if q.answerable])[:answerable]}
    kept = sample | {q.id for q in asked if not q.answerable}
    histories = [h for h in whole.histories if h.questions[0].id in kept]

    def others(history: History) -> list[str]:
        own = history.questions[0].id.removesuffix("_abs")
        return [q.text for q in asked if q.answerable and q.id != own]

    return replace(whole, histories=histories), others


def _written() -> Benchmark:
    """Everyday notes in memories of one to sixty; each has a question that it does not answer."""
    notes = json.loads(NOTES.read_text(encoding="utf-8"))
    draw, histories = random.Random("notes"), []
    for split in ("dev", "test"):
        mine = [note for note in notes if split_of("notes", note["note"]) == split]
        for n, size in enumerate(SIZES):
            held = draw.sample(mine, min(size, len(mine)))
            left = [note for note in mine if note not in held]
            asked = [
                *((True, n["ask"], n["note"]) for n in draw.sample(held, min(8, len(held)))),
                *((False, n["near"], "") for n in draw.sample(held, min(8, len(held)))),
                *((False, n["ask"], "") for n in draw.sample(left, min(3, len(left)))),
            ]
            questions = [
                _question(f"notes:{split}{n}:{i}", text, {note} if ok else set(), split)
                for i, (ok, text, note) in enumerate(asked)
            ]
            told = [(note["note"], note["note"], {}) for note in held]
            histories.append(_history(f"{split}{n}", told, questions))
    return _set("notes", histories)


def _near_misses() -> Benchmark:
    """Notes, each asked by what it says and by what it says of something else: four, then all."""
    notes = json.loads(NEAR.read_text(encoding="utf-8"))
    histories = []
    for split in ("dev", "test"):
        mine = [note for note in notes if split_of("near", note["note"]) == split]
        for n, held in enumerate([*(mine[i : i + FEW] for i in range(0, len(mine), FEW)), mine]):
            questions = [
                _question(f"near:{split}{n}:{i}{key}", note[key], gold, split)
                for i, note in enumerate(held)
                for key, gold in (("ask", {note["note"]}), ("near", set()))
            ]
            told = [(note["note"], note["note"], {}) for note in held]
            histories.append(_history(f"near-{split}{n}", told, questions))
    return _set("near", histories)


def _articles() -> Benchmark:
    """XQuAD: some paragraphs of six articles as notes, the others left out."""
    asked: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for article in read_json("qa_stream", "xquad_en.json.gz")["data"]:
        for part in article["paragraphs"]:
            own = [(each["id"], each["question"]) for each in part["qas"][:4]]
            asked.setdefault(article["title"], {})[part["context"]] = own
    titles, draw, histories = sorted(asked), random.Random("articles"), []
    for n, size in enumerate((20, 20, 12, 12, 6, 6, 20, 20)):
        parts = {text: own for t in titles[6 * n : 6 * n + 6] for text, own in asked[t].items()}
        held = draw.sample(sorted(parts), size)
        split = ("dev", "test")[n % 2]
        there, gone = (
            [
                (id_, q, text)
                for text, own in parts.items()
                if (text in held) == kept
                for id_, q in own
            ]
            for kept in (True, False)
        )
        few = draw.sample(gone, min(len(gone), max(12, len(there) // 2)))
        questions = [
            *(_question(id_, text, {part}, split) for id_, text, part in there),
            *(_question(id_, text, set(), split) for id_, text, _ in few),
        ]
        histories.append(_history(f"articles{n}", [(t, t, {}) for t in held], questions))
    return _set("articles", histories)


def _facts() -> Benchmark:
    """FactConsolidation: two memories, each without the facts of half of its questions."""
    (history,) = fact_consolidation.load("6k").histories
    told = [
        (str(text), units["current"])
        for session in history.sessions
        for text, units in zip(session.content, session.units, strict=True)
    ]
    asked = [q for q in history.questions if q.kind == "sh" and q.gold["current"]]
    histories = []
    for part in (0, 1):
        gone = {n for q in asked[part::2] for level in q.gold.values() for n in level}
        kept = [(text, number, {}) for text, number in told if number not in gone]
        questions = [
            _question(f"fact{part}:{q.id}", q.text, q.gold["current"] - gone, q.split)
            for q in asked
        ]
        histories.append(_history(f"facts{part}", kept, questions))
    return _set("facts", histories)


def _passages() -> Benchmark:
    """Multi-hop sets: titled passages; those of every second question were left out."""
    histories = []
    for split, names in MULTIHOP.items():
        for name in names:
            asked = list(read_lines("multihop", name, "questions.jsonl.gz"))
            asked = random.Random(name).sample(asked, min(60, len(asked)))
            gone = {id_ for q in asked[1::2] for id_ in q["supporting"]}
            wanted = {id_ for q in asked for id_ in q["supporting"]} - gone
            corpus = list(read_lines("multihop", name, "corpus.jsonl.gz"))
            rest = [p for p in corpus if p["id"] not in wanted | gone]
            filled = random.Random(name).sample(rest, min(len(rest), 400 - len(wanted)))
            held = [p for p in corpus if p["id"] in wanted] + filled
            told = [(p["text"], p["id"], {"title": p["title"]}) for p in held]
            questions = [
                _question(f"{name}:{q['id']}", q["question"], set(q["supporting"]) & wanted, split)
                for q in asked
                if set(q["supporting"]) <= wanted or not set(q["supporting"]) & wanted
            ]
            histories.append(_history(name, told, questions))
    return _set("passages", histories)


def _question(id_: str, text: str, gold: set[str] | frozenset[str], split: str) -> Question:
    return Question(
        id=id_,
        text=text,
        kind="own" if gold else "near",
        gold={UNIT: frozenset(gold)},
        asked_at=ASKED,
        answerable=bool(gold),
        split=split,
    )


def _history(
    id_: str, told: Sequence[tuple[str, str, dict[str, str]]], questions: Sequence[Question]
) -> History:
    sessions = [
        Session(content=[text], units=[{UNIT: unit}], timestamp=SAID, metadata=metadata)
        for text, unit, metadata in told
    ]
    return History(id=id_, sessions=sessions, questions=questions)


def _set(name: str, histories: Sequence[History]) -> Benchmark:
    return Benchmark(name=name, histories=histories, levels=(UNIT,), shown=())


# ── what a memory cannot know ────────────────────────────────────────────────────────────────────


def _renamed(talks: Benchmark) -> Others:
    """Questions of other dialogues that name a speaker, with the speakers of this one instead."""
    asked = [
        (speakers(history), [q.text for q in history.questions if q.answerable])
        for history in talks.histories
    ]

    def others(history: History) -> list[str]:
        mine = speakers(history)
        return [
            _told(text, dict(zip(names, mine, strict=True)))
            for names, texts in asked
            if not set(names) & set(mine)
            for text in texts
            if any(name in text for name in names)
        ]

    return others


def _told(text: str, names: Mapping[str, str]) -> str:
    """A text with other names in it."""
    return re.sub("|".join(names), lambda match: names[match[0]], text)


def speakers(history: History) -> list[str]:
    """The two who say most."""
    said = Counter(m["name"] for s in history.sessions for m in s.content if not isinstance(m, str))
    return [name for name, _ in said.most_common(2)]


@lru_cache(maxsize=1)
def news() -> list[str]:
    """Questions of news quizzes."""
    asked = (q["question_sentence"] for q in read_lines("qa_stream", "realtimeqa.jsonl.gz"))
    return [text for text in asked if text.strip()]


@lru_cache(maxsize=1)
def encyclopedia() -> list[str]:
    """Questions about articles of an encyclopedia."""
    articles: Any = read_json("qa_stream", "xquad_en.json.gz")["data"]
    return [q["question"] for a in articles for part in a["paragraphs"] for q in part["qas"]]


@lru_cache(maxsize=1)
def vocabulary() -> list[str]:
    """Words of four to ten letters."""
    with gzip.open(data_file("text", "wikitext2_valid.txt.gz"), "rt", encoding="utf-8") as file:
        return sorted(set(re.findall(r"[a-z]{4,10}", file.read())))


def _drawn(pool: Sequence[str], most: int, key: str) -> list[str]:
    return random.Random(key).sample(pool, min(most, len(pool))) if pool else []


def _nonsense(most: int, key: str) -> Iterator[str]:
    draw = random.Random(f"nonsense{key}")
    for _ in range(most):
        shape = draw.choice(SHAPES)
        yield shape.format(*draw.sample(vocabulary(), shape.count("{}")))
