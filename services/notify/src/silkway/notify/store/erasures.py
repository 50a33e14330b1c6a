"""What belongs to a party, and which erasures there were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from silkway.messaging.listing import listing
from silkway.notify.domain.subscription import party_key

if TYPE_CHECKING:
    from asyncpg import Record

    from silkway.contracts.fields import Party
    from silkway.messaging.http.database import Connection

_ORDERS: Final = "SELECT order_id, account_id FROM order_views"
_SUBSCRIPTIONS: Final = "SELECT subscription_id FROM directory_entries WHERE tenant = $1 AND party = $2"
_SHIPMENTS: Final = """
    SELECT DISTINCT shipment_id FROM order_view_shipments WHERE tenant = $1 AND order_id = ANY($2::text[])
"""
_INCIDENTS: Final = (
    "SELECT DISTINCT incident_id FROM concerns WHERE tenant = $1 AND order_id = ANY($2::text[])"
)
_CAUSED: Final = "SELECT incident_id FROM incidents WHERE tenant = $1 AND cause_reference = ANY($2::text[])"
"""Incidents whose cause is a supplier or an account itself: no order need be in them."""
_ERASURES: Final = "SELECT erasure_id, about, by, erased_at FROM erasures"
_COLUMN: Final[dict[Party, str]] = {"BUYER": "buyer_id", "SUPPLIER": "supplier_id"}
_MOST_BOOKINGS: Final = 20
"""Booking ids are those of orders and the number of the attempt; nobody asks so many carriers."""


async def subjects_of_party(reading: Connection, tenant: str, party: Party, party_id: str) -> list[str]:
    """The subscriptions of a party and the incidents that are about itself, as subjects of facts."""
    rows = await reading.fetch(_SUBSCRIPTIONS, tenant, party_key(party, party_id))
    found = [f"subscription/{row[0]}" for row in rows]
    return found + await _incidents(reading, _CAUSED, tenant, [f"{party}/{party_id}"])


async def subjects_of_orders(
    reading: Connection, tenant: str, party: Party, party_id: str, after: str | None, limit: int
) -> tuple[list[str], str | None]:
    """The next orders of a party with all that facts tell of them, as subjects; the last order if more may follow."""
    sql, parameters = listing(
        _ORDERS,
        {"tenant": tenant, _COLUMN[party]: party_id},
        ["order_id"],
        (after,) if after else None,
        limit,
    )
    rows = await reading.fetch(sql, *parameters)
    orders = [row["order_id"] for row in rows]
    accounts = [row["account_id"] for row in rows if row["account_id"]]
    found = [f"order/{order}" for order in orders]
    found += [f"account/{account}" for account in accounts]
    found += [f"booking/{order}/{attempt}" for order in orders for attempt in range(1, _MOST_BOOKINGS + 1)]
    found += [f"shipment/{row[0]}" for row in await reading.fetch(_SHIPMENTS, tenant, orders)]
    found += await _incidents(reading, _INCIDENTS, tenant, orders)
    found += await _incidents(reading, _CAUSED, tenant, [f"ACCOUNT/{account}" for account in accounts])
    return found, orders[-1] if len(orders) == limit else None


async def _incidents(reading: Connection, query: str, tenant: str, of: list[str]) -> list[str]:
    return [f"incident/{row[0]}" for row in await reading.fetch(query, tenant, of)]


async def list_erasures(reading: Connection, tenant: str, after: str | None, limit: int) -> list[Record]:
    """At most `limit` erasures after the one with this id, by id."""
    key: tuple[Any, ...] | None = (after,) if after else None
    sql, parameters = listing(_ERASURES, {"tenant": tenant}, ["erasure_id"], key, limit)
    return await reading.fetch(sql, *parameters)
