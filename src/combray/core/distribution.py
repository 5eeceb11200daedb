"""The name under which pip installs this package; every hint that names it is made here."""

from __future__ import annotations

DISTRIBUTION = "combray"


def pip_command(extra: str = "") -> str:
    """The command that installs the package with an extra, or upgrades it when none is named."""
    return f"pip install '{DISTRIBUTION}[{extra}]'" if extra else f"pip install -U {DISTRIBUTION}"
