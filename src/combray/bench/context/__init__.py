"""Long contexts for caches and text memories: needles, shared cases."""
