"""One tenant's memory at hand: rows, words, vectors and neighbours that follow the change log."""
