"""What every benchmark shares: metrics, vectors kept, checkpoints, one budget."""
