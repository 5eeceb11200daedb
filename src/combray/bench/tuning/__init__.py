"""Fitting the rank of the default memory and the options of the fusions."""
