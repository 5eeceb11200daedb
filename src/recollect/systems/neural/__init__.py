"""Neural: see the layout in the design."""
