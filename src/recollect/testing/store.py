"""The conformance suite of a store: every law, in one class to subclass."""

from __future__ import annotations

from recollect.testing.store_engine import EngineLaws
from recollect.testing.store_files import FileLaws
from recollect.testing.store_records import RecordLaws
from recollect.testing.store_tenants import TenantLaws
from recollect.testing.store_together import TogetherLaws
from recollect.testing.store_view import ViewLaws


class StoreConformance(EngineLaws, FileLaws, RecordLaws, TenantLaws, TogetherLaws, ViewLaws):
    """What a database must do to hold memories; override the fixture `place`, and `open`."""
