"""The command line: `combray VERB`. One verb is one small function in the module of its group.

    app        the application, its entry point `main`, and `verb`, which registers a function
    options    what many verbs share: where the memory is, whose it is, how to answer
    show       tables, JSON, standard input, the progress bar
    remember   add search context            look      get list history stats users, and explain
    change     update delete …               keep      export import backup …
    models     ledger estimate rederive      machine   embedder doctor
    bench/     compare: systems cite compare · measure: bench tune · fact · precision · kv · plan

A new verb is one function under `@verb(…)` in one of these modules.
"""

from combray.serve.cli import change, explain, keep, look, machine, models, remember
from combray.serve.cli.app import app, in_order, main
from combray.serve.cli.bench import compare, fact, kv, measure, plan, precision

in_order()

__all__ = [
    "app",
    "change",
    "compare",
    "explain",
    "fact",
    "keep",
    "kv",
    "look",
    "machine",
    "main",
    "measure",
    "models",
    "plan",
    "precision",
    "remember",
]
