"""Index: see the layout in the design."""
