"""The connections of a process to one SQLite file."""

from __future__ import annotations

import sqlite3
import threading

from combray.store.engines.sqlite_files import OpenFiles, close_apart


class Pool:
    """The connections of one process: a writer behind a lock, and some readers that are lent."""

    def __init__(self, files: OpenFiles, readers: int) -> None:
        self.files = files
        self.writing = threading.RLock()
        self.lending = threading.Lock()
        self.slots = threading.BoundedSemaphore(readers)
        self.mine = threading.local()
        self.idle: list[sqlite3.Connection] = []
        self.opened: list[sqlite3.Connection] = []
        self.held, self.parked = 0, False

    def close(self, connections: list[sqlite3.Connection]) -> None:
        """Close connections, unless that would write an old log over what others have written."""
        for connection in connections:
            self.opened.remove(connection)
            if connection in self.idle:
                self.idle.remove(connection)
            if self.files.replaced():
                close_apart(connection, self.files)
            else:
                connection.close()
        if not self.opened:
            self.files.forget()

    def end(self) -> None:
        """Close all of an engine that nobody has closed, at the latest when Python ends."""
        self.close(list(self.opened))
