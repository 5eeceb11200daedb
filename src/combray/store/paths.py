"""Files: looked at before they are opened, created exclusively, never through a link.

A database is a regular file or is not there yet; devices, pipes and somebody else's empty file are
refused unopened. What we write beside it appears under its name whole or not at all.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from combray.core.errors import InputError, StoreReadOnly

PART = ".part"
_SQLITE = b"SQLite format 3\0"


def as_path(path: object) -> Path:
    """The path that a caller gave, or InputError for what cannot be one."""
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"path must be the name of a file, not {path!r:.50}.")
    return Path(text)


def ready_database(path: Path) -> None:
    """See that a path can be a database, and create the file when it is not there."""
    found = _stat(path)
    if found is None and not path.parent.is_dir():
        raise InputError(
            f"The folder {path.parent} does not exist. Make it first, then open {path}."
        )
    if found is None:
        if path.is_symlink():
            raise InputError(
                f"{path} is a link that leads nowhere. Make the file that it names, or give the "
                "path of that file; nothing was created."
            )
        flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
        try:
            os.close(os.open(path, flags, 0o600))
        except OSError as error:
            raise _not_to_be_opened(path, error) from error
    elif stat.S_ISDIR(found.st_mode):
        raise InputError(f"{path} is a folder. Give a file name, such as {path / 'memory.db'}.")
    elif not stat.S_ISREG(found.st_mode):
        raise InputError(f"{path} is {_kind(found.st_mode)}, not a file. Give the name of a file.")
    elif found.st_size == 0 and os.name == "posix" and found.st_uid != os.geteuid():
        raise InputError(
            f"{path} is an empty file that belongs to another user. Give combray a file of its own."
        )


def _stat(path: Path) -> os.stat_result | None:
    """What stands at a path; None where nothing does."""
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _not_to_be_opened(path, error) from error


def _not_to_be_opened(path: Path, error: OSError | ValueError) -> StoreReadOnly:
    reason = getattr(error, "strerror", None) or error
    return StoreReadOnly(
        f"Cannot open or create {path}: {reason}. Check the path and the permissions of its folder."
    )


def create(path: Path, what: str) -> int:
    """Create a new file that only its owner may read, and return its descriptor.

    Raises InputError when anything stands there, a link that leads nowhere too.
    """
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(path, flags, 0o600)
    except FileExistsError as error:
        raise _exists(path, what) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"Cannot write {path}: {reason}. Nothing was written.") from error


def special(path: Path) -> str | None:
    """What stands at a path that reading could wait for without end: a pipe, a device, a socket."""
    with suppress(OSError, ValueError):
        mode = path.stat().st_mode
        return None if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else _kind(mode)
    return None


def part_of(path: Path) -> Path:
    """A name beside a path that nobody can guess, for what is being written."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}{PART}")


def give_name(part: Path, path: Path, what: str) -> None:
    """Give a file that was written whole its name; raise InputError when something has it."""
    try:
        os.link(part, path, follow_symlinks=False)
    except FileExistsError as error:
        raise _exists(path, what) from error
    except (OSError, NotImplementedError):
        # A file system without second names.
        if os.path.lexists(path):
            raise _exists(path, what) from None
        part.rename(path)


def _exists(path: Path, what: str) -> InputError:
    return InputError(f"{path} exists. Give the {what} a new name; nothing was written.")


def may_replace(path: Path, own: Callable[[bytes], bool], what: str) -> None:
    """Raise InputError unless nothing stands at a path, or an earlier file of the same kind.

    `own` tells by the first bytes of a file whether it is one.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"Cannot write {path}: {reason}. Nothing was written.") from error
    if not stat.S_ISREG(found.st_mode):
        raise InputError(
            f"{path} is {_kind(found.st_mode)}. Give the {what} a new name; nothing was written."
        )
    head = path.read_bytes()[:4096] if found.st_size < 4096 else _head(path)
    if head.startswith(_SQLITE):
        raise InputError(f"{path} is a database. Give the {what} a new name; nothing was written.")
    if head and not own(head):
        raise InputError(
            f"{path} exists and is no earlier {what} of combray. Give a new name, or remove it "
            "first; nothing was written."
        )


@contextmanager
def written_whole(path: Path, part: Path, what: str) -> Iterator[TextIO]:
    """Write text to `part`, and give it the name `path` when the block ends well."""
    out = open(create(part, what), "w", encoding="utf-8", newline="\n")
    try:
        with out:
            yield out
        part.replace(path)
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}. Nothing was written.") from error
    finally:
        part.unlink(missing_ok=True)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)


def _kind(mode: int) -> str:
    names = {
        stat.S_ISLNK: "a link",
        stat.S_ISFIFO: "a pipe",
        stat.S_ISSOCK: "a socket",
        stat.S_ISCHR: "a device",
        stat.S_ISBLK: "a device",
        stat.S_ISDIR: "a folder",
    }
    return next((name for test, name in names.items() if test(mode)), "no regular file")
