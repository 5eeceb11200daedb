"""What PostgreSQL needs besides the shared SQL: the wall, byte order, counters, no statistics.

A transaction of one tenant sets `combray.wall` to `=TENANT`; the policy `wall` on every table
with a column `tenant` then hides all other rows and refuses to write any. A session that sets
nothing sees everything: whoever keeps the database must be able to verify and to dump it. The
policy binds the owner of the tables too, but never a superuser or a role with BYPASSRLS.

The server's statistics quote values of columns, and an erasure does not reach its catalogue, so
columns that hold words have none: every query finds its rows by other columns.
"""

from __future__ import annotations

from combray.store.engine import Cursor

WALL = "coalesce(current_setting('combray.wall', true), '')"
_INSIDE = f"(SELECT {WALL}) IN ('', '=' || tenant)"
# A citation has no tenant of its own; it is inside when the item that makes it is.
_CITES = f"(SELECT {WALL}) = '' OR EXISTS (SELECT 1 FROM items WHERE items.id = cites.item_id)"


WORDLESS = (
    "id item_id source_id src dst change_id tenant kind status digest op actor state embedder "
    "system step model outcome created_by role"
)
"""The columns of text whose values may stand in the server's statistics."""


def finish_schema(cursor: Cursor) -> None:
    """Put new tables under row security, collate texts by bytes, and set the sequences."""
    _quote_no_words(cursor)
    for table, column in cursor.run(
        "SELECT table_name::text, column_name::text FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND data_type = 'text' "
        "AND collation_name IS DISTINCT FROM 'C'"
    ):
        cursor.run(f'ALTER TABLE {table} ALTER COLUMN "{column}" TYPE text COLLATE "C"')
    for (table,) in cursor.run(
        "SELECT table_name::text FROM information_schema.columns "
        "WHERE table_schema = current_schema() "
        "AND (column_name = 'tenant' OR (table_name, column_name) = ('cites', 'item_id')) "
        "AND table_name NOT IN (SELECT tablename FROM pg_policies "
        "WHERE schemaname = current_schema() AND policyname = 'wall')"
    ):
        cursor.run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        cursor.run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        inside = _CITES if table == "cites" else _INSIDE
        cursor.run(f"CREATE POLICY wall ON {table} USING ({inside}) WITH CHECK ({inside})")
    for (table,) in cursor.run(
        "SELECT table_name::text FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND column_name = 'seq' AND is_identity = 'YES'"
    ):
        cursor.run(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'seq'), "
            f"(SELECT coalesce(max(seq), 0) + 1 FROM {table}), false)"
        )
    for (table,) in cursor.run(
        "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()"
    ):
        # Without figures of what was filled in, the planner reads all rows of a tenant.
        if cursor.run(f"SELECT 1 FROM {table} LIMIT 1"):
            cursor.run(f"ANALYZE {table}")


def _quote_no_words(cursor: Cursor) -> None:
    """Let the server keep no statistics of columns with words, and drop those that it has."""
    for table, column in cursor.run(
        "SELECT c.relname::text, a.attname::text FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid WHERE c.relkind = 'r' AND a.attnum > 0 "
        "AND c.relnamespace = current_schema()::regnamespace "
        "AND a.atttypid IN ('text'::regtype, 'bytea'::regtype) "
        "AND coalesce(a.attstattarget, -1) <> 0 AND a.attname <> ALL (string_to_array(?, ' '))",
        (WORDLESS,),
    ):
        cursor.run(f'ALTER TABLE {table} ALTER COLUMN "{column}" SET STATISTICS 0')
        # A column that gets a type, be it the same, loses the statistics made before.
        kind = "bytea" if column == "data" else 'text COLLATE "C"'
        cursor.run(f'ALTER TABLE {table} ALTER COLUMN "{column}" TYPE {kind}')
