"""Rows of very many orders, made by PostgreSQL itself, for `bench.lists`.

A table is filled by an expression of `n` (1, 2, …) for each column that a list filters, orders or joins by; every
other column that must have a value gets an empty one. CHECK constraints are dropped first: they hold rows together
that rules have written, and no list looks at them. Old orders are settled and new ones open, as in life: what is
asked for seldom lies at one end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    import asyncpg

TENANT: Final = "bench"

_ORDER: Final = "'PO-' || lpad(n::text, 7, '0')"
_SHIPMENT: Final = "'SH-' || lpad(n::text, 7, '0')"
_SUPPLIER: Final = "'S-' || lpad((n % 10000)::text, 5, '0')"
_BUYER: Final = "'B-' || lpad((n % 50000)::text, 5, '0')"
_ACCOUNT: Final = "'VA-' || lpad((n % 10000)::text, 5, '0')"
_AT: Final = "timestamptz '2026-01-01Z' + n * interval '26 s'"
"""A million of these end on the 28th of October; the middle is in June."""


def _first(part: str, otherwise: str) -> str:
    """`part` for a share of the rows that the newest are most of, given as SQL."""
    return f"CASE WHEN {part} ELSE {otherwise} END"


_LIFE: Final = (
    "CASE WHEN n % 25 = 0 THEN 'CANCELLED' WHEN n < $1 * 0.8 THEN 'SETTLED' WHEN n < $1 * 0.85 THEN 'COMPLETED'"
    " WHEN n < $1 * 0.97 THEN 'PLACED' ELSE 'DRAFTED' END"
)
_WAY: Final = (
    "CASE WHEN n < $1 * 0.85 THEN 'DELIVERED' WHEN n < $1 * 0.86 THEN 'PART_DELIVERED' WHEN n < $1 * 0.9 THEN 'SHIPPED'"
    " WHEN n < $1 * 0.91 THEN 'PART_SHIPPED' WHEN n < $1 * 0.94 THEN 'BOOKED' ELSE 'NONE' END"
)
_FUNDS: Final = "CASE WHEN n < $1 * 0.9 THEN 'FUNDED' WHEN n < $1 * 0.95 THEN 'PART_PAID' ELSE 'UNPAID' END"
_COVER: Final = (
    "(ARRAY['NONE','NONE','NONE','HELD','PARTIAL','REFUSED','POSTED','VOIDED','EXPIRED','RELEASED','REQUESTED'])"
    "[1 + n % 11]"
)
_CURRENCY: Final = "CASE WHEN n % 1000 = 0 THEN 'EUR' ELSE 'USD' END"
_ISSUE: Final = "CASE WHEN n % 500 = 0 THEN 'DISPUTED' ELSE 'NONE' END"


class Filling(NamedTuple):
    """`share`: rows for each order. Expressions of n (from 1) by column."""

    table: str
    share: float
    columns: Mapping[str, str]


FILLINGS: Final[Mapping[str, tuple[Filling, ...]]] = {
    "order": (
        Filling("orders", 1, {
            "order_id": _ORDER, "buyer_id": _BUYER, "supplier_id": _SUPPLIER, "account_id": _ACCOUNT,
            "payment_reference": _ORDER, "currency": _CURRENCY, "total_minor": "830000", "life": _LIFE,
            "funds": _FUNDS, "logistics": _WAY, "assurance": _COVER, "issue": _ISSUE, "drafted_at": _AT,
            "refund_due_minor": "CASE WHEN n % 100 = 0 THEN 5000 ELSE 0 END",
            "payout_due_minor": "CASE WHEN n % 50 = 0 THEN 830000 ELSE 0 END",
        }),
        Filling("payments", 1, {
            "payment_id": "'P-' || lpad(n::text, 7, '0')", "account_id": _ACCOUNT, "amount_minor": "249000",
            "bank_reference": "'NTRF-' || n", "currency": _CURRENCY, "received_at": _AT, "order_id": _ORDER,
            "state": "CASE WHEN n % 100 = 0 THEN 'UNMATCHED' WHEN n % 1000 = 1 THEN 'RETURN_DUE' ELSE 'MATCHED' END",
            "reason": "CASE WHEN n % 100 = 0 THEN 'NO_FIT' END",
        }),
    ),
    "logistics": (
        Filling("shipments", 1, {
            "shipment_id": _SHIPMENT, "booked_at": _AT, "origin": _SHIPMENT, "carrier": "'Blue Anchor Line'",
            "mode": "(ARRAY['SEA','SEA','SEA','SEA','AIR','ROAD','ROAD','RAIL','EXPRESS','EXPRESS'])[1 + n % 10]",
            "state": "CASE WHEN n < $1 * 0.85 THEN 'DELIVERED' WHEN n < $1 * 0.86 THEN 'OUT_FOR_DELIVERY'"
                     " WHEN n < $1 * 0.87 THEN 'AVAILABLE' WHEN n < $1 * 0.93 THEN 'IN_TRANSIT' ELSE 'BOOKED' END",
            "silent": "n % 300 = 0 AND n > $1 * 0.85", "exception": "n % 200 = 0",
        }),
        Filling("shipment_references", 1, {
            "shipment_id": _SHIPMENT, "kind": "'CONTAINER'", "value": "'MSKU' || lpad(n::text, 7, '0')",
            "valid_from": "timestamptz '2026-01-01Z'",
        }),
        Filling("order_outlooks", 1, {
            "order_id": _ORDER, "shipment_id": _SHIPMENT, "delayed": "n > $1 * 0.85 AND n % 3 = 0",
            "status": "'OPEN'",
        }),
        Filling("booking_attempts", 1, {
            "order_id": _ORDER, "attempt": "1", "quote_id": "'Q-' || n", "option_id": "'1'", "chosen_at": _AT,
            "state": "CASE WHEN n % 50 = 0 THEN 'DECLINED' WHEN n % 50 = 1 THEN 'REFUSED' WHEN n % 50 = 2 THEN"
                     " 'CANCELLED' WHEN n < $1 * 0.95 THEN 'CONFIRMED' WHEN n < $1 * 0.97 THEN 'REQUESTED'"
                     " WHEN n < $1 * 0.98 THEN 'ACCEPTED' ELSE 'CHOSEN' END",
        }),
        Filling("rate_cards", 0.1, {
            "lane_id": "CASE WHEN n <= 100 THEN 'CNNGB-DEHAM' ELSE 'CN' || chr(65 + n::int / 1000 % 26) ||"
                       " chr(65 + n::int / 100 % 10) || 'A-DEHAM' END",
            "rate_card_id": "'CARD-' || n", "mode": "'SEA'", "carrier": "'Blue Anchor Line'", "currency": "'USD'",
            "valid_from": "date '2026-01-01'", "valid_until": "date '2026-12-31'", "weekdays": "'[3]'",
            "promises": "'[]'", "tariff": "'{}'",
        }),
    ),
    "credit": (
        Filling("suppliers", 0.01, {"supplier_id": _SUPPLIER, "name": "'Jingdezhen Fine Ceramics'"}),
        Filling("covered_orders", 1, {
            "order_id": _ORDER, "supplier_id": _SUPPLIER, "currency": "'USD'", "expires_at": _AT,
            "hold_id": "'H-' || lpad(n::text, 7, '0')", "at_risk": "n % 100 = 0", "state": "'HELD'",
        }),
        Filling("covered_shipments", 0.1, {
            "order_id": "'PO-' || lpad((n * 10)::text, 7, '0')", "shipment_id": _SHIPMENT, "eta": _AT,
        }),
        Filling("holds", 1, {
            "hold_id": "'H-' || lpad(n::text, 7, '0')", "order_id": _ORDER, "supplier_id": _SUPPLIER,
            "currency": "'USD'", "request": "1",
        }),
        Filling("hold_resolutions", 0.8, {
            "hold_id": "'H-' || lpad(n::text, 7, '0')", "resolution": "'RELEASED'", "resolved_at": _AT,
        }),
        Filling("claims", 0.1, {
            "order_id": "'PO-' || lpad((n * 10)::text, 7, '0')", "claim_id": "'CL-1'", "kind": "'LATE'",
            "opened_by": "'SYSTEM'", "event_id": "'E'", "answer": "NULL",
            "state": "CASE WHEN n < $1 * 0.08 THEN (ARRAY['CLOSED','CLOSED','REJECTED','WITHDRAWN'])[1 + n % 4] ELSE"
                     " (ARRAY['OPEN','SUPPLIER_REVIEW','ESCALATED','INSPECTION','PAID'])[1 + n % 5] END",
        }),
        Filling("limit_assessments", 0.1, {
            "supplier_id": "'S-' || lpad((5000 + n / 1000)::text, 5, '0')", "assessment": "n % 1000",
        }),
        Filling("limit_reasons", 0.2, {
            "supplier_id": "'S-' || lpad((5000 + n / 2000)::text, 5, '0')", "assessment": "n / 2 % 1000",
            "rule": "CASE n % 2 WHEN 0 THEN 'AGE' ELSE 'VOLUME' END",
        }),
        Filling("score_changes", 0.1, {
            "supplier_id": "'S-' || lpad((5000 + n / 1000)::text, 5, '0')", "change": "n % 1000",
            "part": "'VOLUME'",
        }),
        Filling("track_record", 1, {
            "supplier_id": "'S-' || lpad((5000 + n / 1000)::text, 5, '0')", "number": "n % 1000", "order_id": _ORDER,
            "what": "'COMPLETED'",
        }),
        Filling("rates", 0.1, {
            "currency_id": "(ARRAY['EUR','CNY','GBP'])[1 + n % 3]", "known_at": "timestamptz '2026-01-01Z' + n * "
            "interval '260 s'", "source": "'/bank'", "event_id": "'R-' || n", "rate": "'1.08'",
        }),
    ),
    "notify": (
        Filling("order_views", 1, {
            "order_id": _ORDER, "buyer_id": _BUYER, "supplier_id": _SUPPLIER, "currency": "'USD'", "life": _LIFE,
            "funds": _FUNDS, "logistics": _WAY, "assurance": _COVER, "issue": _ISSUE, "inspection": "'NONE'",
            "cancelled_at": _first(f"n % 25 = 0 THEN {_AT}", "NULL"), "known_at": _AT, "drafted_at": _AT,
        }),
        Filling("supplier_views", 0.01, {"supplier_id": _SUPPLIER, "score_parts": "NULL"}),
        Filling("incidents", 0.01, {
            "incident_id": "'I-' || lpad((n % 10000)::text, 5, '0')", "number": "1",
            "opened_at": "timestamptz '2026-01-01Z' + n * interval '2600 s'", "severity": "'WARNING'",
            "cause": "(ARRAY['DELAY','SILENCE','UNMATCHED','COVER'])[1 + n % 4]", "cause_reference": "'V/' || n",
            "state": "CASE WHEN n < $1 * 0.0095 THEN 'CLOSED' WHEN n % 2 = 0 THEN 'ACKNOWLEDGED' ELSE 'OPEN' END",
            "orders": "10",
        }),
        Filling("notices", 1, {
            "notice_id": "'N-' || lpad(n::text, 7, '0')", "order_id": _ORDER, "known_at": _AT, "text": "'Late.'",
            "text_id": "''", "parameters": "'{}'", "rules_version": "'V1'", "kind": "'DELAY'", "cause_id": "'E'",
            "audience": "(ARRAY['OPERATIONS','BUYER','SUPPLIER'])[1 + n % 3]",
            "recipient": f"CASE n % 3 WHEN 1 THEN {_BUYER} WHEN 2 THEN {_SUPPLIER} END",
            "severity": "CASE WHEN n % 1000 = 0 THEN 'CRITICAL' WHEN n % 10 = 0 THEN 'WARNING' ELSE 'INFO' END",
            "incident_id": "CASE WHEN n % 5 = 0 THEN 'I-' || lpad((n / 100 % 10000)::text, 5, '0') END",
            "incident_number": "CASE WHEN n % 5 = 0 THEN 1 END", "supplier_id": "NULL",
        }),
        Filling("subscriptions", 0.001, {
            "subscription_id": "'SUB-' || lpad(n::text, 5, '0')", "party": "'OPERATIONS'", "channel": "'WEBHOOK'",
            "state": "CASE WHEN n % 20 = 0 THEN 'PAUSED' WHEN n % 20 = 1 THEN 'ENDED' ELSE 'ACTIVE' END",
        }),
        Filling("deliveries", 1, {
            "delivery_id": "'D-' || lpad(n::text, 7, '0')", "message_id": "'M-' || n", "known_at": _AT,
            "subscription_id": "'SUB-' || lpad((n % 1000)::text, 5, '0')", "subject": f"'order/' || {_ORDER}",
            "state": "CASE WHEN n > $1 * 0.999 THEN 'PENDING' WHEN n % 500 = 0 THEN 'FAILED' ELSE 'DELIVERED' END",
            "severity": "NULL",
        }),
    ),
}  # fmt: skip

_EMPTY: Final[Mapping[str, str]] = {
    "text": "''", "bigint": "0", "boolean": "false", "date": "date '2026-01-01'",
    "timestamp with time zone": "timestamptz '2026-01-01Z'",
}  # fmt: skip
_NEEDED: Final = """
    SELECT column_name, data_type FROM information_schema.columns
    WHERE table_name = $1 AND is_nullable = 'NO' AND table_schema = 'public'
"""
_CHECKS: Final = "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'"
_INDEXES: Final = """
    SELECT i.relname, pg_get_indexdef(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    WHERE x.indrelid = $1::regclass AND NOT x.indisprimary
"""


async def fill(connection: asyncpg.Connection[Any], service: str, orders: int) -> None:
    """Fill the tables of a service for so many orders, and let PostgreSQL look at them."""
    await connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '256MB'")
    for filling in FILLINGS[service]:
        await _fill(connection, filling, orders)
        await connection.execute(f"VACUUM ANALYZE {filling.table}")


async def _fill(connection: asyncpg.Connection[Any], filling: Filling, orders: int) -> None:
    table = filling.table
    checks = [row[0] for row in await connection.fetch(_CHECKS, table)]
    indexes = await connection.fetch(_INDEXES, table)
    for check in checks:
        await connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{check}"')
    for index in indexes:  # built at once afterwards, which is faster
        await connection.execute(f"DROP INDEX {index[0]}")
    needed = {name: _EMPTY[kind] for name, kind in await connection.fetch(_NEEDED, table)}
    columns = {**needed, "tenant": f"'{TENANT}'", **filling.columns}
    rows = int(orders * filling.share)
    values = ", ".join(columns.values()).replace("$1", str(orders))
    await connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM generate_series(1, {rows}) AS n"
    )
    for index in indexes:
        await connection.execute(index[1])
