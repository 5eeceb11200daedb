"""The conformance suite of a store: every law, in one class to subclass."""

from __future__ import annotations

from combray.testing.store_engine import EngineLaws
from combray.testing.store_files import FileLaws
from combray.testing.store_records import RecordLaws
from combray.testing.store_tenants import TenantLaws
from combray.testing.store_together import TogetherLaws
from combray.testing.store_view import ViewLaws


class StoreConformance(EngineLaws, FileLaws, RecordLaws, TenantLaws, TogetherLaws, ViewLaws):
    """What a database must do to hold memories; override the fixture `place`, and `open`."""
