"""Offload weights and activations and fetch them in time."""
