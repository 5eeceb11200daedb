"""What the profile of `second_me` is worth on LoCoMo: is it true to its evidence, and what is told?

LoCoMo has observations: facts of each speaker, each with its turn. Beside the profile of facts
alone, which every memory has, and beside as many turns drawn at random.

    COMBRAY_DATA=… python benchmarks/profiles.py
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from combray import Memory
from combray.bench.common.embedding import cached_embedder
from combray.bench.datasets import load
from combray.bench.datasets.form import Units, read_json
from combray.bench.measure.runner import USER, Contender, opened, remember
from combray.core.items import Item
from combray.core.text import terms
from combray.recall.answer.profile import Line

RESULTS = Path(__file__).parent / "results" / "profiles.json"
SEED, HALF = 0, 0.5
Fact = tuple[str, str]
"""The turn of an observation, and its words."""


def main() -> None:
    """Measure both profiles on the public conversations, and write the table."""
    embedder, histories = cached_embedder("minilm"), load("locomo").only("all").histories
    observed = {s["sample_id"]: facts(s["observation"]) for s in read_json("locomo", PUBLIC)}
    rows = []
    for system, label in (("second_me", "facts and shades"), ("evidence", "facts only")):
        found = []
        for history in histories:
            with opened(Contender(system=system, embedder=embedder)) as memory:
                units = remember(memory, history)
                found.append(measured(memory, units, observed[history.id]))
        rows.append({"system": system, "profile": label, **summed(found)})
    drawn = {"system": "random", "profile": "as many turns, drawn", **rows[0].pop("drawn")}
    rows[1].pop("drawn")
    count = sum(len(each) for each in observed.values())
    made = {
        "title": "the profile of second_me, locomo",
        "command": "python benchmarks/profiles.py",
        "note": f"{len(histories)} public conversations, {count} observations of their speakers; "
        "nothing was fitted. `supported`: lines whose value stands word for word in the turns they "
        "cite; `cites a fact`: cited turns that hold an observation; `covered`: observations whose "
        f"turn is cited; `told`: observations half of whose words stand in one line. Seed {SEED}, "
        f"{embedder.name}, extractor rules.",
        "rows": [*rows, drawn],
    }
    RESULTS.write_text(json.dumps({"tables": [made]}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(made, indent=1))


PUBLIC = "locomo_public8.json.gz"


def facts(observation: Mapping[str, Any]) -> list[Fact]:
    """The observations of a conversation, one for each turn that it names."""
    return [
        (turn.strip(), text)
        for session in observation.values()
        for told in session.values()
        for text, named in told
        for turn in ([named] if isinstance(named, str) else named)
    ]


def measured(
    memory: Memory, units: Mapping[str, Units], observed: Sequence[Fact]
) -> Mapping[str, Sequence[float]]:
    """One number for each line, cited turn or observation, by the name of its figure."""
    lines = memory.profile(user_id=USER)
    said = {id_: memory.get(id_) for id_ in units}
    cited = {units[id_]["turn"] for line in lines for id_ in line.evidence}
    rng = np.random.default_rng(SEED)
    drawn = [list(said)[i] for i in rng.permutation(len(said))[: len(cited)]]
    texts = [said[id_].text for id_ in drawn]
    return {
        "lines": [1.0] * len(lines),
        "supported": [float(supported(line, said)) for line in lines],
        **told(cited, [line.text for line in lines], observed),
        **{f"drawn {name}": values for name, values in told(
            {units[id_]["turn"] for id_ in drawn}, texts, observed
        ).items()},
    }  # fmt: skip


def told(
    cited: set[str], texts: Sequence[str], observed: Sequence[Fact]
) -> Mapping[str, Sequence[float]]:
    """How much of the observations stands behind some turns and in some texts."""
    turns = {turn for turn, _ in observed}
    held = [set(terms(text)) for text in texts]
    return {
        "cited": [1.0] * len(cited),
        "cites a fact": [float(turn in turns) for turn in cited],
        "covered": [float(turn in cited) for turn, _ in observed],
        "told": [float(half(set(terms(text)), held)) for _, text in observed],
    }


def half(wanted: set[str], texts: Sequence[set[str]]) -> bool:
    """Whether one of the texts holds half of the words."""
    return any(len(wanted & words) >= HALF * len(wanted) for words in texts)


def supported(line: Line, said: Mapping[str, Item]) -> bool:
    """Whether every word of a line's value stands in the turns that it cites."""
    spoken = set(terms(" ".join(said[id_].text for id_ in line.evidence)))
    return spoken.issuperset(terms(line.value))


def summed(found: Sequence[Mapping[str, Sequence[float]]]) -> dict[str, Any]:
    """Counts and means over all conversations, those of the drawn turns apart."""
    figures: dict[str, Any] = {"drawn": {"lines": None, "supported": None}}
    for name in found[0]:
        values = [value for each in found for value in each[name]]
        count = name.endswith(("lines", "cited"))
        figure = len(values) if count else round(float(np.mean(values)), 4)
        short = name.removeprefix("drawn ")
        (figures if short == name else figures["drawn"])[short] = figure
    return figures


if __name__ == "__main__":
    main()
