"""Collection of cycles pauses while much is built, and goes on as it was before."""

from __future__ import annotations

import gc
import threading

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


def test_the_last_thread_inside_ends_the_pause() -> None:
    """One thread leaves while another is inside: collection goes on only when both have left."""
    inside, leave = threading.Event(), threading.Event()

    def build() -> None:
        with gc_paused():
            inside.set()
            leave.wait(10)

    other = threading.Thread(target=build)
    with gc_paused():
        other.start()
        assert inside.wait(10)
    assert not gc.isenabled(), "the other is still building"
    leave.set()
    other.join()
    assert gc.isenabled()


def test_pauses_can_follow_each_other() -> None:
    """Each ends as it began."""
    for _ in range(3):
        with gc_paused():
            assert not gc.isenabled()
        assert gc.isenabled()
