"""Dates in a text: what people write for a day or a span, in eight languages, as spans of time.

    lexicon     the words, by what they do in a date
    tokens      a text as tokens, each of one class of words
    periods     days, months, seasons and feasts as periods on a wall clock
    counted     so many days or weeks away from now, or up to it
    phrases     what a run of tokens means: one pattern over classes for each way of writing
    relations   before, after, since, until, between: periods made of others
    spans       the whole: a text, said at a moment in a zone, as spans of moments

dateparser and dateutil find a moment where a question asks for a span: they read 94 and 29 of the
432 expressions of `tests/core/dates/expressions.py`, which are all read here (docs/truth.md). So
this is ours; of texts that mean one day dateparser reads the same day.

Words are data, and each pattern is over classes of tokens and bounded in length, so that the time
is linear in the text.
"""
