"""What logistics does about each event: one module for each family of facts, one router of them all."""

from silkway.contracts import EVENTS
from silkway.logistics.handlers import orders, quotes, shipments
from silkway.messaging import Router

router = Router()
for _part in (orders.router, shipments.router, quotes.router):
    router.routes |= _part.routes
    router.due_routes |= _part.due_routes
    router.ignored |= _part.ignored
# What concerns only the money and the parties of an order.
router.ignore(
    *(event for event in EVENTS.values() if event.topic == "order.events" and event.type not in router.routes)
)

__all__ = ["router"]
