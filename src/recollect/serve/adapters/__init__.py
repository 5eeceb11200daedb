"""Adapters: see the layout in the design."""
