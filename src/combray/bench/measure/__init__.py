"""Run one memory on one set: ask questions, read answers."""
