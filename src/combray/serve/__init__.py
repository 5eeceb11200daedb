"""What serves a memory to people and programs: the command line."""
