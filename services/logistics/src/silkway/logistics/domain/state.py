"""What logistics knows of a shipment and of an order. Times are UTC; dates are those of the place."""

import datetime as dt

import msgspec

from silkway.contracts.fields import Classifier, MilestoneKind, Mode, ShipmentState


class ShipmentLine(msgspec.Struct, frozen=True):
    """Pieces of one line of one order, as booked. Whether the order has such a line, the order knows."""

    tenant: str
    shipment_id: str
    order_id: str
    line_id: str
    quantity: int


class Reference(msgspec.Struct, frozen=True):
    """A number by which others know the shipment (container, waybill, booking); never its identity."""

    tenant: str
    shipment_id: str
    kind: str
    value: str


class Milestone(msgspec.Struct, frozen=True):
    """One fact of a shipment's way, however many have reported it.

    `utc_offset_minutes` is that of the place, `known_at` when the first report was known. `sources` are the
    distinct senders, sorted and separated by a space (which no source contains), `witnesses` is their number.
    """

    tenant: str
    shipment_id: str
    leg: int
    kind: MilestoneKind
    classifier: Classifier
    occurred_at: dt.datetime
    utc_offset_minutes: int
    known_at: dt.datetime
    questioned: bool
    witnesses: int
    sources: str
    place: str | None
    note: str | None

    @property
    def identity(self) -> tuple[int, str, str, dt.datetime]:
        return self.leg, self.kind, self.classifier, self.occurred_at

    @property
    def local(self) -> dt.datetime:
        """When it happened, with the offset of the place."""
        return self.occurred_at.astimezone(dt.timezone(dt.timedelta(minutes=self.utc_offset_minutes)))

    @property
    def counts(self) -> bool:
        """Whether it moves the shipment: it has happened, and is not questioned."""
        return self.classifier == "ACTUAL" and not self.questioned


class Shipment(msgspec.Struct, frozen=True):
    """A shipment with lines of one or more orders. `known_at` is when its booking became known."""

    tenant: str
    shipment_id: str
    mode: Mode
    carrier: str | None
    state: ShipmentState
    exception: bool
    booked_at: dt.datetime
    known_at: dt.datetime
    dispatched_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    lines: tuple[ShipmentLine, ...] = ()
    milestones: tuple[Milestone, ...] = ()

    @property
    def order_ids(self) -> list[str]:
        """The orders whose goods it carries, each once, sorted."""
        return sorted({line.order_id for line in self.lines})


class OrderLine(msgspec.Struct, frozen=True):
    """A line of a recorded order, its promise, and what has been delivered of it.

    `delivered_on` is the day of the last delivery so far, `late` whether any of them came after `deliver_by`,
    `mode` that of the shipment delivered last (before: of one that carries it).
    """

    tenant: str
    order_id: str
    line_id: str
    supplier_id: str
    quantity: int
    value_minor: int
    currency: str
    ship_by: dt.date | None
    deliver_by: dt.date | None
    destination_country: str | None
    mode: Mode | None
    delivered_quantity: int
    delivered_on: dt.date | None
    late: bool


class Cargo(msgspec.Struct, frozen=True):
    """What one shipment carries of one line of an order. `counted`: the order has recorded such a line."""

    tenant: str
    order_id: str
    shipment_id: str
    line_id: str
    quantity: int
    mode: Mode
    carrier: str | None
    counted: bool
    delivered_on: dt.date | None = None


class Order(msgspec.Struct, frozen=True):
    """Our own view of an order: its lines with their promises, and the shipments that carry them.

    Until the order is recorded, `known_at` and `supplier_id` are None and `pending` holds (as JSON) what its
    shipments have reported, to be told in full when it is.
    """

    tenant: str
    order_id: str
    supplier_id: str | None = None
    known_at: dt.datetime | None = None
    pending: str = "[]"
    lines: tuple[OrderLine, ...] = ()
    cargo: tuple[Cargo, ...] = ()
