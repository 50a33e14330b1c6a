"""The tables of logistics, and what its API reads: one module for each family of aggregates."""

from silkway.logistics.store.quotes import BOOKING, LANE, QUOTE
from silkway.logistics.store.shipments import ORDER, REFERENCES, SHIPMENT, list_shipments, read_shipment

__all__ = ["BOOKING", "LANE", "ORDER", "QUOTE", "REFERENCES", "SHIPMENT", "list_shipments", "read_shipment"]
