"""The names of the tensor tier: loaded on first use, listed, refused in words without torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from combray import tensor
from combray.core.errors import MissingExtra


def test_importing_it_loads_no_torch() -> None:
    """Only a name that is used does."""
    code = "import sys, combray.tensor; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.torch
@pytest.mark.parametrize("name", tensor.__all__)
def test_every_name_is_there(name: str) -> None:
    """A name that is listed can be used, and is what its module has under it."""
    pytest.importorskip("torch")
    assert getattr(tensor, name) is not None


def test_another_name_is_an_attribute_error() -> None:
    """As of any module, whether torch is there or not."""
    with pytest.raises(AttributeError, match=r"combray\.tensor.*'attached'"):
        tensor.attached  # noqa: B018


@pytest.mark.parametrize("missing", ["torch", "transformers"])
def test_without_the_extra_the_command_is_named(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each package that is needed."""
    monkeypatch.setattr(tensor, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(
        MissingExtra, match=rf"combray\.tensor\.attach needs .*'{missing}'.*\[torch"
    ):
        tensor.__getattr__("attach")
