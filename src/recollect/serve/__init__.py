"""Serve: see the layout in the design."""
