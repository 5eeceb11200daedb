"""Export, import and back up a memory."""
