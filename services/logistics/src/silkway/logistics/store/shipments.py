"""Shipments and what we know of orders: their tables, and the rules that they are judged by."""

from __future__ import annotations

from importlib.resources import files
from typing import Final, TypeVar

import msgspec

from silkway.logistics.domain import clocks
from silkway.logistics.domain import order as orders
from silkway.logistics.domain.rules import PromiseRules, Rules, SilenceRules, TrackingRules
from silkway.logistics.domain.state import (
    Cargo,
    EtaChange,
    Inquiry,
    Leg,
    Order,
    OrderLine,
    Outlook,
    Part,
    PromiseClock,
    Reference,
    Report,
    Shipment,
    ShipmentLine,
)
from silkway.messaging import Child, Kind, Rows, Table

R = TypeVar("R")


def _rules(name: str, shape: type[R]) -> R:
    return msgspec.json.decode(
        files("silkway.logistics").joinpath(f"rules/{name}.json").read_bytes(), type=shape
    )


# Rules are data of a version: a change is a new file, so that a replay computes by the rules of its time.
RULES: Final = Rules(
    _rules("silence-v1", SilenceRules),
    _rules("tracking-v1", TrackingRules),
    _rules("promises-v1", PromiseRules),
)

SHIPMENT = Kind(
    "shipment",
    rank=1,
    due=clocks.deadline,
    table=Table(
        "shipments",
        Shipment,
        key=("tenant", "shipment_id"),
        children=(
            Child(
                "lines", "shipment_lines", ShipmentLine, key=("tenant", "shipment_id", "order_id", "line_id")
            ),
            Child("legs", "shipment_legs", Leg, key=("tenant", "shipment_id", "leg")),
            Child(
                "reports",
                "milestone_reports",
                Report,
                key=(
                    *("tenant", "shipment_id", "leg", "call", "kind", "classifier", "occasion", "source"),
                    "questioned",
                ),
            ),
            Child(
                "clocks",
                "shipment_promises",
                PromiseClock,
                key=("tenant", "shipment_id", "promise", "inquiry_id"),
            ),
            Child("inquiries", "inquiries", Inquiry, key=("tenant", "shipment_id", "inquiry_id")),
            Child("children", "shipment_parts", Part, key=("tenant", "shipment_id", "child_id")),
        ),
    ),
)

ORDER = Kind(
    "order",
    rank=2,
    due=orders.deadline,
    table=Table(
        "orders",
        Order,
        key=("tenant", "order_id"),
        children=(
            Child("lines", "order_lines", OrderLine, key=("tenant", "order_id", "line_id")),
            Child("cargo", "order_shipments", Cargo, key=("tenant", "order_id", "shipment_id", "line_id")),
            Child("outlooks", "order_outlooks", Outlook, key=("tenant", "order_id", "shipment_id")),
        ),
    ),
)

REFERENCES = Rows("shipment_references", Reference)
ETA_HISTORY = Rows("eta_history", EtaChange)
