"""One tenant in memory: rows, words, vectors and neighbours that follow the change log."""
