"""What logistics reads and writes."""

from silkway.logistics.handlers import router
from silkway.logistics.store import BOOKING, ETA_HISTORY, LANE, ORDER, QUOTE, REFERENCES, SHIPMENT
from silkway.messaging import Service

SERVICE = Service(
    name="logistics",
    facts=["trade.shipments"],
    feeds=["order.events"],
    router=router,
    kinds=[SHIPMENT, ORDER, QUOTE, BOOKING, LANE],
    ledgers=[ETA_HISTORY, REFERENCES],
)
