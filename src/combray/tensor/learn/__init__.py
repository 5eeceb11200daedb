"""Small models and synthetic tasks that train in seconds."""
