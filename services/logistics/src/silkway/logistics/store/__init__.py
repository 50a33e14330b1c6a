"""The tables of logistics, and what its API reads: one module for each family of aggregates."""

from silkway.logistics.store.clearances import clearance_times
from silkway.logistics.store.quotes import (
    BOOKING,
    LANE,
    QUOTE,
    clock_time,
    list_bookings,
    list_rate_cards,
    rates_of_a_lane,
    read_booking,
    read_quote,
)
from silkway.logistics.store.reads import find_shipments, list_shipments, read_shipment
from silkway.logistics.store.shipments import ETA_HISTORY, ORDER, REFERENCES, RULES, SHIPMENT

__all__ = [
    "BOOKING",
    "ETA_HISTORY",
    "LANE",
    "ORDER",
    "QUOTE",
    "REFERENCES",
    "RULES",
    "SHIPMENT",
    "clearance_times",
    "clock_time",
    "find_shipments",
    "list_bookings",
    "list_rate_cards",
    "list_shipments",
    "rates_of_a_lane",
    "read_booking",
    "read_quote",
    "read_shipment",
]
