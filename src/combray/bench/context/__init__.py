"""Long contexts put to caches and to text memories: needles, shared cases."""
