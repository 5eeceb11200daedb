"""Each table with the statements that read and write it."""
