"""The tables of notify: the views of orders and suppliers, incidents, and what is only ever added to."""

from __future__ import annotations

from typing import Final

from silkway.messaging import Child, Kind, Rows, Table
from silkway.notify.domain.erasure import Erasure
from silkway.notify.domain.finding import FindingView
from silkway.notify.domain.incident import Heard, Incident, PastIncident
from silkway.notify.domain.notices import Notice
from silkway.notify.domain.state import (
    AccountView,
    Concern,
    Entry,
    OrderView,
    OrderViewClaim,
    OrderViewDispute,
    OrderViewLine,
    OrderViewPromise,
    OrderViewShipment,
    PaymentView,
    Step,
    SupplierView,
)

SUPPLIER = Kind(
    "supplier", rank=1, table=Table("supplier_views", SupplierView, key=("tenant", "supplier_id"))
)
_OF_ORDER: Final = ("tenant", "order_id")
ORDER = Kind(
    "order",
    rank=2,
    table=Table(
        "order_views",
        OrderView,
        key=("tenant", "order_id"),
        children=(
            Child("lines", "order_view_lines", OrderViewLine, key=(*_OF_ORDER, "line_id")),
            Child("shipments", "order_view_shipments", OrderViewShipment, key=(*_OF_ORDER, "shipment_id")),
            Child(
                "promises",
                "order_view_promises",
                OrderViewPromise,
                key=(*_OF_ORDER, "shipment_id", "promise", "inquiry_id"),
            ),
            Child("disputes", "order_view_disputes", OrderViewDispute, key=(*_OF_ORDER, "dispute_id")),
            Child("claims", "order_view_claims", OrderViewClaim, key=(*_OF_ORDER, "claim_id")),
            Child("concerns", "concerns", Concern, key=(*_OF_ORDER, "cause", "scope")),
        ),
    ),
)
ACCOUNT = Kind("account", rank=3, table=Table("account_views", AccountView, key=("tenant", "account_id")))
PAYMENT = Kind("payment", rank=4, table=Table("payment_views", PaymentView, key=("tenant", "payment_id")))
INCIDENT = Kind(
    "incident",
    rank=5,
    table=Table(
        "incidents",
        Incident,
        key=("tenant", "incident_id"),
        children=(Child("heard", "incident_heard", Heard, key=("tenant", "incident_id", "heard")),),
    ),
    due=lambda incident: incident.escalate_at,
)
"""Locked after those: which incidents an order is in is known from the order."""
FINDING = Kind("finding", rank=6, table=Table("finding_views", FindingView, key=("tenant", "finding_id")))
"""Its incident follows from what is said of it, so it need not be locked first."""
ERASURE = Kind("erasure", rank=7, table=Table("erasures", Erasure, key=("tenant", "erasure_id")))

TIMELINE = Rows("timeline", Entry)
NOTICES = Rows("notices", Notice)
PAST_INCIDENTS = Rows("past_incidents", PastIncident)
FEED = Rows("feed", Step)
