"""`silkway report`: what the services know of a tenant, in figures, read from their own databases."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import TYPE_CHECKING, Annotated, Any, Final

import asyncpg
import pycountry
import typer
from rich.markup import escape
from rich.table import Table

from silkway.cli import addresses
from silkway.cli.console import FINDINGS, OUT, fail, print_json
from silkway.cli.money import in_units
from silkway.messaging.database import DATABASE_ERRORS, plain_connection
from silkway.messaging.personal import open_vault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Connection = asyncpg.Connection[asyncpg.Record]

AXES: Final = ("life", "funds", "logistics", "assurance", "issue")
_SHOWN_SUPPLIERS: Final = 15

_VALUE: Final = """
SELECT currency, sum(total_minor)::bigint AS value_minor FROM orders WHERE tenant = $1 GROUP BY 1 ORDER BY 1"""
_LINES: Final = """
SELECT count(*) AS lines, count(*) FILTER (WHERE late) AS late FROM order_lines WHERE tenant = $1"""
_SHIPMENTS: Final = "SELECT count(*) FROM shipments WHERE tenant = $1"
_SEVERAL_SHIPMENTS: Final = """
SELECT count(*) FROM (SELECT FROM shipment_lines WHERE tenant = $1
                      GROUP BY order_id HAVING count(DISTINCT shipment_id) > 1) AS orders"""
_SEVERAL_ORDERS: Final = """
SELECT count(*) FROM (SELECT FROM shipment_lines WHERE tenant = $1
                      GROUP BY shipment_id HAVING count(DISTINCT order_id) > 1) AS shipments"""
_PUNCTUALITY: Final = """
SELECT {by} AS name, count(*) AS lines, count(*) FILTER (WHERE late) AS late FROM order_lines
WHERE tenant = $1 AND delivered_on IS NOT NULL AND deliver_by IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"""
_TRACKABLE: Final = """
SELECT s.mode AS name, count(DISTINCT l.order_id) AS shipped,
       count(DISTINCT l.order_id) FILTER (WHERE t.tracked) AS tracked
FROM shipments s
JOIN shipment_lines l USING (tenant, shipment_id)
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM milestone_reports r
                   WHERE r.tenant = s.tenant AND r.shipment_id = s.shipment_id AND r.classifier = 'ACTUAL'
                     AND r.kind NOT IN ('BOOKED', 'COLLECTED') AND r.retracted IS NULL) AS tracked) t
WHERE s.tenant = $1 AND l.quantity > 0 AND coalesce(s.dispatched_at, s.delivered_at) IS NOT NULL
GROUP BY 1 ORDER BY 2 DESC, 1"""
"""Orders that have left, and those of them of which more is known than that they left."""
_EVER: Final = (dt.datetime(1900, 1, 1, tzinfo=dt.UTC), dt.datetime(2200, 1, 1, tzinfo=dt.UTC))
_SUPPLIERS: Final = "SELECT supplier_id, name FROM suppliers WHERE tenant = $1"


def report(
    tenant: Annotated[str, typer.Option(help="Whose orders.")],
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Orders, lines, shipments, value, states, punctuality, tracking and customs of a tenant.

    Lines count for punctuality when they were promised and delivered; late is after the promised local date.
    An order is trackable when more is known of its way than that it left.
    Exit code 1: the tenant has no orders; 2: a database cannot be reached.
    """
    system = addresses.find()
    databases = {name: system.database(name) for name in addresses.SERVICES}
    try:
        figures = asyncio.run(collect(databases, tenant))
    except DATABASE_ERRORS as error:
        fail(f"Database: {error}")
    if as_json:
        print_json(figures)
    elif figures["orders"]:
        _show(figures)
    if not figures["orders"]:
        fail(f"{tenant} has no orders.", FINDINGS)


async def collect(databases: Mapping[str, str], tenant: str) -> dict[str, Any]:
    """All figures of a tenant as plain data. `databases`: URLs by service. Raises asyncpg and OS errors."""
    pairs = await asyncio.gather(
        _in(databases["order"], tenant, _of_orders),
        _in(databases["logistics"], tenant, _of_shipments),
        _in(databases["credit"], tenant, _names),
        *(_in(database, tenant, _queues) for database in databases.values()),
    )
    orders, shipments, names, *queues = pairs
    for row in shipments["punctuality"]["supplier"]:
        row["name"] = names.get(row["name"], row["name"])
    totals = {key: sum(queue[key] for queue in queues) for key in ("parked", "waiting", "refused")}
    return {"tenant": tenant, **orders, **shipments, **totals}


async def _in(database: str, tenant: str, query: Any) -> Any:
    connection = await plain_connection(database, timeout=10, command_timeout=60)
    try:
        return await query(connection, tenant)
    finally:
        await connection.close()


async def _of_orders(connection: Connection, tenant: str) -> dict[str, Any]:
    lines = await connection.fetchrow(_LINES, tenant)
    assert lines is not None
    states: dict[str, dict[str, int]] = {}
    for axis in AXES:
        counts = f"SELECT {axis}, count(*) FROM orders WHERE tenant = $1 GROUP BY 1 ORDER BY 1"
        states[axis] = {row[0]: row[1] for row in await connection.fetch(counts, tenant)}
    return {
        "orders": sum(states["life"].values()),
        "lines": lines["lines"],
        "late_lines": lines["late"],
        "value": {
            currency: str(in_units(value_minor, currency))
            for currency, value_minor in await connection.fetch(_VALUE, tenant)
        },
        "states": states,
    }


async def _of_shipments(connection: Connection, tenant: str) -> dict[str, Any]:
    from silkway.logistics.store import clearance_times  # the command starts without the services

    columns = {"supplier": "supplier_id", "country": "destination_country", "mode": "mode"}
    return {
        "shipments": await connection.fetchval(_SHIPMENTS, tenant),
        "orders_with_several_shipments": await connection.fetchval(_SEVERAL_SHIPMENTS, tenant),
        "shipments_with_several_orders": await connection.fetchval(_SEVERAL_ORDERS, tenant),
        "punctuality": {
            what: [_punctuality(row) for row in await connection.fetch(_PUNCTUALITY.format(by=by), tenant)]
            for what, by in columns.items()
        },
        "trackable": [_trackable(row) for row in await connection.fetch(_TRACKABLE, tenant)],
        "clearances": [dict(row) for row in await clearance_times(connection, tenant, *_EVER)],
    }


def _punctuality(row: asyncpg.Record) -> dict[str, Any]:
    on_time = round(1 - row["late"] / row["lines"], 4)
    return {"name": row["name"], "lines": row["lines"], "late": row["late"], "on_time": on_time}


def _trackable(row: asyncpg.Record) -> dict[str, Any]:
    return {**row, "share": round(row["tracked"] / row["shipped"], 4)}


async def _names(connection: Connection, tenant: str) -> dict[str, str]:
    """Names of suppliers by id, as their texts are kept beside the log where they are sealed."""
    names = {row["supplier_id"]: row["name"] for row in await connection.fetch(_SUPPLIERS, tenant)}
    vault = await open_vault("silkway-report")
    if vault is None:
        return names
    try:
        shown: dict[str, str] = json.loads(await vault.shown_json(tenant, json.dumps(names)))
        return shown
    finally:
        vault.close()


async def _queues(connection: Connection, tenant: str) -> dict[str, int]:
    return {
        table: await connection.fetchval(f"SELECT count(*) FROM {table} WHERE tenant = $1", tenant)
        for table in ("parked", "waiting", "refused")
    }


def _show(figures: dict[str, Any]) -> None:
    value = ", ".join(f"{currency} {amount}" for currency, amount in figures["value"].items())
    rows = {
        "orders": figures["orders"],
        "lines": figures["lines"],
        "late lines": figures["late_lines"],
        "shipments": figures["shipments"],
        "orders with several shipments": figures["orders_with_several_shipments"],
        "shipments with several orders": figures["shipments_with_several_orders"],
        "parked": figures["parked"],
        "waiting": figures["waiting"],
        "refused": figures["refused"],
    }
    table = Table("", "", title=figures["tenant"], show_header=False)
    for name, count in rows.items():
        table.add_row(name, f"{count:,}")
    table.add_row("value", value)
    for axis, states in figures["states"].items():
        table.add_row(axis, ", ".join(f"{state} {count:,}" for state, count in states.items()))
    OUT.print(table)
    punctuality = figures["punctuality"]
    countries = [{**row, "name": country_name(row["name"])} for row in punctuality["country"]]
    _show_punctuality("mode", punctuality["mode"])
    _show_punctuality("country", countries)
    _show_punctuality("supplier", punctuality["supplier"][:_SHOWN_SUPPLIERS])
    _show_tracking(figures)
    rest = len(punctuality["supplier"]) - _SHOWN_SUPPLIERS
    if rest > 0:
        OUT.print(f"… and {rest} more suppliers with fewer lines (all of them: --json)")


def _show_tracking(figures: dict[str, Any]) -> None:
    table = Table("mode", "orders shipped", "trackable", "share", title="Tracking by mode")
    for row in figures["trackable"]:
        table.add_row(row["name"], f"{row['shipped']:,}", f"{row['tracked']:,}", f"{row['share']:.1%}")
    OUT.print(table)
    if figures["clearances"]:
        table = Table(
            "lane", "mode", "customs of", "cleared", "half within", "95% within", title="Customs by lane"
        )
        for row in figures["clearances"]:
            table.add_row(
                row["lane"] or "–", row["mode"], country_name(row["country"]), f"{row['clearances']:,}",
                hours(row["p50_minutes"]), hours(row["p95_minutes"]),
            )  # fmt: skip
        OUT.print(table)


def hours(minutes: int) -> str:
    """Minutes for people: 3 h 05 min, 2 d 4 h."""
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def _show_punctuality(what: str, rows: Iterable[dict[str, Any]]) -> None:
    table = Table(what, "lines", "late", "on time", title=f"Punctuality by {what}")
    for row in rows:
        table.add_row(
            escape(row["name"] or "–"), f"{row['lines']:,}", f"{row['late']:,}", f"{row['on_time']:.1%}"
        )
    OUT.print(table)


def country_name(code: str | None) -> str:
    """The common English name of an ISO 3166-1 alpha-2 code."""
    country = pycountry.countries.get(alpha_2=code) if code else None
    if country is None:
        return code or "–"
    return str(getattr(country, "common_name", country.name))
