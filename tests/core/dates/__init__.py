"""Dates as people write them, by language."""
