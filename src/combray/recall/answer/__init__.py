"""Hits → answers: one block of context, an explanation, a profile."""
