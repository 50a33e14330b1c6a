"""What must come of an order, as the driver of the built-in trade knows it without asking any service."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

Kinds = frozenset[str]


@dataclass(slots=True)
class Expected:
    """One order at the end of the trade. Amounts in minor units of its currency.

    `assurance` is a set where limits are contended: then the hold depends on which order came first. `claims`
    counts the order's claims by kind and last state. `events` counts what the services must have said about
    it, of the types in `COUNTED`; what is not in it must not have been said. `lines_late`: None where a
    consolidated way makes it not worth knowing.
    """

    order_id: str
    story: str
    assurance: Kinds
    life: str = "DRAFTED"
    funds: str = "UNPAID"
    logistics: str = "NONE"
    issue: str = "NONE"
    total_minor: int = 0
    received_minor: int = 0
    paid_out_minor: int = 0
    refunded_minor: int = 0
    refund_due_minor: int = 0
    lines_late: int | None = 0
    booking: str | None = None
    claims: Counter[tuple[str, str]] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    told: set[str] = field(default_factory=set)
    """What the services must have said at least once, of the types in `TOLD`: how often is theirs to decide."""
    rows: Counter[int] = field(default_factory=Counter)
    """Rows of the compensation table that must take place, how often."""

    @property
    def escrow_minor(self) -> int:
        """received = escrow + paid out + refunded, always."""
        return self.received_minor - self.paid_out_minor - self.refunded_minor

    def must_say(self, *names: str) -> None:
        """Each of these is to be said once more about it, e.g. order.reinstated."""
        unknown = set(names) - COUNTED
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))}: not among what is counted")
        self.events.update(names)


COUNTED: Final = frozenset({
    "order.amended", "amendment.refused", "order.cancelled", "cancellation.refused", "order.reinstated",
    "payment.reversed", "refund.due", "refund.withdrawn", "order.refunded",
    "inspection.booked", "inspection.recorded", "dispute.opened", "dispute.closed",
    "order.accepted", "acceptance.reversed", "payout.due", "payout.withdrawn", "order.undelivered",
    "dispatch.retracted", "delivery.retracted",
    "booking.requested", "booking.cancellation_requested", "booking.declined", "booking.changed", "quote.refused",
    "hold.granted", "hold.refused", "hold.posted", "hold.voided", "hold.expired", "hold.released",
    "claim.opened", "claim.refused", "claim.agreed", "claim.escalated", "claim.upheld", "claim.rejected",
    "claim.withdrawn", "claim.paid", "claim.closed", "recovery.due", "recovery.recorded",
})  # fmt: skip
"""Types of events that are counted order by order, by their names."""

TOLD: Final = frozenset({
    "shipment.delayed", "shipment.silent", "shipment.heard", "customs.cleared", "promise.kept", "promise.broken",
    "cover.at_risk",
})  # fmt: skip
"""Types of events that are looked for where a story needs them."""

HOLDS: Final = frozenset(
    {"hold.granted", "hold.refused", "hold.posted", "hold.voided", "hold.expired", "hold.released"}
)
"""Those that depend on the free limit: not compared where limits are contended."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of DOMAIN's compensation table: what was decided, which late fact changes it, and how that is seen."""

    number: int
    decision: str
    late_fact: str
    seen_by: str


ROWS: Final = (
    Row(1, "cancelled, hold voided", "shipped before the cancellation", "order.reinstated"),
    Row(2, "late claim opened", "shipped on time, reported late", "claim.withdrawn, or recovery.due from the buyer"),
    Row(3, "accepted by itself", "dispute raised before the end of the period", "acceptance.reversed"),
    Row(4, "delivered, acceptance running", "the delivery is retracted", "delivery.retracted and order.undelivered"),
    Row(5, "refund due", "the payment was returned by the bank", "payment.reversed and refund.withdrawn"),
    Row(6, "hold expired", "delivery before the expiry", "hold.granted or hold.refused after hold.expired"),
)  # fmt: skip
