"""A cache whose pages are committed on demand."""
