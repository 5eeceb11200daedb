"""The shared types of combray: items, facts, ports, errors, time and text."""
