"""Scores → one order: fusion, features, the linear rule, confidence."""
