"""Public sets by name, each read from the folder in COMBRAY_DATA into one common form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from combray.bench.datasets import lihua, locomo, longmemeval, memdaily, mine, multihop, scm
from combray.bench.datasets.form import Benchmark, History, Question, Session, split_of
from combray.core.errors import InputError, UnknownName

__all__ = ["SETS", "Benchmark", "History", "Question", "Session", "load", "split_of"]

SETS: Mapping[str, Callable[[], Benchmark]] = {
    "locomo": locomo.load,
    "longmemeval": longmemeval.load,
    "longmemeval-user": longmemeval.load_user,
    "lihua": lihua.load,
    "multihop": multihop.load,
    "memdaily": memdaily.load,
    "scm": scm.load,
}


def load(name: str) -> Benchmark:
    """The set of that name, or of a file of your own (`sets.mine`); else InputError."""
    if name.endswith(".jsonl"):
        return mine.load(Path(name))
    if name not in SETS:
        if Path(name).suffix:
            raise InputError(f"{name} is no set; a file of your own is JSON lines, named *.jsonl.")
        raise UnknownName("set", name, SETS)
    return SETS[name]()
