"""Systems: see the layout in the design."""
