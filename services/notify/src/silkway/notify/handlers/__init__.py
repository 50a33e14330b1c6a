"""What notify does about each event. One module for each matter; all register with the one router."""

from silkway.contracts import EVENTS
from silkway.notify.handlers import channels, incidents, orders, payments, suppliers
from silkway.notify.handlers.routing import router

__all__ = ["channels", "incidents", "orders", "payments", "router", "suppliers"]

READ = ("order.events", "logistics.events", "credit.events", "trade.notices")

router.ignore(
    *(event for event in EVENTS.values() if event.topic in READ and event.type not in router.routes)
)
