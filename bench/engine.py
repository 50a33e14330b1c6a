"""The contender: the stage as a service on the engine, with everything that a service has.

Run as `python -m bench.engine`; it is told by the environment as the order service is.
"""

from __future__ import annotations

from bench.stage import INPUT, Draft, revise
from silkway.contracts import OrderDrafted
from silkway.messaging import Fact, Kind, Router, Service, Table, Work
from silkway.messaging.app import run
from silkway.messaging.http import Api

ORDER = Kind("order", rank=1, table=Table("drafts", Draft, key=("tenant", "order_id")))
router = Router()


@router.on(OrderDrafted, names=lambda e: [ORDER[e.order_id]])
def order_drafted(work: Work, fact: Fact[OrderDrafted]) -> None:
    """Let the newest draft count, and say what the order comes to."""
    draft, placed = revise(work.get(ORDER, fact.data.order_id), work.tenant, fact.data)
    work.apply(ORDER, draft.order_id, (draft, [(placed, fact.known_at)]))


SERVICE = Service(name="order", router=router, kinds=[ORDER], facts=[INPUT])

if __name__ == "__main__":
    run(SERVICE, Api("order"))
