"""Task memories: one file for each published system, over one log."""
