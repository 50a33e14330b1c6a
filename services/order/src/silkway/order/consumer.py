"""The order service as the engine sees it: what it reads, what it keeps, who answers."""

from silkway.messaging import Service
from silkway.order.handlers import router
from silkway.order.store import (
    ACCOUNT,
    APPROVALS,
    COUNTERSIGNATURES,
    DISPUTE,
    INSPECTIONS,
    ORDER,
    PAYMENT,
    PAYOUT,
    REFERENCE,
    REFUND,
    RELEASE,
    REQUEST,
)

SERVICE = Service(
    name="order",
    router=router,
    kinds=[ACCOUNT, REFERENCE, PAYMENT, PAYOUT, ORDER, REFUND, REQUEST, DISPUTE, RELEASE],
    ledgers=[APPROVALS, INSPECTIONS, COUNTERSIGNATURES],
    facts=["trade.orders", "trade.payments"],
    feeds=["logistics.events", "credit.events"],
    # Both answer what this service says, so they gate its own deadlines but not the ticks it passes on.
    feedback=["logistics.events", "credit.events"],
)
