"""Compare memories: figures, costs, plots."""
