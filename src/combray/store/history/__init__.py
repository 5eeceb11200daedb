"""The change log: what was changed, whether it adds up, how much there is."""
