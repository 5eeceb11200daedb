"""Benchmarks: public data in one form, the same questions to every memory, tables with intervals.

sets       each public set as histories, questions and gold evidence; splits fixed in code
metrics    recall, any, all, NDCG and MRR from the ranks of the gold; bootstrap intervals
embedding  vectors kept on disk, and the time that the embedder takes
runner     one memory for each history, the set's questions put to it; resumable
report     results as JSON and as a table
samples    the signals of every candidate of a set, gathered once
tune       the rule of the default memory, fitted and tested on the sets left out
"""
