"""Facts and their timelines."""
