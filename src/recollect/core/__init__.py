"""The words of recollect: items, ports, errors, time and text. Imports nothing else of the package."""
