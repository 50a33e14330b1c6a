"""The life of an order: placed, funded, accepted, completed, settled.

Facts are noted first, each by its own rule; `advance` then takes every step that the noted facts allow. So it
does not matter which fact came last.
"""

import datetime as dt
from collections.abc import Sequence

from msgspec.structs import replace

from silkway.contracts import (
    HoldRequested,
    InspectionBooked,
    OrderCompleted,
    OrderConfirmed,
    OrderFunded,
    OrderPlaced,
    OrderSettled,
    ReceiptConfirmed,
)
from silkway.contracts.fields import FundsState, RefundReason, RefundWithdrawal
from silkway.order.domain import acceptance, ledger
from silkway.order.domain.state import Decision, Emission, Life, Order, latest, utc


def confirm(order: Order, confirmed: OrderConfirmed, known_at: dt.datetime) -> Decision:
    """A party agrees to the draft. Its first word counts; saying it again changes nothing."""
    at = utc(confirmed.confirmed_at)
    known_at = latest(order.confirmed_known_at, known_at)
    if confirmed.party == "BUYER":
        if order.buyer_confirmed_at is not None:
            return order, []
        return advance(replace(order, buyer_confirmed_at=at, confirmed_known_at=known_at))
    if order.supplier_confirmed_at is not None:
        return order, []
    return advance(replace(order, supplier_confirmed_at=at, confirmed_known_at=known_at))


def confirm_receipt(order: Order, receipt: ReceiptConfirmed, known_at: dt.datetime) -> Decision:
    """The buyer accepts. Said before everything is delivered, it counts once it is."""
    if order.receipt_at is not None:
        return order, []
    return advance(replace(order, receipt_at=utc(receipt.received_at), receipt_known_at=known_at))


def end_acceptance(order: Order, at: dt.datetime) -> Decision:
    """The acceptance period is over at `at` and nobody objected in time: accepted by itself."""
    return advance(*acceptance.accepted(order, "PERIOD", at, at))


def advance(
    order: Order,
    before: Sequence[Emission] = (),
    grown: RefundReason = "OVERPAID",
    shrunk: RefundWithdrawal = "AMENDED",
) -> Decision:
    """Take every step that the facts allow, each once; `before` are the events that led here.

    grown, shrunk: why more or less is due to the buyer, should that be so now.
    """
    events = list(before)
    take_back, accept = acceptance.take_back, acceptance.accept
    for step in (_place, _book_inspection, _fund, take_back, accept, _complete):
        order, more = step(order)
        events += more
    order, refund = ledger.tell_refund(order, grown, shrunk)
    order, payout = ledger.tell_payout(order)
    order, settled = _settle(order)
    order = ledger.bill(replace(order, life=_life(order), due_at=acceptance.due_of(order)))
    return order, [*events, *refund, *payout, *settled]


def request_hold(order: Order, known_at: dt.datetime) -> Decision:
    """Before shipment the initial payment is covered, after delivery the whole; of nothing, nothing."""
    covered = {"BEFORE_SHIPMENT": order.deposit_minor, "AFTER_DELIVERY": order.total_minor}
    amount_minor = covered.get(order.coverage, 0)
    if amount_minor == 0:
        return order, []
    order = replace(order, assurance="REQUESTED", held_minor=0, hold_requests=order.hold_requests + 1)
    request = HoldRequested(
        order_id=order.order_id, supplier_id=order.supplier_id, currency=order.currency,
        amount_minor=amount_minor, coverage=order.coverage, request=order.hold_requests,
        cover_until=order.cover_until,
    )  # fmt: skip
    return order, [(request, known_at)]


def inspection_id(order: Order) -> str:
    """The inspection that is open, or the first where none was booked."""
    return f"{order.order_id}/inspection/{max(order.inspections, 1)}"


def promises(order: Order) -> tuple[dt.date | None, dt.date | None]:
    """The earliest promise of shipping and the latest promise of delivery among the lines."""
    ship_by = [line.ship_by for line in order.standing if line.ship_by is not None]
    deliver_by = [line.deliver_by for line in order.standing if line.deliver_by is not None]
    return min(ship_by, default=None), max(deliver_by, default=None)


def _life(order: Order) -> Life:
    if order.cancelled_at is not None:
        return "CANCELLED"
    if order.settled_at is not None:
        return "SETTLED"
    if order.completed_at is not None:
        return "COMPLETED"
    return "DRAFTED" if order.placed_at is None else "PLACED"


def _place(order: Order) -> Decision:
    if order.placed_at is not None or order.cancelled_at is not None:
        return order, []
    if order.place_on == "FIRST_PAYMENT":
        if order.paid_at is None:  # what its bank took back since has placed it all the same
            return order, []
        at, known_at = order.paid_at, order.paid_known_at
    else:
        if order.buyer_confirmed_at is None or order.supplier_confirmed_at is None:
            return order, []
        at, known_at = latest(order.buyer_confirmed_at, order.supplier_confirmed_at), order.confirmed_known_at
    at, known_at = latest(order.drafted_at, at), latest(order.drafted_known_at, known_at)
    order = replace(order, placed_at=at, placed_known_at=known_at)
    ship_by, deliver_by = promises(order)
    placed = OrderPlaced(
        order_id=order.order_id, supplier_id=order.supplier_id, currency=order.currency,
        total_minor=order.total_minor, quote_id=order.quote_id, option_id=order.option_id, ship_by=ship_by,
        deliver_by=deliver_by, cover_until=order.cover_until, placed_at=at,
    )  # fmt: skip
    order, more = request_hold(order, known_at)
    return order, [(placed, known_at), *more]


def _book_inspection(order: Order) -> Decision:
    """One inspection when placed, and another after each that failed, until one was passed."""
    gate, wanted = order.inspection_gate, 1 + order.inspection_failures
    if gate is None or order.placed_at is None or order.cancelled_at is not None:
        return order, []
    if order.inspection_passed_at is not None or order.inspections >= wanted:
        return order, []
    order = replace(order, inspections=wanted)
    booked = InspectionBooked(
        order_id=order.order_id, inspection_id=inspection_id(order), supplier_id=order.supplier_id, gate=gate
    )
    return order, [(booked, latest(order.placed_known_at, order.inspection_failed_known_at))]


def _fund(order: Order) -> Decision:
    owed, net = ledger.owed_minor(order), ledger.net_minor(order)
    funded = net >= owed if owed else order.placed_at is not None
    if not funded:
        part: FundsState = "PART_PAID" if net > 0 and order.total_minor else "UNPAID"
        if part == order.funds:
            return order, []
        return replace(order, funds=part, funded_at=None, funded_known_at=None), []
    if order.funds == "FUNDED":
        return order, []
    at = latest(order.paid_at if owed else order.placed_at)
    known_at = latest(
        order.drafted_known_at, order.paid_known_at if owed else order.placed_known_at,
        order.amended_known_at, order.resolved_known_at if order.awarded_minor else None,
    )  # fmt: skip
    event = OrderFunded(order_id=order.order_id, total_minor=order.total_minor, funded_at=at)
    return replace(order, funds="FUNDED", funded_at=at, funded_known_at=known_at), [(event, known_at)]


def _complete(order: Order) -> Decision:
    """Delivered, accepted and funded: completed. Undone while money is missing again, unless it is settled."""
    done = order.placed_at is not None and order.accepted_at is not None and order.funds == "FUNDED"
    if not done or order.cancelled_at is not None:
        if order.completed_at is not None and order.settled_at is None:
            order = replace(order, completed_at=None)
        return order, []
    if order.completed_at is not None:
        return order, []
    at = latest(order.placed_at, order.accepted_at, order.funded_at)
    known_at = latest(order.placed_known_at, order.accepted_known_at, order.funded_known_at)
    completed = OrderCompleted(
        order_id=order.order_id, supplier_id=order.supplier_id, currency=order.currency,
        total_minor=order.total_minor, lines=len(order.standing), lines_late=order.lines_late,
        again=True if order.completions else None, completed_at=at,
    )  # fmt: skip
    order = replace(order, completed_at=at, completed_known_at=known_at, completions=order.completions + 1)
    return order, [(completed, known_at)]


def _settle(order: Order) -> Decision:
    """All that was due has been paid out; of an order of total 0 nothing was."""
    if order.completed_at is None or order.settled_at is not None or order.issue != "NONE":
        return order, []
    if order.paid_out_minor < ledger.owed_minor(order):
        return order, []
    at = latest(order.completed_at, order.paid_out_at, order.resolved_at)
    known_at = latest(order.completed_known_at, order.paid_out_known_at, order.resolved_known_at)
    settled = OrderSettled(order_id=order.order_id, settled_at=at, paid_out_minor=order.paid_out_minor)
    return replace(order, settled_at=at), [(settled, known_at)]
