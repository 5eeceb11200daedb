"""The ledger at rest: one row for every call of a model, without a word of what was said."""

from __future__ import annotations

from combray.core.items import Json
from combray.core.ports import Call
from combray.core.time import to_datetime
from combray.store.engine import Engine
from combray.store.tables.checksums import CALL_FIELDS, with_checksum

_FIELDS = ", ".join(CALL_FIELDS)
_PUT = f"INSERT INTO ledger ({_FIELDS}, checksum) VALUES ({', '.join('?' * 11)})"


def record(engine: Engine, call: Call) -> None:
    """Enter one call."""
    # As their columns give them back: a whole number would be another text.
    ms, usd = float(call.ms) + 0.0, None if call.usd is None else float(call.usd) + 0.0
    values = (
        call.at_us, call.tenant, call.system, call.step, call.model, call.tokens_in,
        call.tokens_out, ms, usd, call.outcome,
    )  # fmt: skip
    with engine.write(call.tenant) as cursor:
        cursor.run(_PUT, with_checksum(values))


def calls(engine: Engine, tenant: str | None = None, *, limit: int | None = None) -> list[Call]:
    """The calls for a tenant, or for all, the newest first."""
    query, args = f"SELECT {_FIELDS} FROM ledger", []
    if tenant is not None:
        query += " WHERE tenant = ?"
        args.append(tenant)
    query += " ORDER BY seq DESC" + ("" if limit is None else f" LIMIT {int(limit)}")
    names = ["at_us", *CALL_FIELDS[1:]]
    return [Call(**dict(zip(names, row, strict=True))) for row in engine.read(query, args)]


def totals(engine: Engine, tenant: str | None = None) -> list[Json]:
    """Calls, tokens, milliseconds and cost by system, step and model.

    `usd` is the cost of the calls with a known price; `unpriced` counts those without. `first` and
    `last` are when the first and the last call was made.
    """
    where, args = ("", []) if tenant is None else (" WHERE tenant = ?", [tenant])
    rows = engine.read(
        "SELECT system, step, model, count(*), sum(tokens_in), sum(tokens_out), sum(ms), "
        "sum(usd), sum(CASE WHEN usd IS NULL THEN 1 ELSE 0 END), "
        "sum(CASE WHEN outcome = 'ok' THEN 0 ELSE 1 END), min(at), max(at) "
        f"FROM ledger{where} GROUP BY system, step, model ORDER BY system, step, model",
        args,
    )
    return [
        {
            "system": system,
            "step": step,
            "model": model,
            "calls": int(count),
            "tokens_in": int(tokens_in),
            "tokens_out": int(tokens_out),
            "ms": float(ms),
            "usd": None if usd is None else float(usd),
            "unpriced": int(unpriced),
            "failed": int(failed),
            "first": to_datetime(int(first)),
            "last": to_datetime(int(last)),
        }
        for (
            system,
            step,
            model,
            count,
            tokens_in,
            tokens_out,
            ms,
            usd,
            unpriced,
            failed,
            first,
            last,
        ) in rows
    ]
