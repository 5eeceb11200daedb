"""Finding a class by its name, of any tier, without loading what it does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

from combray import UnknownName, Unsupported
from combray.bench.context import needles
from combray.core.catalogue import registry
from combray.systems import find, names
from combray.systems.text import make, options_of
from combray.systems.text.mem0 import Mem0


def test_a_class_of_any_tier_is_found() -> None:
    """Systems, baselines and benches alike."""
    assert find("mem0") is Mem0
    assert find("bm25").__name__ == "BM25"
    assert find("needles") is needles.make


@pytest.mark.torch
def test_a_class_of_tensors_is_found() -> None:
    """Cache policies and what stands beside them."""
    pytest.importorskip("torch")
    assert find("h2o").__name__ == "H2O"
    assert find("vattention").__name__ == "VAttention"


def test_a_wrong_name_suggests_the_nearest() -> None:
    """Whatever tier it is of; a planned one is known and has no class."""
    with pytest.raises(UnknownName, match="'memorybank'"):
        find("memorybnk")
    with pytest.raises(Unsupported, match="planned"):
        find("titans")


def test_names_are_those_that_can_be_found() -> None:
    """Of one tier or of all; planned rows and surveys are not among them."""
    assert names("text")[:5] == ["evidence", "bm25", "dense", "hybrid", "convex"]
    assert {"mem0", "h2o", "needles"} <= set(names())
    assert not {"titans", "survey_cl"} & set(names())
    assert set(names()) == {row.name for row in registry().values() if row.class_}


def test_a_text_memory_is_made_of_the_text_tier_alone() -> None:
    """A cache policy is no text memory, and an option that a memory lacks is named."""
    with pytest.raises(UnknownName, match="text memory"):
        make("h2o", None)  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="option of mem0"):
        make("mem0", None, kk=1)  # type: ignore[arg-type]
    assert options_of("mem0") == ["extractor", "k", "additive", "graph"]


def test_torch_is_loaded_only_when_it_is_needed() -> None:
    """Importing the package of systems, listing names and finding a text memory load no torch."""
    code = (
        "import sys, combray.systems as s; s.names(); s.find('mem0'); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
