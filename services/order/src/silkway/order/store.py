"""Where the order service keeps what it knows: its kinds of aggregates and their tables."""

from silkway.messaging import Child, Kind, Table
from silkway.order.domain import Line, Order, Payment, Payout, Reference

REFERENCE = Kind(
    "reference", rank=1, table=Table("payment_references", Reference, key=("tenant", "reference_id"))
)
PAYMENT = Kind("payment", rank=2, table=Table("payments", Payment, key=("tenant", "payment_id")))
PAYOUT = Kind("payout", rank=3, table=Table("payouts", Payout, key=("tenant", "payout_id")))
ORDER = Kind(
    "order",
    rank=4,
    table=Table(
        "orders",
        Order,
        key=("tenant", "order_id"),
        children=(Child("lines", "order_lines", Line, key=("tenant", "order_id", "line_id")),),
    ),
    due=lambda order: order.due_at,
)
