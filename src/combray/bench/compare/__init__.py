"""Memories beside each other on one report: figures, costs, plots."""
