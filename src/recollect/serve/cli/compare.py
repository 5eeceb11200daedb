"""systems, cite, bench: know and compare the memories."""
