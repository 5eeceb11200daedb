"""Patterns of many alternatives, written as lists of whole ones."""

from __future__ import annotations


def any_of(*lists: str, opening: str = "(?:") -> str:
    r"""Return a group that matches any of some alternatives, which a list parts by "|".

    any_of("moved|joined", r"ha[sd] changed") → "(?:moved|joined|ha[sd] changed)"
    """
    return f"{opening}{'|'.join(lists)})"
