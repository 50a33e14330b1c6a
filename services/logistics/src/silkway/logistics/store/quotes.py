"""Rates, quotes and bookings: their tables, and what the API reads of them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from silkway.logistics.domain.booking import Attempt, Booking, Confirmation
from silkway.logistics.domain.quote import HORIZON_DAYS, Quote
from silkway.logistics.domain.rate import Lane, RateCard
from silkway.messaging import Child, Kind, Table
from silkway.messaging.listing import listing

if TYPE_CHECKING:
    from asyncpg import Record

    from silkway.messaging.http.database import Connection

QUOTE = Kind("quote", rank=20, table=Table("quotes", Quote, key=("tenant", "quote_id")))

BOOKING = Kind(
    "booking",
    rank=21,
    table=Table(
        "bookings",
        Booking,
        key=("tenant", "order_id"),
        children=(
            Child("attempts", "booking_attempts", Attempt, key=("tenant", "order_id", "attempt")),
            Child(
                "confirmations",
                "booking_shipments",
                Confirmation,
                key=("tenant", "order_id", "attempt", "shipment_id"),
            ),
        ),
    ),
    due=lambda booking: booking.decide_at,
)

LANE = Kind(
    "lane",
    rank=22,
    table=Table(
        "lanes",
        Lane,
        key=("tenant", "lane_id"),
        children=(Child("cards", "rate_cards", RateCard, key=("tenant", "lane_id", "rate_card_id")),),
    ),
)

# --- What the API reads -----------------------------------------------------------------------------------

MOST_CARDS: Final = 1_000
"""Cards of a lane that a quote looks at; far more than carriers serve one."""
_CARD_COLUMNS: Final = ", ".join(RateCard.__struct_fields__)
_CARDS: Final = f"SELECT {_CARD_COLUMNS} FROM rate_cards"
RATES_OF_A_LANE: Final = f"""
    {_CARDS} WHERE tenant = $1 AND lane_id = $2 AND valid_until >= $3 AND valid_from <= $4
    ORDER BY valid_until, rate_card_id LIMIT {MOST_CARDS}
"""
_QUOTES: Final = f"SELECT {', '.join(Quote.__struct_fields__)} FROM quotes"
_BOOKINGS: Final = "SELECT order_id, placed_at, cancelled FROM bookings WHERE tenant = $1 AND order_id = $2"
_ATTEMPTS: Final = """
    SELECT order_id, attempt, quote_id, option_id, state, carrier, price_minor, currency, chosen_at,
           requested_at, departs_at, arrives_at, reason, new_quote_id
    FROM booking_attempts
"""
_CONFIRMATIONS: Final = """
    SELECT attempt, shipment_id FROM booking_shipments WHERE tenant = $1 AND order_id = $2 ORDER BY 1, 2
"""
_NOW: Final = "SELECT own FROM clocks WHERE clock = $1"


async def rates_of_a_lane(
    reading: Connection, tenant: str, lane_id: str, earliest: dt.date
) -> list[RateCard]:
    """Cards that hold for departures within the horizon from `earliest` on."""
    latest = earliest + dt.timedelta(days=HORIZON_DAYS)
    rows = await reading.fetch(RATES_OF_A_LANE, tenant, lane_id, earliest, latest)
    return [RateCard(*row) for row in rows]


async def clock_time(reading: Connection, clock: str) -> dt.datetime | None:
    """What time it is for the service, by a clock; None before its first tick."""
    found: dt.datetime | None = await reading.fetchval(_NOW, clock)
    return found


async def read_quote(reading: Connection, tenant: str, quote_id: str) -> Quote | None:
    """A quote, None if there is none of this id."""
    row = await reading.fetchrow(_QUOTES + " WHERE tenant = $1 AND quote_id = $2", tenant, quote_id)
    return None if row is None else Quote(*row)


async def read_booking(reading: Connection, tenant: str, order_id: str) -> dict[str, Any] | None:
    """An order's booking with all its attempts and their shipments; None if the order chose no quote."""
    async with reading.transaction(isolation="repeatable_read", readonly=True):
        booking = await reading.fetchrow(_BOOKINGS, tenant, order_id)
        if booking is None:
            return None
        attempts = await reading.fetch(
            _ATTEMPTS + " WHERE tenant = $1 AND order_id = $2 ORDER BY attempt", tenant, order_id
        )
        shipments = await reading.fetch(_CONFIRMATIONS, tenant, order_id)
    told = [
        dict(row) | {"shipments": [s["shipment_id"] for s in shipments if s["attempt"] == row["attempt"]]}
        for row in attempts
    ]
    return dict(booking) | {"attempts": told}


async def list_rate_cards(
    reading: Connection, tenant: str, lane_id: str | None, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """At most `limit` cards after the key (lane_id, rate_card_id), by lane and id."""
    where = {"tenant": tenant, "lane_id": lane_id}
    sql, parameters = listing(_CARDS, where, ["lane_id", "rate_card_id"], after, limit)
    return await reading.fetch(sql, *parameters)


async def list_bookings(
    reading: Connection, tenant: str, state: str | None, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """At most `limit` attempts after the key (order_id, attempt)."""
    where = {"tenant": tenant, "state": state}
    sql, parameters = listing(_ATTEMPTS, where, ["order_id", "attempt"], after, limit)
    return await reading.fetch(sql, *parameters)
