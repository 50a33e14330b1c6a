"""Where the credit service keeps what it knows, and the rules it computes by."""

from importlib.resources import files
from typing import Final

import msgspec

from silkway.credit.domain import Hold, LimitRules, Order, Reason, Resolution, Supplier
from silkway.messaging import Kind, Rows, Table

SUPPLIER = Kind("supplier", rank=1, table=Table("suppliers", Supplier, key=("tenant", "supplier_id")))
ORDER = Kind(
    "order",
    rank=2,
    table=Table("covered_orders", Order, key=("tenant", "order_id")),
    due=lambda order: order.due_at,
)

HOLDS = Rows("holds", Hold)
RESOLUTIONS = Rows("hold_resolutions", Resolution)
REASONS = Rows("limit_reasons", Reason)

# Rules are data of a version: a change is a new file, so that a replay computes by the rules of its time.
LIMIT_RULES: Final = msgspec.json.decode(
    files("silkway.credit").joinpath("rules/limit-v1.json").read_bytes(), type=LimitRules
)
