"""docs/bench.md, and the ablation in docs/recall.md, from the results of the benchmarks.

python benchmarks/tables.py             write the page
python benchmarks/tables.py --check     fail when the page is not what the results say
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from combray.core.text import counted

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PAGE = HERE.parent / "docs" / "bench.md"
RECALL = HERE.parent / "docs" / "recall.md"
START, END = "<!-- ablation -->", "<!-- /ablation -->"
NAMES = (
    "locomo", "longmemeval-user", "longmemeval", "lihua", "multihop", "memdaily", "scm",
    "locomo-hashed", "lihua-hashed",
)  # fmt: skip
SHOWN = {
    "locomo": [("turn", "R@5"), ("turn", "R@10"), ("turn", "all@10"), ("audited", "R@10"),
               ("session", "R@5")],
    "longmemeval-user": [("session", "any@5"), ("session", "all@5"), ("turn", "R@5"),
                         ("turn", "R@10"), ("turn", "all@10")],
    "longmemeval": [("session", "any@5"), ("session", "all@5"), ("turn", "R@5"),
                    ("turn", "R@10"), ("turn", "all@10")],
    "lihua": [("session", "R@1"), ("session", "R@5"), ("session", "R@10"), ("session", "all@5")],
    "multihop": [("passage", "R@2"), ("passage", "R@5"), ("passage", "R@10"),
                 ("passage", "all@5")],
    "memdaily": [("message", "R@1"), ("message", "R@3"), ("message", "R@5")],
    "scm": [("turn", "any@1"), ("turn", "any@5"), ("turn", "any@10")],
    "locomo-hashed": [("turn", "R@5"), ("turn", "R@10"), ("turn", "all@10"), ("session", "R@5")],
    "lihua-hashed": [("session", "R@1"), ("session", "R@5"), ("session", "R@10")],
}  # fmt: skip
HEAD = """# What recall reaches

Every table is made by the command beside it, over public data in the folder that `COMBRAY_DATA`
names, with the offline MiniLM embedder and no language model. All memories are given the same
messages as a user would give them (`memory.add`), the same vectors and the same questions.

- **Splits** are hashes of conversations or questions, fixed in `bench/datasets/form.py`; of the
  multi-hop sets `dev` are the samples of the training sets. The rule of `evidence` and the options
  of the two fusions were fitted on `dev`; the tables are of `test` unless they say otherwise. The
  rule is one for all sets; the fusions have options of their own for each set.
- **R@k** is the mean share of the gold evidence among the first k, **any@k** and **all@k** whether
  some or all of it is there; ± is half of the 95 % bootstrap interval over questions (1,000 draws,
  seed 0). Where evidence is counted in sessions, k different sessions are looked at.
- **write** and **search** are CPU milliseconds a message and a question (median), embedding left
  out, of this machine under load: compare them within a table only.
- LongMemEval is a fixed stratified sample (`--limit`); with both sides remembered it is smaller,
  because its long answers take up to 20 CPU seconds a question to embed. There the fusions find
  some evidence among five sessions for one question of 40 more, and all of it for three or four
  fewer.
- **PersonaMem** is not here: the gold of each of its 589 questions is every document of the user,
  which says nothing about recall, and the data mark no evidence inside them; its answers are
  choices among four texts, which a reader makes and a memory does not. **SORT** is on
  [a page of its own](systems/sort.md).
- **Where `evidence` does not win**: SCM and MemDaily, which it was never fitted on. The answers
  to 47 of SCM's 53 questions stand in a turn, and these are asked. Its dialogues are one long
  conversation whose answers stand in the assistant's turns, unlike anything the rule of chats was
  fitted on; its figure was seen while their signals were mended. It is level there with bm25 and
  convex at five turns, behind at the first, and brings less of the gold into 2,500 tokens than
  the fusions. MemDaily's memories are nine short Chinese messages each; the fusions order them
  better. It has lost a point there against the table before this one (.845), most of it among the
  noisy messages; why is not known. `scm` ranks as dense does, and brings less into 2,500 tokens.
- Without MiniLM (`--embedder hashed`) `evidence` has weights of its own, fitted on the same dev
  splits; the options of the fusions stay those of MiniLM.
- Only the public part of each set was used, and these sets are famous: a number is comparable with
  a paper's only on the same questions.
"""


def main() -> None:
    """Write the page, or check it."""
    page = "\n".join([HEAD, *(part for name in NAMES for part in section(name)), *left_out()])
    told = RECALL.read_text(encoding="utf-8")
    for path, text in ((PAGE, page.rstrip() + "\n"), (RECALL, with_ablation(told))):
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path.name} is not what the results say; run: python benchmarks/tables.py")


def with_ablation(page: str) -> str:
    """The page on recall with the tables of the ablation between its marks."""
    found = json.loads((RESULTS / "ablation.json").read_text(encoding="utf-8"))
    parts = []
    for made in found["tables"]:
        rows = [
            [r["variant"], str(r["n"]), f"{r['R@5']:.3f}",
             f"{r['R@10']:.3f} ± {(r['high'] - r['low']) / 2:.3f}",
             *(f"{r[metric]:.3f}" for metric in ("any@5", "all@5", "all@10"))]
            for r in made["rows"]
        ]  # fmt: skip
        heads = ["", "n", "R@5", "R@10", "any@5", "all@5", "all@10"]
        parts.append(f"**{made['title']}** ({made['note']})\n\n{table(heads, rows)}")
    before, _, rest = page.partition(START)
    return f"{before}{START}\n{chr(10).join(parts)}{END}{rest.partition(END)[2]}"


def section(name: str) -> Iterator[str]:
    """The tables of one set: all questions, by kind, and coverage of contexts."""
    path = RESULTS / f"{name}.json"
    if not path.is_file():
        return
    found = json.loads(path.read_text(encoding="utf-8"))
    yield f"## {found['set']}{', hashed embedder' if name.endswith('-hashed') else ''}\n"
    yield (
        f"{found['note']}; {found['split']} split, n = {found['questions']}, "
        f"{counted(found['histories'], 'memory')}.\n"
    )
    yield f"```sh\n{found['command']}\n```\n"
    systems = found["systems"]
    heads = [" ".join(pair) for pair in SHOWN[name]]
    rows = [
        [system, *(cell(f["levels"][level].get(metric)) for level, metric in SHOWN[name]),
         f"{f['write_ms']:.2f}", f"{f['search_ms']:.1f}"]
        for system, f in systems.items()
    ]  # fmt: skip
    yield table(["", *heads, "write ms", "search ms"], rows)
    yield by_kind(name, systems)
    budgets = next(iter(systems.values())).get("coverage", {})
    if budgets:
        yield "Share of the gold that stands in a context of so many tokens:\n"
        rows = [
            [system, *(cell(f["coverage"][b]) for b in budgets)] for system, f in systems.items()
        ]
        yield table(["", *(f"{b} tokens" for b in budgets)], rows)


def by_kind(name: str, systems: Mapping[str, Any]) -> str:
    """The second figure of the set for each kind of question."""
    level, metric = SHOWN[name][1]
    kinds = next(iter(systems.values()))["kinds"]
    rows = []
    for kind in kinds:
        values = [f["kinds"][kind][level].get(metric) for f in systems.values()]
        if values[0]:
            count = str(values[0]["n"])
            rows.append([kind, count, *(f"{v['mean']:.3f}" for v in values)])
    return table([f"{level} {metric}", "n", *systems], rows)


def left_out() -> Iterator[str]:
    """How the rule does on the set it was not fitted on."""
    path = RESULTS / "left_out.json"
    if path.is_file():
        (found,) = json.loads(path.read_text(encoding="utf-8"))["tables"]
        yield "## The rule on a set it never saw\n"
        yield (
            "R@5 on dev questions: plain fusion of the seven channels, the rule fitted on the other"
            " sets of the domain, and the rule in folds with them. The two sets of `chat` share"
            " questions: there the unseen rule is fitted on the other set without the questions"
            " of the fold.\n"
        )
        yield f"```sh\n{found['command']}\n```\n"
        rows = [
            [r["domain"], r["left out"], str(r["n"]),
             *(f"{r[k]:.3f}" for k in ("fusion R@5", "R@5", "in folds R@5"))]
            for r in found["rows"]
        ]  # fmt: skip
        yield table(["domain", "left out", "n", "fusion", "left out", "in folds"], rows)


def cell(figure: Mapping[str, float] | None) -> str:
    """`mean ± half the interval`."""
    if figure is None:
        return ""
    return f"{figure['mean']:.3f} ± {(figure['high'] - figure['low']) / 2:.3f}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


if __name__ == "__main__":
    main()
