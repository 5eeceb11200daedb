"""What every system is given to answer from: store, views, embedder, model."""
