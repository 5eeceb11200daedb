"""Task memory: the slots of one task by its name, and the verbs that open and list them."""
