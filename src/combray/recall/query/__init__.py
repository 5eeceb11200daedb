"""What a question asks for: words, people, times, and the score of every row."""
