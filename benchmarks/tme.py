"""The four published scripts of the task memory engine, on slots: states, intents, prompts.

    COMBRAY_DATA=… python benchmarks/tme.py      writes benchmarks/results/tme.json

The scripts are read from `tme/cases.json` of $COMBRAY_DATA; what they should leave behind is our
own annotation, benchmarks/tme_gold.json: an intent for each utterance, the change it makes, what a
check must be able to say, and the final slots. Intents by rule are read in the state that the
annotation has before each utterance.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from combray import Memory, TaskMemory
from combray.core.text import count_tokens
from combray.write.task.intents import read_intent

HERE = Path(__file__).parent
GOLD: dict[str, Any] = json.loads((HERE / "tme_gold.json").read_text(encoding="utf-8"))
COMMAND = "python benchmarks/tme.py"
BUDGET = 350
PUBLISHED = 4930
"""Tokens of the last flat prompt that the paper's repository keeps of the trip."""


def scripts() -> dict[str, list[str]]:
    """The utterances of each script."""
    path = Path(os.environ["COMBRAY_DATA"]) / "tme" / "cases.json"
    told: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return told


def do(tasks: TaskMemory, turn: dict[str, Any]) -> None:
    """Make the change of an annotated utterance."""
    for verb, title, *given in turn.get("do", ()):
        if verb == "add":
            tasks.add(title, given[0], after=given[1] if len(given) > 1 else ())
        elif verb == "depend":
            tasks.depend(title, given[0])
        else:
            getattr(tasks, verb)(title, given[0])


def play(memory: Memory, system: str, name: str, said: list[str]) -> Iterator[dict[str, Any]]:
    """One script: for each utterance what the rules read, what it costs, and what is right."""
    tasks = memory.user("u").tasks(f"{name} {system}", system=system)
    flat = 0
    for number, (text, turn) in enumerate(zip(said, GOLD[name]["turns"], strict=True), 1):
        begun = time.process_time()
        read = read_intent(text, tasks.state())
        do(tasks, turn)
        asked = [
            (title, words, tasks.prompt(title, tokens=BUDGET, past=True))
            for title, words in turn.get("ask", ())
        ]
        prompt = asked[-1][2] if asked else tasks.prompt(tokens=BUDGET)
        flat += count_tokens(text)
        yield {
            "script": name,
            "turn": number,
            "gold": turn["intent"],
            "read": read.kind,
            "slot": not turn.get("slots") or read.title in turn["slots"],
            "answered": [all(word in told for word in words) for _, words, told in asked],
            "stale": "stale" not in turn or tasks.stale() == turn["stale"],
            "tokens": count_tokens(prompt) + count_tokens(text),
            "flat": flat,
            "cpu ms": 1000 * (time.process_time() - begun),
        }  # fmt: skip
    final = {slot.title: slot.value for slot in tasks.slots()}
    versions = {t: len(tasks.history(t)) == n for t, n in GOLD[name]["versions"].items()}
    yield {
        "script": name,
        "final": sum(final.get(t) == value for t, value in GOLD[name]["final"].items()),
        "slots": len(GOLD[name]["final"]),
        "exact": final == GOLD[name]["final"] and all(versions.values()),
    }


def main() -> None:
    """Play all scripts and write the result."""
    with Memory(embedder="hashed") as memory:
        rows = [r for name, said in scripts().items() for r in play(memory, SYSTEM, name, said)]
    turns, ends = [r for r in rows if "turn" in r], [r for r in rows if "final" in r]
    right = [r["read"] == r["gold"] for r in turns]
    named = [r["slot"] for r in turns if r["gold"] != "new"]
    answers = [each for r in turns for each in r["answered"]]
    trip = [r for r in turns if r["script"] == "trip_planning_case"]
    each = [
        {
            "system": SYSTEM,
            "script": end["script"].removesuffix("_case").replace("_", " "),
            "utterances": len(mine := [r for r in turns if r["script"] == end["script"]]),
            "final slots": f"{end['final']}/{end['slots']}",
            "checks answered": f"{sum(a for r in mine for a in r['answered'])}"
            f"/{sum(len(r['answered']) for r in mine)}",
            "intents by rule": f"{sum(r['read'] == r['gold'] for r in mine)}/{len(mine)}",
            "most prompt tokens": max(r["tokens"] for r in mine),
        }
        for end in ends
    ]
    wrong = [f"{r['script'].removesuffix('_case')} {r['turn']}: {r['read']} for {r['gold']}"
             for r in turns if r["read"] != r["gold"]]  # fmt: skip
    tables = [
        {
            "title": "The four scripts",
            "command": COMMAND,
            "note": f"n = {len(turns)} utterances, annotated by us; the rules were written by "
            f"somebody who had seen them. Intents by rule {sum(right)}/{len(right)}, the slot of "
            f"those that are not new {sum(named)}/{len(named)}. Read wrongly: "
            f"{'; '.join(wrong) or 'none'}.",
            "rows": each,
        },
        {
            "title": "Tokens of a prompt on the trip, utterance by utterance",
            "command": COMMAND,
            "note": "The prompt of the slot at work with the utterance, against all utterances so "
            f"far; with its answers the flat prompt of the paper's code reaches {PUBLISHED:,} "
            "tokens. Tokens are our upper estimate.",
            "rows": [{"utterance": r["turn"], "prompt": r["tokens"], "utterances alone": r["flat"]}
                     for r in trip],
        },
        tree(),
    ]  # fmt: skip
    data = {
        "final": sum(e["exact"] for e in ends) / len(ends),
        "intents": sum(right) / len(right),
        "answers": sum(answers) / len(answers),
        "stale": all(r["stale"] for r in turns),
        "tokens": max(r["tokens"] for r in trip),
        "tables": tables,
    }
    path = HERE / "results" / "tme.json"
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in data.items() if k != "tables"}, indent=1))
    print("CPU ms an utterance:", round(sum(r["cpu ms"] for r in turns) / len(turns), 2))
    for line in wrong:
        print(line)


SYSTEM = "tme_spatial"


def tree() -> dict[str, Any]:
    """A book of parts, chapters and scenes: the prompt of a scene against the whole tree."""
    rows = []
    for wide in (2, 4, 8):
        with Memory(embedder="hashed") as memory:
            tasks = memory.user("u").tasks("book", system="tme")
            tasks.add("book", "a novel of the sea")
            for path in paths(wide):
                above = " ".join(path[:-1])
                tasks.add(
                    " ".join(path), f"what happens in {' '.join(path)}", parent=above or "book"
                )
            whole = sum(count_tokens(f"{s.title}: {s.value}\n") for s in tasks.slots())
            leaves = [s for s in tasks.slots() if s.title.count("scene")]
            told = [tasks.prompt(s.title, tokens=BUDGET) for s in leaves]
            steps = sum(text.count("\n") + 1 == 4 for text in told) / len(told)
            rows.append({
                "system": "tme",
                "steps": len(tasks.slots()),
                "path whole": steps,
                "most prompt tokens": max(map(count_tokens, told)),
                "tokens of the whole tree": whole,
            })  # fmt: skip
    return {
        "title": "A tree that grows: the prompt of a step",
        "command": COMMAND,
        "note": "A book of parts, chapters and scenes, 2, 4 or 8 under each; the prompt of every "
        "scene.",
        "rows": rows,
    }


def paths(wide: int) -> Iterator[tuple[str, ...]]:
    """The parts, chapters and scenes of a book."""
    for a in range(wide):
        yield (f"part {a}",)
        for b in range(wide):
            yield f"part {a}", f"chapter {b}"
            for c in range(wide):
                yield f"part {a}", f"chapter {b}", f"scene {c}"


if __name__ == "__main__":
    main()
