"""The words of combray: items, ports, errors, time and text."""
