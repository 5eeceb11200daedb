"""Contents by their digests: the same bytes back, once, as patches, and nothing left behind."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import pytest

from combray.core.errors import NotFound, StoreError
from combray.store.connect import connect
from combray.store.store import Store
from combray.store.tables.blobs import damaged, get, keep_only, name_of, names, put

SECRET = b"Quibberzonk"


@pytest.fixture
def store(location: str) -> Iterator[Store]:
    """An empty store, on each database."""
    made = connect(location)
    yield made
    made.close()


def keep(store: Store, *datas: bytes, tenant: str = "u") -> list[str]:
    """Keep contents, each as a patch of the one before."""
    found: list[str] = []
    with store.engine.write(tenant) as cursor:
        for data in datas:
            found.append(put(cursor, tenant, data, found[-1] if found else None))
    return found


def read(store: Store, name: str, tenant: str = "u") -> bytes:
    """The bytes of a name."""
    return get(store.engine.tenant_reader(tenant), tenant, name)


def size(store: Store) -> int:
    """Bytes that all contents take."""
    return int(store.engine.read("SELECT sum(length(data)) FROM blobs")[0][0])


def test_what_is_kept_comes_back(store: Store) -> None:
    """Empty, random, repeated and edited bytes are the same when read."""
    draw = random.Random(0)
    datas = [b"", os.urandom(5000), b"ab" * 9000, b"\n".join(b"line %d" % i for i in range(999))]
    for _ in range(40):
        old = bytearray(datas[-1])
        at = draw.randrange(len(old) + 1)
        old[at : at + draw.randrange(30)] = os.urandom(draw.randrange(30))
        datas.append(bytes(old))
    for name, data in zip(keep(store, *datas), datas, strict=True):
        assert name == name_of(data)
        assert read(store, name) == data


def test_the_same_bytes_are_kept_once(store: Store) -> None:
    """A second time they take no row."""
    assert len(set(keep(store, b"a", b"b", b"a"))) == len(names(store.engine.read, "u")) == 2


def test_a_value_that_grows_takes_the_order_of_its_size(store: Store) -> None:
    """A thousand versions of a list that grows take little more than the last one."""
    draw = random.Random(0)
    data, datas = b"", []
    for _ in range(1000):
        data += draw.randbytes(50)
        datas.append(data)
    found = keep(store, *datas)
    assert size(store) < 4 * len(data) < sum(map(len, datas)) / 100
    assert read(store, found[-1]) == data
    assert read(store, found[500]) == datas[500]


def test_a_long_chain_is_read_in_time(store: Store) -> None:
    """Reading the last of many versions takes milliseconds, and so does keeping one more."""
    datas = [b"".join(b"%09d" % i for i in range(n)) for n in range(400)]
    name = keep(store, *datas)[-1]
    began = time.process_time()
    for _ in range(5):
        read(store, name)
    assert time.process_time() - began < 0.5


def test_users_are_apart(store: Store) -> None:
    """The same bytes of another user are another row; neither can be read by the other."""
    (name,) = keep(store, b"mine")
    with pytest.raises(NotFound):
        read(store, name, "v")
    assert keep(store, b"mine", tenant="v") == [name]
    with store.engine.write("u") as cursor:
        assert keep_only(cursor, "u", ()) == 1
    assert read(store, name, "v") == b"mine"


def test_nothing_of_what_goes_stays_in_what_is_kept(store: Store) -> None:
    """A content kept as a patch of one that goes is kept in full, whatever the order."""
    old = SECRET * 3 + b"x" * 3000
    names_ = keep(store, old, b"y" * 100 + old[33:], b"z" + b"y" * 100 + old[33:])
    with store.engine.write("u") as cursor:
        assert keep_only(cursor, "u", names_[1:]) == 1
    assert names(store.engine.read, "u") == sorted(names_[1:])
    for name in names_[1:]:
        assert SECRET not in read(store, name)
    assert not list(damaged(store.engine.read, "u"))
    with pytest.raises(NotFound):
        read(store, names_[0])


def test_damage_is_noticed(store: Store) -> None:
    """A changed byte, and a base that is gone, are named, and reading says what to do."""
    first, second = keep(store, b"a" * 5000 + os.urandom(50), b"a" * 5000 + os.urandom(60))
    with store.engine.write("u") as cursor:
        cursor.run("DELETE FROM blobs WHERE digest = ?", (first,))
    assert list(damaged(store.engine.read, "u")) == [second]
    with pytest.raises(StoreError, match="repair"):
        read(store, second)
