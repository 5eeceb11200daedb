"""Question → hits: cues, channels, candidates, fusion, the learned rule, context."""
