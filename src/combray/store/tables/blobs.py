"""Bytes by their content: what is stored twice is kept once, and a later version as a patch.

A blob is named by the SHA-256 of its bytes. Given a base, only what differs from it is kept: what
both begin and end with is left out, and the rest is compressed with the base's as a dictionary. A
chain of patches is never longer, in bytes, than a full copy: so a value that grows step by step
takes space in the order of its last size, and reading one costs about two copies.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Iterator

from combray.core.errors import NotFound, StoreError
from combray.store.engine import Cursor, Run

WINDOW = 32_768
"""Bytes of a dictionary that zlib uses."""
_HEAD = 16
_ALL = (
    "WITH RECURSIVE chain(digest, base, data, depth) AS ("
    "SELECT digest, base, data, 0 FROM blobs WHERE tenant = ? AND digest = ? UNION ALL "
    "SELECT b.digest, b.base, b.data, chain.depth + 1 FROM blobs b "
    "JOIN chain ON b.digest = chain.base WHERE b.tenant = ?) "
    "SELECT digest, base, data FROM chain ORDER BY depth DESC"
)


def name_of(data: bytes) -> str:
    """Return the name of some bytes."""
    return hashlib.sha256(data).hexdigest()


def put(cursor: Cursor, tenant: str, data: bytes, base: str | None = None) -> str:
    """Keep some bytes inside an open transaction, as a patch of `base` where that is smaller.

    Returns their name. A base that is not there counts as none.
    """
    name = name_of(data)
    found = cursor.run("SELECT 1 FROM blobs WHERE tenant = ? AND digest = ?", (tenant, name))
    if not found:
        _insert(cursor, tenant, name, data, base)
    return name


def get(run: Run, tenant: str, name: str) -> bytes:
    """Return the bytes of a name; raise NotFound, or StoreError when they are damaged."""
    rows = run(_ALL, (tenant, name, tenant))
    if not rows:
        raise NotFound(f"There is no stored content {name[:12]}… here.")
    data = b""
    try:
        for _, base, packed in rows:
            data = _apply(data if base else b"", bytes(packed))
    except (zlib.error, ValueError) as error:
        raise _damaged(name) from error
    if name_of(data) != name:
        raise _damaged(name)
    return data


def names(run: Run, tenant: str) -> list[str]:
    """Return the names of all blobs of a tenant."""
    rows = run("SELECT digest FROM blobs WHERE tenant = ? ORDER BY digest", (tenant,))
    return [str(row[0]) for row in rows]


def damaged(run: Run, tenant: str) -> Iterator[str]:
    """Yield the names of the blobs that cannot be read as they were written."""
    for name in names(run, tenant):
        try:
            get(run, tenant, name)
        except StoreError:
            yield name


def keep_only(cursor: Cursor, tenant: str, kept: Collection[str]) -> int:
    """Delete the blobs that are not among some names; return how many.

    One that was kept as a patch of a deleted one is kept in full instead: no byte of what goes
    stays behind.
    """
    wanted = set(kept)
    rows = cursor.run("SELECT digest, base FROM blobs WHERE tenant = ?", (tenant,))
    gone = [str(name) for name, _ in rows if name not in wanted]
    losing = {str(name) for name, base in rows if name in wanted and base in set(gone)}
    whole = {name: get(cursor.run, tenant, name) for name in losing}
    query = "DELETE FROM blobs WHERE tenant = ? AND digest = ?"
    cursor.run_many(query, [(tenant, name) for name in [*gone, *losing]])
    for name, data in whole.items():
        _insert(cursor, tenant, name, data, None)
    return len(gone)


def _insert(cursor: Cursor, tenant: str, name: str, data: bytes, base: str | None) -> None:
    packed, chain = _pack(b"", data), 0
    if base is not None and (patch := _against(cursor, tenant, base, data)) is not None:
        small, before = patch
        if before + len(small) < len(packed):
            packed, chain = small, before + len(small)
        else:
            base = None
    else:
        base = None
    cursor.run(
        "INSERT INTO blobs (tenant, digest, base, chain, data) VALUES (?, ?, ?, ?, ?)",
        (tenant, name, base, chain, packed),
    )


def _against(cursor: Cursor, tenant: str, base: str, data: bytes) -> tuple[bytes, int] | None:
    """Return a patch of a base and the bytes of its chain; None when the base is not there."""
    rows = cursor.run("SELECT chain FROM blobs WHERE tenant = ? AND digest = ?", (tenant, base))
    if not rows:
        return None
    return _pack(get(cursor.run, tenant, base), data), int(rows[0][0])


def _pack(old: bytes, new: bytes) -> bytes:
    """Return what turns old bytes into new ones: lengths of the common ends, and the rest."""
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    deflate = zlib.compressobj(zdict=_dictionary(old, start, end))
    body = deflate.compress(new[start : len(new) - end]) + deflate.flush()
    return start.to_bytes(8, "big") + end.to_bytes(8, "big") + body


def _shared(one: bytes, other: bytes) -> int:
    """Return how many bytes two begin with alike, by halves: comparing slices is fast."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _apply(old: bytes, packed: bytes) -> bytes:
    start, end = (int.from_bytes(packed[at : at + 8], "big") for at in (0, 8))
    if start + end > len(old):
        raise ValueError("a patch reaches beyond its base")
    inflate = zlib.decompressobj(zdict=_dictionary(old, start, end))
    return old[:start] + inflate.decompress(packed[_HEAD:]) + old[len(old) - end :]


def _dictionary(old: bytes, start: int, end: int) -> bytes:
    return old[start : len(old) - end][-WINDOW:]


def _damaged(name: str) -> StoreError:
    return StoreError(f"The stored content {name[:12]}… is damaged. Run verify, then repair.")
