"""Where vectors are found; none yet."""
