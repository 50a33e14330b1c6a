"""The credit service as the engine sees it: what it reads, what it keeps, who answers."""

from silkway.credit.handlers import router
from silkway.credit.store import CURRENCY, ORDER, OVERRIDE, RATES, ROWS, SUPPLIER
from silkway.messaging import Service

SERVICE = Service(
    name="credit",
    router=router,
    kinds=[SUPPLIER, ORDER, CURRENCY, OVERRIDE],
    ledgers=[RATES, *ROWS.values()],
    facts=["trade.credit"],
    # logistics.events moves this service's time: no claim window ends before what logistics knew by then.
    feeds=["order.events", "logistics.events"],
)
