"""Wishes about an order and their answers: amendments and cancellations. Neither is ever lost without an answer."""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts import (
    AmendmentRefused,
    AmendmentRequested,
    CancellationRefused,
    CancellationRequested,
    OrderAmended,
    OrderCancelled,
)
from silkway.contracts.fields import AmendmentRefusal, CancellationRefusal, CancelledBy
from silkway.order.domain import ledger
from silkway.order.domain.axis import tell_axis
from silkway.order.domain.draft import told
from silkway.order.domain.entries import Request
from silkway.order.domain.goods import left_by, moved_by, resum
from silkway.order.domain.life import advance, promises
from silkway.order.domain.state import Decision, Line, Order, latest, utc

_WHY_NOT_AMENDED: dict[AmendmentRefusal, str] = {
    "NOTHING_CHANGED": "The order is already as asked.",
    "CANCELLED": "The order is cancelled.",
    "COMPLETED": "The order is completed; its money is the supplier's.",
    "DELIVERED": "All of the order is delivered.",
    "LINE_SHIPPED": "More of a line has been shipped than would be left of it.",
    "DEPOSIT_BEYOND_TOTAL": "The deposit would be more than the total.",
    "NEVER_PAYABLE": "The first payment is to place the order, and an order of total 0 is never paid.",
}
_WHY_NOT_CANCELLED: dict[CancellationRefusal, str] = {
    "ALREADY_CANCELLED": "The order is cancelled already.",
    "COMPLETED": "The order is completed; its money is the supplier's.",
    "SHIPPED": "Goods have left the supplier; raise a dispute instead.",
}


def request_key(order_id: str, kind: str, identifier: str) -> str:
    """Under which a request is kept. No part can hold a bar."""
    return f"{order_id}|{kind}|{identifier}"


def cancel(order: Order, wish: CancellationRequested, known_at: dt.datetime) -> tuple[Request, Decision]:
    """Undo the order, unless its goods had left when that was asked, or its money is the supplier's."""
    at = latest(order.drafted_known_at, known_at)
    refusal: CancellationRefusal | None = None
    if order.cancelled_at is not None:
        refusal = "ALREADY_CANCELLED"
    elif _known(order.completed_at and order.completed_known_at, known_at) or order.paid_out_minor:
        refusal = "COMPLETED"
    elif left_by(order, known_at):
        refusal = "SHIPPED"
    request = Request(
        tenant=order.tenant, request_id=request_key(order.order_id, "CANCELLATION", wish.cancellation_id),
        order_id=order.order_id, kind="CANCELLATION", id=wish.cancellation_id, party=wish.party,
        reason=wish.reason, requested_at=utc(wish.requested_at), answer=refusal or "DONE",
    )  # fmt: skip
    if refusal is None:
        return request, undo(
            order, wish.cancellation_id, wish.party, wish.reason, utc(wish.requested_at), known_at
        )
    refused = CancellationRefused(
        order_id=order.order_id, cancellation_id=wish.cancellation_id, reason=refusal,
        text=_WHY_NOT_CANCELLED[refusal],
    )  # fmt: skip
    return request, (order, [(refused, at)])


def undo(
    order: Order, identifier: str, by: CancelledBy, reason: str, at: dt.datetime, known_at: dt.datetime
) -> Decision:
    """The order as cancelled: what was received is due as refund."""
    order = replace(order, cancelled_by=by, cancelled_at=at, cancelled_known_at=known_at, settled_at=None)
    cancelled = OrderCancelled(
        order_id=order.order_id, cancellation_id=identifier, supplier_id=order.supplier_id, by=by,
        reason=reason, refund_due_minor=ledger.refund_target_minor(order), cancelled_at=at,
    )  # fmt: skip
    return advance(order, [(cancelled, latest(order.drafted_known_at, known_at))])


def amend(order: Order, wish: AmendmentRequested, known_at: dt.datetime) -> tuple[Request, Decision]:
    """Change the order as asked; what it then lacks is open, what it has too much is due as refund."""
    changed = _changed(order, wish)
    refusal = _refusal(order, changed, wish, known_at)
    request = Request(
        tenant=order.tenant, request_id=request_key(order.order_id, "AMENDMENT", wish.amendment_id),
        order_id=order.order_id, kind="AMENDMENT", id=wish.amendment_id, party=wish.party,
        reason=wish.reason, requested_at=utc(wish.requested_at), answer=refusal or "DONE",
    )  # fmt: skip
    known_at = latest(order.drafted_known_at, known_at)
    if refusal is not None:
        refused = AmendmentRefused(
            order_id=order.order_id, amendment_id=wish.amendment_id, reason=refusal,
            text=_WHY_NOT_AMENDED[refusal],
        )  # fmt: skip
        return request, (order, [(refused, known_at)])
    amended_known_at = latest(order.amended_known_at, known_at)
    before, order = (
        order,
        resum(replace(changed, amendments=order.amendments + 1, amended_known_at=amended_known_at)),
    )
    ship_by, deliver_by = promises(order)
    amended = OrderAmended(
        order_id=order.order_id, amendment_id=wish.amendment_id,
        lines=tuple(told(line) for line in order.standing), total_minor=order.total_minor,
        deposit_minor=order.deposit_minor, received_minor=order.received_minor,
        open_minor=ledger.open_minor(order), refund_due_minor=ledger.refund_target_minor(order),
        ship_by=ship_by, deliver_by=deliver_by, logistics=order.logistics,
    )  # fmt: skip
    events = [(amended, known_at), *tell_axis(order, before, known_at=known_at)]
    return request, advance(order, events, grown="AMENDED", shrunk="AMENDED")


def _refusal(
    order: Order, changed: Order, wish: AmendmentRequested, known_at: dt.datetime
) -> AmendmentRefusal | None:
    if order.cancelled_at is not None:
        return "CANCELLED"
    if _known(order.completed_at and order.completed_known_at, known_at) or order.paid_out_minor:
        return "COMPLETED"
    if order.logistics == "DELIVERED" and _known(order.delivered_known_at, known_at):
        return "DELIVERED"
    if any(moved_by(order, line.line_id, known_at) > _left_of(line) for line in changed.lines):
        return "LINE_SHIPPED"
    if wish.deposit_minor is not None and wish.deposit_minor > changed.total_minor:
        return "DEPOSIT_BEYOND_TOTAL"
    if order.place_on == "FIRST_PAYMENT" and order.placed_at is None and changed.total_minor == 0:
        return "NEVER_PAYABLE"
    return "NOTHING_CHANGED" if changed == order else None


def _known(since: dt.datetime | None, known_at: dt.datetime) -> bool:
    """Whether it was known then: what became known later leaves the answer as if it had been read later."""
    return since is not None and since <= known_at


def _left_of(line: Line) -> int:
    return 0 if line.removed else line.quantity


def _changed(order: Order, wish: AmendmentRequested) -> Order:
    """The order with what was asked, its sums taken anew."""
    ship_by, deliver_by = wish.ship_by or order.ship_by, wish.deliver_by or order.deliver_by
    lines = {line.line_id: line for line in order.lines}
    if wish.lines is None:
        for line in order.standing:
            lines[line.line_id] = replace(
                line, ship_by=wish.ship_by or line.ship_by, deliver_by=wish.deliver_by or line.deliver_by
            )
    else:
        for line in order.standing:
            lines[line.line_id] = replace(line, removed=True, value_minor=0)
        for asked in wish.lines:
            known = lines.get(asked.line_id)
            place = asked.destination_country or (known and known.destination_country)
            lines[asked.line_id] = Line(
                tenant=order.tenant, order_id=order.order_id, line_id=asked.line_id,
                description=asked.description, quantity=asked.quantity, value_minor=asked.value_minor,
                ship_by=asked.ship_by or ship_by, deliver_by=asked.deliver_by or deliver_by,
                destination_country=place or order.destination_country,
            )  # fmt: skip
    total_minor = sum(line.value_minor for line in lines.values())
    deposit_minor = order.deposit_minor if wish.deposit_minor is None else wish.deposit_minor
    return resum(
        replace(
            order, ship_by=ship_by, deliver_by=deliver_by, total_minor=total_minor,
            deposit_minor=min(deposit_minor, total_minor), lines=tuple(lines[key] for key in sorted(lines)),
        )
    )  # fmt: skip
