"""A key-value cache that keeps what its policy says, under an open model."""
