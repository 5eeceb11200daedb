"""Collection of cycles pauses while much is built, and goes on as it was before."""

from __future__ import annotations

import gc

import pytest

from combray.index.gc_pause import gc_paused


def test_it_is_off_until_the_last_has_left() -> None:
    """One that enters while another is inside neither ends the pause nor makes it stay."""
    assert gc.isenabled()
    with gc_paused():
        with gc_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_off_stays_off() -> None:
    """A program that turned it off finds it off."""
    gc.disable()
    try:
        with gc_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_an_error_ends_the_pause() -> None:
    """Whatever happens inside, collection goes on."""
    with pytest.raises(ValueError, match="inside"), gc_paused():
        raise ValueError("inside")
    assert gc.isenabled()
