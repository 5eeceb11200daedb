"""A memory as a file: export, import, backup."""
