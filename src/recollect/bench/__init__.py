"""Bench: see the layout in the design."""
