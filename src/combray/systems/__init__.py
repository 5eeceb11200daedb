"""Published systems: one paper, one file, in the folder of its tier."""
