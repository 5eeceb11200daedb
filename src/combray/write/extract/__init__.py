"""Words → statements, by rules or by a model."""
