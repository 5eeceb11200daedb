"""What all benchmarks share: metrics, cached vectors, checkpoints, one budget."""
