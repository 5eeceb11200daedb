"""Items at rest: one portable set of statements over SQLite or PostgreSQL."""
