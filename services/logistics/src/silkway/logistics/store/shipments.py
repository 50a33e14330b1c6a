"""Shipments and what we know of orders: their tables, and what the API reads of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from silkway.logistics.domain.state import (
    Cargo,
    Milestone,
    Order,
    OrderLine,
    Reference,
    Shipment,
    ShipmentLine,
)
from silkway.messaging import Child, Kind, Rows, Table
from silkway.messaging.listing import listing

if TYPE_CHECKING:
    from asyncpg import Record

    from silkway.messaging.http.database import Connection

SHIPMENT = Kind(
    "shipment",
    rank=1,
    table=Table(
        "shipments",
        Shipment,
        key=("tenant", "shipment_id"),
        children=(
            Child(
                "lines",
                "shipment_lines",
                ShipmentLine,
                key=("tenant", "shipment_id", "order_id", "line_id"),
            ),
            Child(
                "milestones",
                "milestones",
                Milestone,
                key=("tenant", "shipment_id", "leg", "kind", "classifier", "occurred_at"),
            ),
        ),
    ),
)

ORDER = Kind(
    "order",
    rank=2,
    table=Table(
        "orders",
        Order,
        key=("tenant", "order_id"),
        children=(
            Child("lines", "order_lines", OrderLine, key=("tenant", "order_id", "line_id")),
            Child("cargo", "order_shipments", Cargo, key=("tenant", "order_id", "shipment_id", "line_id")),
        ),
    ),
)

REFERENCES = Rows("shipment_references", Reference)

# --- What the API reads -----------------------------------------------------------------------------------

_SHIPMENTS: Final = """
    SELECT shipment_id, mode, carrier, state, exception, booked_at, dispatched_at, delivered_at FROM shipments
"""
_LINES: Final = """
    SELECT order_id, line_id, quantity
    FROM shipment_lines WHERE tenant = $1 AND shipment_id = $2 ORDER BY order_id, line_id
"""
_REFERENCES: Final = """
    SELECT kind, value FROM shipment_references WHERE tenant = $1 AND shipment_id = $2 ORDER BY kind, value
"""
_MILESTONES: Final = """
    SELECT leg, kind, classifier, occurred_at, utc_offset_minutes, known_at, questioned, witnesses, place, note
    FROM milestones WHERE tenant = $1 AND shipment_id = $2 ORDER BY occurred_at, leg, kind, classifier
"""


async def read_shipment(reading: Connection, tenant: str, shipment_id: str) -> dict[str, Any] | None:
    """A shipment with its lines, references and milestones, None if there is no such shipment."""
    async with reading.transaction(isolation="repeatable_read", readonly=True):
        shipment = await reading.fetchrow(
            _SHIPMENTS + "WHERE tenant = $1 AND shipment_id = $2", tenant, shipment_id
        )
        if shipment is None:
            return None
        below = {
            "lines": await reading.fetch(_LINES, tenant, shipment_id),
            "references": await reading.fetch(_REFERENCES, tenant, shipment_id),
            "milestones": await reading.fetch(_MILESTONES, tenant, shipment_id),
        }
    return dict(shipment) | {name: [dict(row) for row in rows] for name, rows in below.items()}


async def list_shipments(
    reading: Connection, tenant: str, state: str | None, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """At most `limit` shipments after the key (shipment_id,), by id."""
    where = {"tenant": tenant, "state": state}
    sql, parameters = listing(_SHIPMENTS, where, ["shipment_id"], after, limit)
    return await reading.fetch(sql, *parameters)
