"""The nulls of what works in the activation tier. Torch is imported when one is applied."""

from __future__ import annotations

from tests.nulls.base import Null, System

SYSTEMS: tuple[System, ...] = ()
NULLS: list[Null] = []
