"""The tables of logistics."""

from silkway.logistics.domain.state import (
    Cargo,
    Milestone,
    Order,
    OrderLine,
    Reference,
    Shipment,
    ShipmentLine,
)
from silkway.messaging import Child, Kind, Rows, Table

SHIPMENT = Kind(
    "shipment",
    rank=1,
    table=Table(
        "shipments",
        Shipment,
        key=("tenant", "shipment_id"),
        children=(
            Child(
                "lines",
                "shipment_lines",
                ShipmentLine,
                key=("tenant", "shipment_id", "order_id", "line_id"),
            ),
            Child(
                "milestones",
                "milestones",
                Milestone,
                key=("tenant", "shipment_id", "leg", "kind", "classifier", "occurred_at"),
            ),
        ),
    ),
)

ORDER = Kind(
    "order",
    rank=2,
    table=Table(
        "orders",
        Order,
        key=("tenant", "order_id"),
        children=(
            Child("lines", "order_lines", OrderLine, key=("tenant", "order_id", "line_id")),
            Child("cargo", "order_shipments", Cargo, key=("tenant", "order_id", "shipment_id", "line_id")),
        ),
    ),
)

REFERENCES = Rows("shipment_references", Reference)
