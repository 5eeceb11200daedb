"""Tensor: see the layout in the design."""
