"""What notify reads and writes."""

from silkway.messaging import Service
from silkway.notify.channels.store import KINDS
from silkway.notify.handlers import router
from silkway.notify.store import ACCOUNT, FINDING, INCIDENT, ORDER, PAYMENT, SUPPLIER

SERVICE = Service(
    name="notify",
    facts=["trade.notices"],
    feeds=["order.events", "logistics.events", "credit.events"],
    router=router,
    kinds=[SUPPLIER, ORDER, ACCOUNT, PAYMENT, INCIDENT, FINDING, *KINDS],
)
