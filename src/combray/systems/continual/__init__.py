"""Learners that go on learning; none yet."""
