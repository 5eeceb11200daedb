"""The state of a task, and what of it a step needs to know."""
