"""Writes small sets in the form of the public ones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Write = Callable[[str, Any], None]


def writer(folder: Path) -> Write:
    """Writes a gzipped file of JSON, or of JSON lines where the name says so, into a folder."""

    def write(name: str, content: Any) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines: Sequence[Any] = content if name.endswith(".jsonl.gz") else [content]
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.write("\n".join(json.dumps(line, ensure_ascii=False) for line in lines))

    return write
