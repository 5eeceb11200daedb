"""What systems make of the words: deriving, updating, resolving, forgetting."""
