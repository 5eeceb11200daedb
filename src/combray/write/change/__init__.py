"""Changes to a store: draft, parse, validate, apply, edit, undo and erase them."""
