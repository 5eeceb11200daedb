"""The patterns and word lists that the rules read facts with."""
