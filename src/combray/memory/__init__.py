"""Memory: the façade. Open a path, add what was said, search it, build a context from it.

memory      the class
base        opening and closing, and what the verbs share
options     what a search may be narrowed by, one typed dict
recall      add search cite context explain why_not
profile     profile fill
inspection  get list history stats users review jobs
edit        update delete supersede undo erase propose consolidate approve reject
task        tasks task_names
maintain    export import_ backup copy_to verify repair reindex
model       ledger spent estimate rederive
user        the same verbs behind the walls of one user
worker      the thread that does the work that is due
extraction  who reads what is added: a model or the rules
aio         the same for asyncio
"""

from combray.memory.aio import AsyncMemory, AsyncTaskMemory, AsyncUserMemory
from combray.memory.maintain import reindex
from combray.memory.memory import Memory
from combray.memory.options import SearchOptions
from combray.memory.task.task_memory import TaskMemory
from combray.memory.user import UserMemory

__all__ = [
    "AsyncMemory",
    "AsyncTaskMemory",
    "AsyncUserMemory",
    "Memory",
    "SearchOptions",
    "TaskMemory",
    "UserMemory",
    "reindex",
]
