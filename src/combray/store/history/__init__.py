"""The change log: history, verification, statistics."""
