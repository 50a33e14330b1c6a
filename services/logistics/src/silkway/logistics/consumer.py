"""What logistics reads and writes."""

from silkway.logistics.handlers import router
from silkway.logistics.store import BOOKING, LANE, ORDER, QUOTE, SHIPMENT
from silkway.messaging import Service

SERVICE = Service(
    name="logistics",
    facts=["trade.shipments"],
    feeds=["order.events"],
    router=router,
    kinds=[SHIPMENT, ORDER, QUOTE, BOOKING, LANE],
)
