"""Which rule answers which event. One module for each matter; all register with the one router."""

from silkway.contracts import EVENTS
from silkway.credit.handlers import claims, orders, shipments, suppliers
from silkway.credit.handlers.routing import router

__all__ = ["claims", "orders", "router", "shipments", "suppliers"]

READ = ("trade.credit", "order.events", "logistics.events")

# Which lines were late is told once, by order.completed, when the parts of each have been put together.
router.ignore(*(e for e in EVENTS.values() if e.topic in READ and e.type not in router.routes))
