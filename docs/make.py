"""Write what is generated: the table of systems, the map, pages of systems and of the command line,
and the signatures of AsyncMemory and of the handles of one user.

python docs/make.py            # write them
python docs/make.py --check    # fail when one is not what the code says
"""

from __future__ import annotations

import ast
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stubs import stubs

from combray.core.catalogue import BASELINE, TIERS, WORKS, Row, baselines, catalogue
from combray.core.text import counted
from combray.serve.cli import reference

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "combray"
RESULTS = ROOT / "benchmarks" / "results"
REPOSITORY = "https://github.com/combray-memory/combray/blob/main/"
"""Where the README's links lead, which is read on the package index too."""
BEGIN, END = "<!-- systems: made by docs/make.py -->", "<!-- end -->"
_TABLE = re.compile(r"<!-- table: ([\w.-]+) -->\n.*?<!-- end -->", re.S)
BESIDE = ("dense", "hybrid", "evidence")
JUDGED = ("R@10", "turn R@10", "any@10", "any@5", "R@5")
"""What a page says of a system beside the baselines, the first that a table has."""
MARKS = {WORKS: "✓", BASELINE: "="}
TIER_NAMES = {
    "text": "Text: records, links and vectors in a store",
    "task": "Task: the state of the work under way",
    "activation": "Activation: the key-value cache of a transformer",
    "neural": "Neural: modules that remember",
    "continual": "Continual: weights that keep learning",
    "index": "Index: where vectors are found",
    "bench": "Benches: what judges a memory",
    "map": "Surveys: the maps of the field",
}


def pages() -> dict[Path, str]:
    """Every generated file and what should stand in it."""
    rows = list(catalogue().values())
    made = {
        ROOT / "README.md": readme(rows),
        ROOT / "docs" / "map.md": the_map(rows),
        ROOT / "docs" / "cli.md": reference.page().rstrip() + "\n",
        **stubs(SOURCE / "memory"),
    }
    for page in sorted((ROOT / "docs").glob("*.md")):
        if "<!-- table: " in (text := page.read_text(encoding="utf-8")):
            made[page] = _TABLE.sub(_filled, text)
    for row in rows:
        if row.module and source_of(row) is not None:
            made[ROOT / "docs" / "systems" / f"{row.name}.md"] = system_page(row)
    return made


def _filled(match: re.Match[str]) -> str:
    """A table of a result file between its markers."""
    data = json.loads((RESULTS / match[1]).read_text(encoding="utf-8"))
    tables = "\n".join(markdown(table) for table in data["tables"])
    return f"<!-- table: {match[1]} -->\n{tables}<!-- end -->"


def readme(rows: list[Row]) -> str:
    """The README with its table of systems made anew."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END, 1)[1]
    table = _table([*rows, *baselines().values()], REPOSITORY + "docs/")
    return f"{head}{BEGIN}\n{table}\n{END}{tail}"


def the_map(rows: list[Row]) -> str:
    """docs/map.md: every row by its tier."""
    parts = [
        "# The map of systems\n\nMade from the catalogue, `src/combray/core/catalogue.toml`, by "
        "`make docs`. ✓ works, – is planned, = is a baseline that the tables compare with.\n"
    ]
    for tier in TIERS:
        mine = [row for row in rows if row.tier == tier]
        parts.append(f"## {TIER_NAMES[tier]}\n\n{_table(mine, '')}\n")
    parts.append(f"## Baselines\n\n{_table(list(baselines().values()), '')}\n")
    return "\n".join(parts)


def _table(rows: list[Row], prefix: str) -> str:
    lines = ["| | name | tier | what it remembers in | paper |", "|---|---|---|---|---|"]
    for row in rows:
        page = ROOT / "docs" / "systems" / f"{row.name}.md"
        name = f"`{row.name}`"
        if row.status != BASELINE and row.module and source_of(row) is not None:
            name = f"[{name}]({prefix}systems/{page.name})"
        paper = row.short or "no paper"
        if row.arxiv:
            paper = f"[{paper}](https://arxiv.org/abs/{row.arxiv})"
        mark = MARKS.get(row.status, "–")
        lines.append(f"| {mark} | {name} | {row.tier} | {row.holds} | {paper} |")
    return "\n".join(lines)


# ── a system's page ──────────────────────────────────────────────────────────────────────────────


def source_of(row: Row) -> Path | None:
    """The file of a system, or None while there is none."""
    base = SOURCE.joinpath(*row.module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.exists():
            return path
    return None


def system_page(row: Row) -> str:
    """docs/systems/NAME.md: the paper, what the code says of itself, and what was measured."""
    path = source_of(row)
    assert path is not None
    told = _told(path, row)
    link = f"../../{path.relative_to(ROOT)}"
    status = "Works." if row.works else "Under way: not every claim below is measured yet."
    parts = [
        f"# {row.name}\n\n*{row.title}*, {row.short}. "
        f"[arXiv:{row.arxiv}](https://arxiv.org/abs/{row.arxiv}) · [source]({link}) · "
        f"`combray cite {row.name}`\n\n{status}\n",
        *told,
        *measured(row.name),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _told(path: Path, row: Row) -> Iterator[str]:
    """The docstrings of the classes that name their paper, else of the module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [
        (node.name, text)
        for node in tree.body
        if isinstance(node, ast.ClassDef) and "**Paper**" in (text := _doc(node))
    ]
    mine = [text for name, text in classes if name == row.class_]
    texts = mine or [text for _, text in classes] or [ast.get_docstring(tree) or ""]
    yield from (_labelled(text) + "\n" for text in texts)


def _doc(node: ast.ClassDef) -> str:
    return ast.get_docstring(node) or ""


def _labelled(text: str) -> str:
    """Each labelled line of a docstring as a paragraph of its own."""
    return re.sub(r"\n(?=\*\*\w+\*\* )", "\n\n", textwrap.dedent(text))


def measured(name: str) -> Iterator[str]:
    """A table for each result file that holds figures of a system, beside the others in it."""
    found = [table for path in sorted(RESULTS.glob("*.json")) for table in _tables(path, name)]
    if found:
        yield "## Measured\n"
        stands = [line for table in found if (line := _stand(table, name))]
        if stands:
            yield "\n".join(stands) + "\n"
        yield from (markdown(table, bold=name) for table in found)


def _stand(table: dict[str, Any], name: str) -> str:
    """Where a system stands in a table beside the plain retrievers and the default memory."""
    rows = {row.get("system"): row for row in reversed(table["rows"])}
    mine = rows.get(name, {})
    metric = next((m for m in JUDGED if m in mine), None)
    others = [other for other in BESIDE if other in rows and other != name]
    if metric is None or not others:
        return ""
    told = {"ahead of": [], "level with": [], "**behind**": []}
    for other in others:
        gap = round(mine[metric], 3) - round(rows[other][metric], 3)
        word = "level with" if abs(gap) < 1e-9 else "ahead of" if gap > 0 else "**behind**"
        told[word].append(f"{other} ({rows[other][metric]:.3f})")
    parts = [f"{word} {', '.join(names)}" for word, names in told.items() if names]
    return f"- {table['title']}: {metric} {mine[metric]:.3f}, {'; '.join(parts)}."


def _tables(path: Path, name: str) -> Iterator[dict[str, Any]]:
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        return
    tables = [*data.get("tables", ())]
    if "systems" in data and "set" in data:
        tables += [_bench_table(data), *_context_table(data)]
    for table in tables:
        of_set = str(data.get("set", "")).partition("-")[0] == name
        if of_set or any(row.get("system") == name for row in table["rows"]):
            yield table


def _bench_table(data: dict[str, Any]) -> dict[str, Any]:
    """The figures of `combray bench --out` as one table."""
    rows = []
    for system, figures in data["systems"].items():
        level = next(iter(figures["levels"]))
        found = figures["levels"][level]
        row: dict[str, Any] = {"system": system}
        for metric in ("R@5", "R@10", "all@10", "NDCG@10"):
            row[metric] = found[metric]["mean"]
        row["95 % of R@10"] = f"{found['R@10']['low']:.3f}–{found['R@10']['high']:.3f}"
        rows.append({**row, "write ms": figures["write_ms"], "search ms": figures["search_ms"]})
    note = (
        f"{data['note']}; n = {data['questions']} questions on "
        f"{counted(data['histories'], 'memory')}, "
        f"{data['embedder']}, bootstrap seed {data['seed']}; CPU ms without the embedder."
    )
    title = f"{data['set']}, by {level}"
    return {"title": title, "command": data["command"], "note": note, "rows": rows}


def _context_table(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The share of the gold in contexts of so many tokens, where a bench judged them."""
    rows = [
        {"system": system, **{f"{b} tokens": v["mean"] for b, v in figures["coverage"].items()}}
        for system, figures in data["systems"].items()
        if figures.get("coverage")
    ]
    if rows:
        title = f"{data['set']}, share of the gold in a context"
        note = f"n = {data['questions']} questions"
        yield {"title": title, "command": data["command"], "note": note, "rows": rows}


def markdown(table: dict[str, Any], *, bold: str = "") -> str:
    """One table: `title`, `command`, `note`, and `rows` of the same fields."""
    columns = list(table["rows"][0])
    lines = [f"**{table['title']}**\n", f"| {' | '.join(columns)} |"]
    lines.append("|" + "---|" * len(columns))
    for row in table["rows"]:
        cells = [_cell(row.get(column)) for column in columns]
        if row.get("system") == bold:
            cells = [f"**{cell}**" if cell else "" for cell in cells]
        lines.append(f"| {' | '.join(cells)} |")
    notes = [table.get("note", ""), f"`{table['command']}`" if table.get("command") else ""]
    return "\n".join(lines) + "\n\n" + " ".join(note for note in notes if note) + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 100 else f"{value:,.0f}"
    return "" if value is None else str(value)


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    stale = []
    made = pages()
    for path, text in made.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if "--check" not in arguments:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    extra = [p for p in (ROOT / "docs" / "systems").glob("*.md") if p not in made]
    for path in [] if "--check" in arguments else extra:
        path.unlink()
    stale += extra
    for path in stale:
        print(path.relative_to(ROOT))
    if stale and "--check" in arguments:
        print("These pages are not what the code says. Run: make docs")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
