"""The key-value cache of a transformer, and what it keeps of it: one file for each paper."""
