"""What logistics does about each event: one module for each family of facts, one router of them all."""

from typing import Any

from silkway.contracts import EVENTS
from silkway.logistics.handlers import orders, quotes, shipments
from silkway.messaging import Fact, Name, Router, Work
from silkway.messaging.routing import Route

router = Router()


def _both(first: Route, second: Route) -> Route:
    """Two families answer one event, one after the other, in one go."""

    def handle(work: Work, fact: Fact[Any]) -> None:
        first.handle(work, fact)
        second.handle(work, fact)

    def names(data: Any) -> list[Name]:
        return [*first.names(data), *second.names(data)]

    assert first.more is None or second.more is None, "one of the two may climb"
    return Route(handle, names, first.more or second.more)


for _part in (orders.router, shipments.router, quotes.router):
    for _type, _route in _part.routes.items():
        _known = router.routes.get(_type)
        router.routes[_type] = _route if _known is None else _both(_known, _route)
    router.due_routes |= _part.due_routes
    router.ignored |= _part.ignored
router.ignored -= router.routes.keys()  # what one family ignores another may answer
# What concerns only the money and the parties of an order.
router.ignore(
    *(event for event in EVENTS.values() if event.topic == "order.events" and event.type not in router.routes)
)

__all__ = ["router"]
