"""The words of recollect: items, ports, errors, time and text."""
