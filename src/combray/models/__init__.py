"""The ports to models: embedders, chat models, and the ledger that counts their calls."""
