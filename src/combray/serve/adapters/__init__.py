"""Adapters to the frameworks of agents; none yet."""
