"""What notify reads and writes."""

from silkway.messaging import Service
from silkway.notify.channels.store import ATTEMPTS, KINDS, MESSAGES
from silkway.notify.handlers import router
from silkway.notify.store import (
    ACCOUNT,
    ERASURE,
    FEED,
    FINDING,
    INCIDENT,
    NOTICES,
    ORDER,
    PAST_INCIDENTS,
    PAYMENT,
    SUPPLIER,
    TIMELINE,
)

SERVICE = Service(
    name="notify",
    facts=["trade.notices"],
    feeds=["order.events", "logistics.events", "credit.events"],
    router=router,
    kinds=[SUPPLIER, ORDER, ACCOUNT, PAYMENT, INCIDENT, FINDING, ERASURE, *KINDS],
    ledgers=[TIMELINE, NOTICES, PAST_INCIDENTS, FEED, MESSAGES, ATTEMPTS],
)
