"""Fit the ranker of the default memory and the options of the fusions."""
