"""A folder of data of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.datasets.data import Write, writer


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes files into the folder that COMBRAY_DATA names."""
    monkeypatch.setenv("COMBRAY_DATA", str(tmp_path / "data"))
    return writer(tmp_path / "data")
