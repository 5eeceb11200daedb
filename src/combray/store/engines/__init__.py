"""What a database must do, done by SQLite and by PostgreSQL."""
