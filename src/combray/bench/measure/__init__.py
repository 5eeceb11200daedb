"""One memory, one set: questions put to it, answers read."""
