"""What a model needs in bytes, from its configuration."""
