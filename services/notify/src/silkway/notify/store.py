"""The tables of notify: the views of orders and suppliers, and what is only ever added to."""

from silkway.messaging import Child, Kind, Rows, Table
from silkway.notify.domain.state import (
    Entry,
    Given,
    Notice,
    OrderView,
    OrderViewLine,
    OrderViewShipment,
    SupplierView,
)

SUPPLIER = Kind(
    "supplier", rank=1, table=Table("supplier_views", SupplierView, key=("tenant", "supplier_id"))
)

ORDER = Kind(
    "order",
    rank=2,
    table=Table(
        "order_views",
        OrderView,
        key=("tenant", "order_id"),
        children=(
            Child("lines", "order_view_lines", OrderViewLine, key=("tenant", "order_id", "line_id")),
            Child(
                "shipments",
                "order_view_shipments",
                OrderViewShipment,
                key=("tenant", "order_id", "shipment_id"),
            ),
        ),
    ),
)

TIMELINE = Rows("timeline", Entry)
NOTICES = Rows("notices", Notice)
NOTICE_FEED = Rows("notice_feed", Given)
