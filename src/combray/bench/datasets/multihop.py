"""MuSiQue, HotpotQA and 2WikiMultiHopQA: passages, each sample pooled with its own distractors.

The kind of a question is its source. `test` are the samples of the development sets, `dev` those
of the training sets.
"""

from __future__ import annotations

from combray.bench.datasets.form import Benchmark, History, Question, Session, read_lines

SAMPLES = {
    "musique_dev200": ("musique", "test"),
    "hotpotqa_dev200": ("hotpotqa", "test"),
    "2wiki_dev164": ("2wiki", "test"),
    "musique_train200": ("musique", "dev"),
    "hippo_hotpotqa_train100": ("hotpotqa", "dev"),
    "2wiki_train500": ("2wiki", "dev"),
}


def load() -> Benchmark:
    """One memory for each sample."""
    return Benchmark(
        name="multihop",
        histories=[_history(name, *about) for name, about in SAMPLES.items()],
        levels=("passage",),
        shown=tuple(("passage", metric) for metric in ("R@2", "R@5", "R@10", "all@5", "NDCG@10")),
        depth=50,
        note="MuSiQue, HotpotQA and 2Wiki together",
    )


def _history(sample: str, source: str, split: str) -> History:
    passages = read_lines("multihop", sample, "corpus.jsonl.gz")
    questions = read_lines("multihop", sample, "questions.jsonl.gz")
    return History(
        id=sample,
        sessions=[
            Session(
                content=[p["text"]], units=[{"passage": p["id"]}], metadata={"title": p["title"]}
            )
            for p in passages
            if p["text"].strip()
        ],
        questions=[
            Question(
                id=f"{sample}:{q['id']}",
                text=q["question"],
                kind=source,
                gold={"passage": frozenset(q["supporting"])},
                split=split,
                answer=q.get("answer"),
            )
            for q in questions
        ],
    )
