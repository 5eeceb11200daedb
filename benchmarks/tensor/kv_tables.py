"""The tables of docs/activation.md, made from the figures of the other files of this folder.

    python benchmarks/tensor/kv_tables.py

Writes benchmarks/results/activation.json, from which the pages of the systems are made too, and the
part of docs/activation.md between its marks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "activation.md"
BEGIN, END = "<!-- tables: made by benchmarks/tensor/kv_tables.py -->", "<!-- end -->"
Row = dict[str, Any]


def load(name: str) -> Any:
    """The figures of one file."""
    return json.loads((RESULTS / f"{name}.json").read_text())


def table(title: str, command: str, note: str, rows: list[Row]) -> Row:
    """One table as data."""
    return {
        "title": title,
        "command": f"python benchmarks/tensor/{command}",
        "note": note,
        "rows": rows,
    }


def policies() -> Iterator[Row]:
    """From kv_policies.json."""
    found = load("kv_policies")
    for length, told in ((128, "needles"), (256, "needles, twice the length trained on")):
        cells = [row for row in found["needles"] if row["length"] == length]
        yield table(
            f"SirLLM, KVMerger: {told}",
            "kv_policies.py needles",
            f"Share of needles answered after the cache was cut to this share of {length} tokens; "
            "2-layer Llama of width 64, training seed 0, evaluation seeds 100-102, n = 1,728 a "
            "cell (± .024 at most). A guess is right 1 time in 16.",
            spread(cells),
        )
    yield table(
        "KVMerger: which symbol came most",
        "kv_policies.py runs",
        "Contexts of 96 tokens in runs of 3 to 8, n = 1,200 a cell (± .028 at most), same seeds.",
        spread(found["runs"]),
    )
    yield table(
        "SirLLM: decay",
        "kv_policies.py decay",
        "Four keys bound in the first half and again in the second, 16 tokens a turn, 16 entries "
        "of 128 kept, n = 1,728 (± .024 at most). Answered with the newest or the oldest value; "
        "whether the token that says it is still held.",
        [
            {"system": "sirllm", **{k: v for k, v in row.items() if k not in ("budget", "n")}}
            for row in found["decay"]
        ],
    )
    rows = []
    for row in found["turns"]:
        first, *later = row["turns"]
        shown = (
            row["policy"]
            if row["policy"] != "snapkv"
            else f"snapkv, window {row['options']['window']}"
        )
        rows.append(
            {
                "system": shown,
                "turn 1": first,
                "turns 2-5": round(sum(later) / 4, 4),
                "gap": row["gap"],
            }
        )
    yield table(
        "SCBench: a cache that knew the first question",
        "kv_policies.py turns",
        "20 % of 128 tokens kept; the first of five questions stands before the cut. n = 432 a "
        "turn (± .047 at most).",
        rows,
    )


def spread(cells: list[Row]) -> list[Row]:
    """A row for each policy, a column for each budget."""
    rows: dict[str, Row] = {}
    for cell in cells:
        options = [f"{k} {cell[k]:g}" for k in ("heavy", "sinks", "recent") if k in cell]
        name = ", ".join([cell["policy"], *options])
        budget = "all" if cell["budget"] is None else f"{cell['budget']:.0%}"
        rows.setdefault(name, {"system": name})[budget] = cell["score"]
    columns = ("all", "50%", "35%", "20%", "10%")
    used = [c for c in columns if any(c in row for row in rows.values())]
    return [{"system": name, **{c: row.get(c, "") for c in used}} for name, row in rows.items()]


def streams() -> Iterator[Row]:
    """From sirllm_streams.json."""
    found = load("sirllm_streams")
    told = {
        "grocery": "All words of the item still held when it is asked for, 21 turns later",
        "dailydialog": "Next utterance chosen among four by rare words held",
    }
    for name in ("rps_rock", "rps_paper", "rps_scissors"):
        told[name] = "Rounds won by answering the most frequent move held"
    for name, what in told.items():
        if name not in found:
            continue
        rows: dict[str, Row] = {}
        for cell in found[name]["rows"]:
            system = (
                "sirllm, ρ = " + cell["policy"][7:]
                if cell["policy"].startswith("sirllm")
                else cell["policy"]
            )
            rows.setdefault(system, {"system": system})[f"{cell['budget']} words"] = cell["score"]
        half, n = max(c["half"] for c in found[name]["rows"]), found[name]["rows"][0]["n"]
        yield table(
            f"SirLLM's stream {name}",
            "sirllm_streams.py",
            f"{what}; {found[name]['words_a_turn']} words a turn, n = {n} (± {half:.3f} at most), "
            "last four fifths of the stream, surprisal from a word trigram.",
            list(rows.values()),
        )


def answerers() -> Iterator[Row]:
    """From kv_answerers.json."""
    found = load("kv_answerers")
    for task, told in (("symbol_kv", "needles by key"), ("symbol_mf", "which symbol came most")):
        cells = [row for row in found["table"] if row["of"] == task]
        yield table(
            f"Caches and text memories on the same contexts: {told}",
            "kv_answerers.py table",
            f"60 contexts, n = {cells[0]['n']}; the small model, its cache cut to a share of it; "
            "text memories recall 5 passages of 8 words, hashed embedder, for an exact reader. "
            "CPU ms of one busy core.",
            [
                {
                    "system": row["answerer"],
                    "answered": round(row["score"], 3),
                    "95 %": f"{row['low']:.2f}–{row['high']:.2f}",
                    "bytes kept": round(row["nbytes"]),
                    "ms to read": round(row["read_ms"], 1),
                    "ms an answer": round(row["ms"], 1),
                }
                for row in cells
            ],
        )
    if "turns" in found:
        rows: dict[str, Row] = {}
        for row in found["turns"]:
            rows.setdefault(row["answerer"], {"system": row["answerer"]})[row["of"]] = round(
                row["score"], 3
            )
        yield table(
            "The same, in turns, by the bench",
            "kv_answerers.py turns",
            "60 contexts of 5 questions through bench/shared; each question is said twice.",
            list(rows.values()),
        )
    if "threads" in found:
        threads: dict[tuple[str, int], Row] = {}
        for row in found["threads"]:
            key = row["of"], row["hops"]
            threads.setdefault(key, {"system": "needles", "task": key[0], "hops": key[1]})[
                row["answerer"]
            ] = round(row["score"], 3)
        yield table(
            "Needle threading by text memories: one recall reaches two hops at most",
            "kv_answerers.py threads",
            "JSON haystacks of 9,000 characters, 10 of each, 5 questions, 10 pairs recalled.",
            list(threads.values()),
        )

    tasks: dict[str, Row] = {}
    for row in found["tasks"]:
        shown = tasks.setdefault(row["of"], {"system": "scbench", "task": row["of"]})
        shown[row["answerer"]] = round(row["score"], 3)
    yield table(
        "SCBench by text memories with an exact reader",
        "kv_answerers.py tasks",
        "Contexts of 6,000 characters, 6 of each task, 5 questions (n = 30), 10 passages recalled.",
        list(tasks.values()),
    )


def peers() -> Iterator[Row]:
    """From peer_kvpress.json."""
    rows = [
        {"policy": name, **{side: cell["score"] for side, cell in sides.items()}}
        for name, sides in load("peer_kvpress").items()
    ]
    yield table(
        "kvpress 0.5.5 (transformers 5.2) beside this cache, same weights, contexts and questions",
        "peer_kvpress.py",
        "Share of needles answered, n = 1,728 (± .024 at most). kvpress divides the attention of "
        "an entry by the queries that could see it, and draws a random set for each head.",
        rows,
    )


def markdown(made: Row) -> str:
    """One table under its title, with its note and command."""
    columns = list(made["rows"][0])
    lines = [f"### {made['title']}\n", f"{made['note']}\n", f"| {' | '.join(columns)} |"]
    lines.append("|" + " --- |" * len(columns))
    lines += [f"| {' | '.join(str(row.get(c, '')) for c in columns)} |" for row in made["rows"]]
    return "\n".join([*lines, f"\n`{made['command']}`"])


def main() -> None:
    """Write both files."""
    tables = [*policies(), *streams(), *answerers(), *peers()]
    (RESULTS / "activation.json").write_text(
        json.dumps({"tables": tables}, indent=1, ensure_ascii=False) + "\n"
    )
    head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    tail = rest.split(END, 1)[1]
    body = "\n\n".join(markdown(made) for made in tables)
    PAGE.write_text(f"{head}{BEGIN}\n\n{body}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
