"""Semantic retrieval: repoqa, qa_eng, qa_chn, choice_eng."""

from __future__ import annotations

import random
import re

from combray.bench.context.cases import CaseQuestion
from combray.bench.scbench.parts import CaseDraft, CaseShape, depth, fill, pick, unique, word
from combray.bench.scbench.scores import characters, code, contains, letter

_FIELDS = ("price", "weight", "age", "score", "height", "stock", "speed", "rank", "cost", "size")
_DO = {"+": "adds {} to", "-": "subtracts {} from", "*": "multiplies by {}"}
_IF = {"<": "is below", ">": "is above", "==": "equals"}
_FUNCTION = re.compile(
    r'def \w+\(rows\):\n    return \[r\["(\w+)"\] ([-+*]) (\d+) for r in rows '
    r'if r\["(\w+)"\] (<|>|==) (\d+)\]'
)


def repoqa(shape: CaseShape, rng: random.Random) -> CaseDraft:
    """The function that does what a description says."""
    used: set[str] = set()
    names: set[str] = set()

    def draw() -> str:
        body = unique(lambda: _body(rng), used)
        return f"def {unique(lambda: word(rng, 4), names)}(rows):\n    return {body}"

    made = fill(shape.length, draw, joint=2)
    asked = [
        CaseQuestion(
            text=f"Write out the function that {_description(made[i])}.",
            answer=made[i],
            score=code,
            depth=depth(i, made),
        )
        for i in pick(made, shape.questions, rng)
    ]
    return CaseDraft(passages=made, questions=asked, solve=_described)


def _body(rng: random.Random) -> str:
    field, other = rng.sample(_FIELDS, 2)
    do, if_ = rng.choice(list(_DO)), rng.choice(list(_IF))
    n, m = rng.randrange(2, 100), rng.randrange(2, 100)
    return f'[r["{field}"] {do} {n} for r in rows if r["{other}"] {if_} {m}]'


def _description(function: str) -> str:
    found = _FUNCTION.match(function)
    if found is None:
        return ""
    field, do, n, other, if_, m = found.groups()
    return f"{_DO[do].format(n)} the {field} of each row whose {other} {_IF[if_]} {m}"


def _described(text: str, question: str) -> list[str]:
    functions = [found[0] for found in _FUNCTION.finditer(text)]
    return [f for f in functions if f"that {_description(f)}." in question]


_CITIES = "Lisbon Oslo Quito Hanoi Tartu Lima Dakar Perth Turin Bergen Sofia Bogota".split()
_JOBS = "baker pilot nurse tailor judge diver painter farmer welder cook clerk guide".split()
_TOWNS = "北京 上海 广州 成都 西安 南京 杭州 武汉 重庆 天津 苏州 青岛".split()
_WORKS = "医生 老师 律师 厨师 司机 画家 记者 工人 护士 作家 歌手 农民".split()
_ENGLISH = re.compile(r"(?<!\w)(\w++) moved to (\w++) and works there as a (\w++)\.")
_CHINESE = re.compile(r"(?<!\w)(\w{1,20}?)搬到了(\w{1,20}?)，在那里当(\w{1,20}?)。")
_SURNAMES, _GIVEN = "赵钱孙李周吴郑王冯陈", "伟芳娜敏静丽强磊洋艳勇军杰娟涛明超秀霞平刚桂英华玉萍红"


def qa_eng(shape: CaseShape, rng: random.Random) -> CaseDraft:
    """Where a person of a long story lives, or what the person works as."""
    people, made = _story(shape, rng)
    asked = []
    for i in pick(made, shape.questions, rng):
        name, city, job = people[i]
        text, answer = rng.choice(
            [(f"To which city did {name} move?", city), (f"What does {name} work as?", job)]
        )
        asked.append(CaseQuestion(text=text, answer=answer, score=contains, depth=depth(i, made)))
    return CaseDraft(passages=made, questions=asked, solve=_lives)


def _story(shape: CaseShape, rng: random.Random) -> tuple[list[tuple[str, str, str]], list[str]]:
    used: set[str] = set()
    people: list[tuple[str, str, str]] = []

    def draw() -> str:
        name = unique(lambda: word(rng).title(), used)
        people.append((name, rng.choice(_CITIES), rng.choice(_JOBS)))
        return "{} moved to {} and works there as a {}.".format(*people[-1])

    return people, fill(shape.length, draw)


def _lives(text: str, question: str) -> list[str]:
    column = 1 if "city" in question else 2
    asked = [p for p in _ENGLISH.findall(text) if f" {p[0]} " in question]
    return sorted({p[column] for p in asked})


def qa_chn(shape: CaseShape, rng: random.Random) -> CaseDraft:
    """The same in Chinese, judged by characters."""
    used: set[str] = set()
    people: list[tuple[str, str, str]] = []

    def draw() -> str:
        name = unique(lambda: rng.choice(_SURNAMES) + "".join(rng.choices(_GIVEN, k=2)), used)
        people.append((name, rng.choice(_TOWNS), rng.choice(_WORKS)))
        return "{}搬到了{}，在那里当{}。".format(*people[-1])

    made = fill(shape.length, draw)
    asked = [
        CaseQuestion(
            text=f"{people[i][0]}搬到了哪里？",
            answer=people[i][1],
            score=characters,
            depth=depth(i, made),
        )
        for i in pick(made, shape.questions, rng)
    ]
    return CaseDraft(passages=made, questions=asked, solve=_moved)


def _moved(text: str, question: str) -> list[str]:
    asked = [p for p in _CHINESE.findall(text) if question.startswith(f"{p[0]}搬")]
    return sorted({p[1] for p in asked})


def choice_eng(shape: CaseShape, rng: random.Random) -> CaseDraft:
    """The right one of four."""
    people, made = _story(shape, rng)
    asked = []
    for i in pick(made, shape.questions, rng):
        name, city, _ = people[i]
        options = [city, *rng.sample([c for c in _CITIES if c != city], 3)]
        rng.shuffle(options)
        listed = " ".join(f"{x}) {o}" for x, o in zip("ABCD", options, strict=True))
        asked.append(
            CaseQuestion(
                text=f"To which city did {name} move? {listed}",
                answer="ABCD"[options.index(city)],
                score=letter,
                depth=depth(i, made),
            )
        )
    return CaseDraft(passages=made, questions=asked, solve=_chosen)


def _chosen(text: str, question: str) -> list[str]:
    cities = _lives(text, question.split("?")[0])
    return [x for x, option in re.findall(r"([A-D])\) (\w+)", question) if option in cities]
