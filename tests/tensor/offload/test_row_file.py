"""Records in a file: where each stands, which reads bring them, and rows held in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given
from hypothesis import strategies as st

from combray.core.errors import Unsupported
from combray.tensor.offload import row_file
from combray.tensor.offload.row_file import BLOCK, NeuronBuffer, RowFile, stride_of

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("nbytes", "stride"),
    [(1, 1), (3, 3), (512, 512), (513, 585), (1366, 2048), (2048, 2048), (2049, 4096),
     (4096, 4096), (4097, 8192), (12288, 12288)],
)  # fmt: skip
def test_strides_by_hand(nbytes: int, stride: int) -> None:
    """As many records as fit into a block share it evenly; larger ones begin a block."""
    assert stride_of(nbytes) == stride


@given(st.integers(1, 20_000), st.integers(0, 50))
def test_no_record_crosses_a_block_that_it_need_not(nbytes: int, i: int) -> None:
    """Records do not overlap, large ones are aligned, and the crossing is what it must be."""
    stride = stride_of(nbytes)
    assert stride >= nbytes
    if nbytes >= BLOCK:
        assert stride % BLOCK == 0
    else:
        assert stride <= BLOCK
        assert BLOCK // stride == BLOCK // nbytes


def written(folder: Path, rows: int, width: int, dtype: torch.dtype = torch.float32) -> RowFile:
    """A file whose record i holds the number i."""
    records = torch.arange(rows)[:, None].expand(rows, width).to(dtype)
    return RowFile.write(folder / "rows", records, threads=3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int8])
def test_records_come_back_in_their_type(dtype: torch.dtype, tmp_path: Path) -> None:
    """Each record is the one that was asked for, in the order of the numbers."""
    file = written(tmp_path, 40, 300, dtype)
    ids = torch.tensor([0, 1, 7, 8, 39])
    read = file.read(ids)
    assert read.dtype == dtype
    assert read.shape == (5, 300)
    assert torch.equal(read, ids[:, None].expand(5, 300).to(dtype))
    file.close()


def test_neighbours_are_read_at_once(tmp_path: Path) -> None:
    """Records of one block are one read; a gap of a block makes two; both are counted."""
    file = written(tmp_path, 100, 256)
    assert file.stride == 1024
    assert file.spans([0, 3]) == [(0, BLOCK)]
    assert file.spans([0, 4]) == [(0, 2 * BLOCK)]
    assert file.spans([0, 8]) == [(0, BLOCK), (2 * BLOCK, BLOCK)]
    assert file.spans([]) == []
    file.read(torch.tensor([0, 8]))
    file.read(torch.tensor([5]))
    assert (file.reads.count, file.reads.nbytes) == (3, 3 * BLOCK)
    file.close()


def test_asking_for_nothing_reads_nothing(tmp_path: Path) -> None:
    """An empty answer has the width of a record."""
    file = written(tmp_path, 4, 8)
    assert file.read(torch.empty(0, dtype=torch.long)).shape == (0, 8)
    assert file.reads.count == 0
    file.close()


def test_a_file_opened_again_reads_the_same(tmp_path: Path) -> None:
    """What is on disk is all there is; strides follow from the width."""
    written(tmp_path, 20, 1500).close()
    again = RowFile(tmp_path / "rows", 20, 1500, torch.float32, 2)
    assert again.read(torch.tensor([19])).unique().tolist() == [19.0]
    assert (tmp_path / "rows").stat().st_size == 20 * again.stride == 20 * 2 * BLOCK
    again.close()


def test_a_file_that_was_cut_is_refused(tmp_path: Path) -> None:
    """The message says which file and what to do."""
    file = written(tmp_path, 20, 1024)
    with (tmp_path / "rows").open("r+b") as raw:
        raw.truncate(10 * BLOCK)
    assert file.read(torch.tensor([9])).shape == (1, 1024)
    with pytest.raises(Unsupported, match="rows is shorter than it was written"):
        file.read(torch.tensor([10]))
    file.close()


def test_a_full_disk_is_refused_before_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No part of a file is left."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": BLOCK}))
    with pytest.raises(Unsupported, match="8,192 are needed"):
        written(tmp_path, 2, 1024)
    assert list(tmp_path.iterdir()) == []


def test_without_direct_reads_the_cache_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where O_DIRECT is refused, the same records come, and what was read is forgotten after."""
    monkeypatch.delattr(row_file.os, "O_DIRECT")
    dropped = []
    monkeypatch.setattr(row_file.os, "posix_fadvise", lambda *about: dropped.append(about[1:3]))
    file = written(tmp_path, 20, 1024)
    assert not file.direct
    assert file.read(torch.tensor([3, 9]))[:, 0].tolist() == [3.0, 9.0]
    assert sorted(dropped) == [(3 * BLOCK, BLOCK), (9 * BLOCK, BLOCK)]
    file.close()
    monkeypatch.delattr(row_file.os, "posix_fadvise")
    with pytest.raises(Unsupported, match="O_DIRECT or posix_fadvise"):
        written(tmp_path, 2, 4)


def rows_of(ids: list[int]) -> torch.Tensor:
    """Rows that say whose they are."""
    return torch.tensor(ids, dtype=torch.float32)[:, None].expand(-1, 2).clone()


def test_a_buffer_holds_and_finds_rows() -> None:
    """Rows are found by neuron, in the order asked, wherever they lie."""
    buffer = NeuronBuffer(4, 10, 2, torch.float32)
    assert (buffer.capacity, buffer.total, len(buffer.rows)) == (4, 10, 0)
    buffer.add(torch.tensor([7, 2, 5]), rows_of([7, 2, 5]))
    assert buffer.holds().nonzero()[:, 0].tolist() == [2, 5, 7]
    assert buffer.take(torch.tensor([2, 7]))[:, 0].tolist() == [2.0, 7.0]


def test_only_the_last_rows_move_when_some_are_dropped() -> None:
    """Holes are filled from the end; a row that needs not move stays where it is."""
    buffer = NeuronBuffer(5, 10, 2, torch.float32)
    buffer.add(torch.tensor([0, 1, 2, 3, 4]), rows_of([0, 1, 2, 3, 4]))
    buffer.drop(torch.tensor([1, 3]))
    assert buffer.neurons.tolist() == [0, 4, 2]
    assert buffer.rows[:, 0].tolist() == [0.0, 4.0, 2.0]
    assert buffer.take(torch.tensor([4]))[0, 0] == 4
    buffer.add(torch.tensor([9]), rows_of([9]))
    assert buffer.neurons.tolist() == [0, 4, 2, 9]
    buffer.drop(torch.tensor([0, 2, 4, 9]))
    assert len(buffer.rows) == 0
    assert not buffer.holds().any()
