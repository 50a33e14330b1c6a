"""What the order service does about each event: one module for each matter, all register with the one router."""

from silkway.contracts import EVENTS
from silkway.order.handlers import assurance, goods, issues, money, orders, transfers
from silkway.order.handlers.routing import router

__all__ = ["assurance", "goods", "issues", "money", "orders", "router", "transfers"]

READ = ("trade.orders", "trade.payments", "logistics.events", "credit.events")

router.ignore(
    *(event for event in EVENTS.values() if event.topic in READ and event.type not in router.routes)
)
