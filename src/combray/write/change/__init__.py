"""A change on its way into the store: drawn up, checked, applied, undone, erased."""
