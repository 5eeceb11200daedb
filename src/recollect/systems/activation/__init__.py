"""Activation: see the layout in the design."""
