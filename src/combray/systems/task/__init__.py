"""The state of the work under way; none yet."""
