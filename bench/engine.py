"""The contender: the stage as a service on the engine, with everything that a service has.

Run as `python -m bench.engine`; it is told by the environment as the order service is.
"""

from __future__ import annotations

from bench.stage import INPUT, Order, confirm
from silkway.contracts import OrderConfirmed
from silkway.messaging import Fact, Kind, NotYet, Router, Service, Table, Work
from silkway.messaging.app import run
from silkway.messaging.http import Api

ORDER = Kind("order", rank=1, table=Table("orders", Order, key=("tenant", "order_id")))
router = Router()


@router.on(OrderConfirmed, names=lambda e: [ORDER[e.order_id]])
def order_confirmed(work: Work, fact: Fact[OrderConfirmed]) -> None:
    """Keep the confirmation, and say what the order comes to."""
    name = ORDER[fact.data.order_id]
    order = work.get(ORDER, name.id)
    if order is None:
        raise NotYet(name, "order.drafted")
    confirmed, placed = confirm(order, fact.data)
    work.apply(ORDER, name.id, (confirmed, [(placed, fact.known_at)]))


SERVICE = Service(name="order", router=router, kinds=[ORDER], facts=[INPUT])

if __name__ == "__main__":
    run(SERVICE, Api("order"))
