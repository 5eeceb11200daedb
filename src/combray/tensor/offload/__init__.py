"""Weights and activations kept elsewhere and fetched in time."""
