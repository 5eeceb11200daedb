"""What a caller gives, read and guarded: messages, parts, policies."""
