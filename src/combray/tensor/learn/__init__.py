"""Small models and synthetic tasks, made here in seconds."""
