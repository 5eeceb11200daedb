"""Which of two segments came first (SORT)."""
