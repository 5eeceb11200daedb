"""Task: see the layout in the design."""
