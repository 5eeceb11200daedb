"""Continual: see the layout in the design."""
