"""Modules that remember; none yet."""
