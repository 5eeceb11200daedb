"""SCBench: twelve tasks about a context that is shared by several questions, at any length.

After Li et al., 2025, SCBench: A KV Cache-Centric Analysis of Long-Context Methods.

strings    kv prefix_suffix vt                        symbols   kv and mf in words of small models
semantic   repoqa qa_eng qa_chn choice_eng            scores    how a reply is judged
whole      many_shot mf summary                       parts     what contexts are made of

The two that mix tasks are put together here. All contexts are made by rule: the retrieval and
global tasks as the paper makes them, those on books and repositories from texts whose answers are
known, so that every question has one answer and the solver finds it. A model under cache policies
and text memories answer side by side: `combray bench scbench --model PATH --memories evidence`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from combray.bench.context.cases import Case, CaseQuestion
from combray.bench.scbench import semantic, strings, whole
from combray.bench.scbench.parts import CaseDraft, CaseShape, Maker
from combray.core.errors import UnknownName

__all__ = ["TASKS", "CaseShape", "make"]


def _both(one: Maker, other: Maker) -> Maker:
    """Halves of two tasks in one context, their questions in turn."""

    def make(shape: CaseShape, rng: random.Random) -> CaseDraft:
        half = CaseShape(
            length=max(400, shape.length // 2 - 1), questions=(shape.questions + 1) // 2
        )
        a, b = one(half, rng), other(half, rng)
        asked = [q for pair in zip(a.questions, b.questions, strict=True) for q in pair]

        def solve(text: str, question: str) -> list[str]:
            return [*a.solve(text, question), *b.solve(text, question)]

        return CaseDraft(
            passages=[*a.passages, *b.passages],
            questions=[_unplaced(q) for q in asked[: shape.questions]],
            solve=solve,
        )

    return make


def _unplaced(question: CaseQuestion) -> CaseQuestion:
    return CaseQuestion(text=question.text, answer=question.answer, score=question.score)


TASKS: Mapping[str, Maker] = {
    "kv": strings.kv,
    "prefix_suffix": strings.prefix_suffix,
    "vt": strings.vt,
    "repoqa": semantic.repoqa,
    "qa_eng": semantic.qa_eng,
    "qa_chn": semantic.qa_chn,
    "choice_eng": semantic.choice_eng,
    "many_shot": whole.many_shot,
    "mf": whole.mf,
    "summary": whole.summary,
    "summary_with_needles": _both(whole.summary, strings.kv),
    "repoqa_and_kv": _both(semantic.repoqa, strings.kv),
}


def make(task: str, shape: CaseShape | None = None, seed: int = 0) -> Case:
    """One context with its questions; the same task, shape and seed give the same case.

    Raises UnknownName, or InputError when the length holds too little for the questions.
    """
    if task not in TASKS:
        raise UnknownName("SCBench task", task, TASKS)
    shape = shape or CaseShape()
    draft = TASKS[task](shape, random.Random(f"{task} {seed} {shape}"))
    return Case(
        task=task,
        id=f"{task}-{shape.length}-{seed}",
        passages=tuple(draft.passages),
        questions=tuple(draft.questions),
        solve=draft.solve,
    )
