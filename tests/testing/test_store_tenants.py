"""The laws of the wall find a store whose users meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from combray.store.engine import Row, Run
from combray.store.engines.sqlite import SQLiteEngine
from combray.testing.store_tenants import TenantLaws
from tests.testing.broken import folding, reading, refused, suite


class Open(SQLiteEngine):
    """Has no wall: whoever asks reads all."""

    def tenant_reader(self, tenant: str, /) -> Run:
        """Rows of everybody."""

        def read(sql: str, args: tuple[object, ...]) -> list[Row]:
            return self.read(sql.replace("tenant = ?", "? IS NOT NULL"), args)

        return read  # type: ignore[return-value]


@pytest.mark.parametrize("engine", [Open, folding()], ids=["open", "folding"])
def test_users_that_meet_are_found(tmp_path: Path, engine: type[SQLiteEngine]) -> None:
    """Whether all rows are shown, or those of a name that is only spelt alike."""
    law = "test_reads_bound_to_a_tenant_see_it_alone"
    getattr(suite(TenantLaws, SQLiteEngine), law)(str(tmp_path / "sound.db"))
    refused(getattr(suite(TenantLaws, engine), law), str(tmp_path / "broken.db"))


def test_random_users_find_the_hole_too(tmp_path: Path) -> None:
    """Without being told where to look for it."""
    law = suite(TenantLaws, folding()).test_random_users_never_meet
    refused(law, str(tmp_path / "memory.db"), 1)


def test_an_id_that_opens_anothers_memory_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The law asks by the id of another, and by one that is made up."""
    from combray.store.store import Store

    one = Store.one
    monkeypatch.setattr(Store, "one", lambda self, id_, tenant=None: one(self, id_))
    law = suite(TenantLaws, SQLiteEngine).test_anothers_id_opens_nothing
    refused(law, str(tmp_path / "memory.db"))


def test_a_list_that_is_cut_short_is_found(tmp_path: Path) -> None:
    """A small user among many gets all that was asked for."""
    short = reading(lambda sql, rows: rows[:3] if "FROM items" in sql else rows)
    law = suite(TenantLaws, short).test_a_small_tenant_in_a_big_store_gets_its_full_list
    refused(law, str(tmp_path / "memory.db"))
