"""Dates in a text: what people write for a day or a span, in eight languages, as spans of time.

    lexicon     the words, by what they do in a date
    tokens      a text as tokens, each of one class of words
    periods     days, months, seasons and feasts as periods on a wall clock
    phrases     what a run of tokens means: one pattern over classes for each way of writing
    relations   before, after, since, until, between: periods made of others
    spans       the whole: a text, said at a moment in a zone, as spans of moments

Kept libraries were measured on 312 expressions of `tests/core/dates/expressions.py`; a question may
cost one millisecond more. None serves, so this is ours:

    right  import  median, worst for one   library
    312     12 ms   0.02 ms,  0.1 ms        this one
    110    416 ms   12 ms,    66 ms         recognizers-text-date-time 1.0: no German, Japanese
     69    212 ms   0.5 ms,   6 ms          dateparser 1.5: finds moments, where spans are asked for
     21     33 ms   0.02 ms,  0.1 ms        python-dateutil 2.9: written dates only
     19    272 ms   0.9 ms,   48 ms         ctparse 0.3
     13     61 ms   0.02 ms,  0.1 ms        parsedatetime 2.6: English only
      8    564 ms   0.01 ms,  0.3 ms        timefhuman 0.1
      1     78 ms   0.02 ms,  0.1 ms        arrow 1.4: moments from now only

Words are data, and each pattern is over classes of tokens and bounded in length, so that the time
is linear in the text.
"""
