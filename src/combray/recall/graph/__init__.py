"""The graph of phrases and passages, walked by PageRank."""
