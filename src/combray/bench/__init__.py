"""Benchmarks: public data in one form, the same questions to every memory, tables with intervals.

sets       each public set as histories, questions and gold evidence; splits fixed in code
measure    one memory for each history, the set's questions put to it; resumable
compare    several memories on one set: what they find, cost and erase; tables and figures
tuning     the rule of the default memory, fitted on samples and tested on the sets left out
context    cache policies and text memories on the same questions about long contexts
scbench    twelve tasks about a context that several questions share
order      which of two segments of a book came first
common     metrics with intervals, vectors kept on disk, checkpoints, one budget for all models
"""
