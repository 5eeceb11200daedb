"""The command line: `combray VERB`. One verb is one small function in the module of its group.

    app         the application, its entry point `main`, and `verb`, which registers a function
    options     what many verbs share: where the memory is, whose it is, how to answer
    show        tables, JSON, standard input, the progress bar
    recall      add search context           explain    explain
    inspection  get list history stats …     edit       update delete supersede undo erase …
    maintain    export import backup …       models     ledger estimate rederive
    task        task show ready log undo
    doctor      embedder doctor              examples   one for each verb
    bench/      compare: systems cite compare · measure: bench tune · fact · precision · kv · plan

A new verb is one function under `@verb(…)` in one of these modules, which have the names of those
in `memory` that it calls.
"""

from combray.serve.cli import doctor, edit, explain, inspection, maintain, models, recall, task
from combray.serve.cli.app import app, in_order, main
from combray.serve.cli.bench import compare, fact, kv, measure, plan, precision

in_order()

__all__ = [
    "app",
    "compare",
    "doctor",
    "edit",
    "explain",
    "fact",
    "inspection",
    "kv",
    "main",
    "maintain",
    "measure",
    "models",
    "plan",
    "precision",
    "recall",
    "task",
]
