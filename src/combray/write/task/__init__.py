"""What a task memory holds, and the steps that change it."""
