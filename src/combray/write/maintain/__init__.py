"""Work done later: queued jobs, reindexing, repair, estimates."""
