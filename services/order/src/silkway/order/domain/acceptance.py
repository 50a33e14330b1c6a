"""Acceptance: by the buyer's word, by the end of the period, or by a dispute's resolution.

What counts are known times, so that it does not matter what was read first; of a dispute, when it was raised. One
that was raised before the end of the period stops it, and undoes an acceptance by silence where it is heard of only
then; one that was raised later leaves the acceptance as it is.
"""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts import AcceptanceReversed, OrderAccepted
from silkway.contracts.fields import AcceptedBy
from silkway.order.domain.state import Decision, Objection, Order, latest


def period_end(order: Order) -> dt.datetime:
    """Until when the buyer may object to the delivered order."""
    return latest(order.delivered_known_at) + dt.timedelta(days=order.acceptance_days)


def stopped(order: Order) -> Objection | None:
    """The first objection that has kept, or keeps, the acceptance period of the delivered order from ending."""
    delivered_at, end = latest(order.delivered_known_at), period_end(order)
    for objection in order.objections:
        over_at = objection.resolved_known_at
        if objection.since < end and (over_at is None or over_at >= delivered_at):
            return objection
    return None


def awaits(order: Order) -> bool:
    """Whether the order is delivered and waits to be accepted."""
    return order.logistics == "DELIVERED" and order.accepted_at is None and order.cancelled_at is None


def due_of(order: Order) -> dt.datetime | None:
    """When silence accepts, if it does."""
    return period_end(order) if awaits(order) and not stopped(order) else None


def accept(order: Order) -> Decision:
    """Accept by the buyer's word or a resolution, whichever was known first."""
    if not awaits(order):
        return order, []
    said, held = order.receipt_known_at, stopped(order)
    decided = held.resolved_known_at if held is not None else None
    if said is not None and (decided is None or said <= decided) and (held or said < period_end(order)):
        at = latest(order.receipt_at, order.delivered_at)
        return accepted(order, "RECEIPT", at, latest(said, order.delivered_known_at))
    if held is not None and decided is not None:
        at = latest(held.resolved_at, order.delivered_at)
        return accepted(order, "RESOLUTION", at, latest(decided, order.delivered_known_at))
    return order, []  # a word that came after the period is too late, however it was read


def accepted(order: Order, by: AcceptedBy, at: dt.datetime, known_at: dt.datetime) -> Decision:
    """The order as accepted, and the event that says so."""
    order = replace(order, accepted_by=by, accepted_at=at, accepted_known_at=known_at, due_at=None)
    return order, [(OrderAccepted(order_id=order.order_id, by=by, accepted_at=at), known_at)]


def silence_broken(order: Order, since: dt.datetime) -> bool:
    """Whether silence accepted the order although somebody had objected by then, at `since`."""
    return order.accepted_by == "PERIOD" and since < latest(order.accepted_at)


def take_back(order: Order) -> Decision:
    """An acceptance counts for an order that is delivered and goes on; without that it is taken back."""
    if order.accepted_at is None or (order.logistics == "DELIVERED" and order.cancelled_at is None):
        return order, []
    return reverse(order, latest(order.moved_known_at, order.amended_known_at, order.cancelled_known_at))


def reverse(order: Order, known_at: dt.datetime, dispute_id: str | None = None) -> Decision:
    """Undo an acceptance by silence, and the completion that followed from it."""
    known_at = latest(order.accepted_known_at, known_at)
    order = replace(
        order, accepted_by=None, accepted_at=None, accepted_known_at=None, completed_at=None, settled_at=None
    )
    reversed_ = AcceptanceReversed(order_id=order.order_id, dispute_id=dispute_id, reversed_at=known_at)
    return order, [(reversed_, known_at)]
