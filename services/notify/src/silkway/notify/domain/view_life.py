"""The life of an order: drafted, placed, amended, cancelled, accepted, disputed, settled."""

from typing import assert_never

from msgspec.structs import replace

from silkway.contracts import (
    AcceptanceReversed,
    AmendmentRefused,
    CancellationRefused,
    DisputeClosed,
    DisputeOpened,
    HoldRequested,
    InspectionBooked,
    InspectionRecorded,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderCompleted,
    OrderDelivered,
    OrderLine,
    OrderPlaced,
    OrderRecorded,
    OrderReinstated,
    OrderSettled,
    OrderShipped,
    OrderUndelivered,
)
from silkway.notify.domain.counts import counted
from silkway.notify.domain.moments import utc, utc_or_none
from silkway.notify.domain.state import OrderView, OrderViewDispute, OrderViewLine
from silkway.notify.domain.told import Life
from silkway.notify.domain.view_money import balanced, funds_of


def see_life(view: OrderView, told: Life) -> OrderView:
    """The view after an event of the order's own life."""
    match told:
        case OrderRecorded():
            return _record(view, told)
        case OrderPlaced():
            return replace(
                view, life="PLACED", placed_at=utc(told.placed_at), ship_by=told.ship_by or view.ship_by,
                deliver_by=told.deliver_by or view.deliver_by,
            )  # fmt: skip
        case OrderAmended():
            return _amend(view, told)
        case OrderCancelled():
            return replace(
                view, life="CANCELLED", refund_due_minor=told.refund_due_minor, open_minor=0,
                payout_due_minor=0, cancelled_at=utc(told.cancelled_at), cancelled_by=told.by,
            )  # fmt: skip
        case OrderReinstated():
            open_minor = max(0, (view.total_minor or 0) - view.received_minor)
            life = "DRAFTED" if view.placed_at is None else "PLACED"
            return replace(view, life=life, open_minor=open_minor, cancelled_at=None, cancelled_by=None)
        case AmendmentRefused() | CancellationRefused():
            return view
        case HoldRequested():
            return _request(view, told)
        case InspectionBooked():
            return replace(view, inspection="BOOKED", inspection_gate=told.gate)
        case InspectionRecorded():
            return replace(view, inspection="PASSED" if told.passed else "FAILED")
        case DisputeOpened() | DisputeClosed():
            return _dispute(view, told)
        case _:
            return _see_end(view, told)


def _see_end(
    view: OrderView,
    told: OrderShipped
    | OrderDelivered
    | OrderUndelivered
    | OrderAccepted
    | AcceptanceReversed
    | OrderCompleted
    | OrderSettled,
) -> OrderView:
    match told:
        case OrderShipped():
            return replace(view, logistics=told.state)
        case OrderDelivered():
            return replace(view, logistics=told.state, delivered_at=utc_or_none(told.delivered_at))
        case OrderUndelivered():
            return replace(view, logistics=told.state, delivered_at=None)
        case OrderAccepted():
            return replace(view, accepted_by=told.by, accepted_at=utc(told.accepted_at))
        case AcceptanceReversed():
            return replace(_undone(view), accepted_by=None, accepted_at=None)
        case OrderCompleted():
            return replace(view, life="COMPLETED", completed_at=utc(told.completed_at))
        case OrderSettled():
            settled = replace(view, life="SETTLED", payout_due_minor=0, settled_at=utc(told.settled_at))
            return balanced(settled, paid_out_minor=told.paid_out_minor)
        case _:
            assert_never(told)


def _undone(view: OrderView) -> OrderView:
    """The completion of an order, and that it was settled, do not count without acceptance."""
    if view.life in ("COMPLETED", "SETTLED"):
        return replace(view, life="PLACED", completed_at=None, settled_at=None)
    return view


def _record(view: OrderView, told: OrderRecorded) -> OrderView:
    """The order's own words; all else that is told of it waits for them."""
    return _with_lines(
        replace(
            view,
            buyer_id=told.buyer_id,
            supplier_id=told.supplier_id,
            currency=told.currency,
            total_minor=told.total_minor,
            deposit_minor=told.deposit_minor,
            account_id=told.account_id,
            payment_reference=told.payment_reference,
            incoterm=told.incoterm,
            coverage=told.coverage,
            quote_id=told.quote_id,
            option_id=told.option_id,
            balance_due=told.balance_due,
            inspection_gate=told.inspection_gate,
            life="DRAFTED",
            open_minor=told.total_minor,
            drafted_at=utc(told.drafted_at),
        ),
        told.lines,
    )


def _amend(view: OrderView, told: OrderAmended) -> OrderView:
    view = balanced(
        view,
        total_minor=told.total_minor,
        deposit_minor=told.deposit_minor,
        received_minor=told.received_minor,
        open_minor=told.open_minor,
        refund_due_minor=told.refund_due_minor,
        ship_by=told.ship_by,
        deliver_by=told.deliver_by,
        amendments=view.amendments + 1,
        logistics=told.logistics or view.logistics,
    )
    funds = funds_of(view)
    view = replace(view, funds=funds, funded_at=view.funded_at if funds == "FUNDED" else None)
    return _with_lines(view, told.lines)


def _with_lines(view: OrderView, told: tuple[OrderLine, ...]) -> OrderView:
    """The order has these lines now. Those that it had besides stay in sight; they count no more."""
    known = {line.line_id: line for line in view.lines}
    lines = {
        line.line_id: replace(line, amended_away=line.quantity is not None) for line in known.values()
    } | {
        line.line_id: replace(
            known.get(line.line_id) or OrderViewLine(view.tenant, view.order_id, line.line_id),
            description=line.description,
            quantity=line.quantity,
            value_minor=line.value_minor,
            ship_by=line.ship_by,
            deliver_by=line.deliver_by,
            destination_country=line.destination_country,
            amended_away=False,
        )
        for line in told
    }
    destinations = {line.destination_country for line in told}
    return counted(
        replace(
            view,
            destination_country=destinations.pop() if len(destinations) == 1 else None,
            lines=tuple(lines[line_id] for line_id in sorted(lines)),
        )
    )


def _request(view: OrderView, told: HoldRequested) -> OrderView:
    """Credit's answer may have overtaken the request: then it stands."""
    number = told.request or 1
    return replace(
        view,
        assurance="REQUESTED" if number > view.hold_answered else view.assurance,
        hold_request=max(number, view.hold_request),
        hold_currency=told.currency,
        hold_requested_minor=told.amount_minor,
    )


def _dispute(view: OrderView, told: DisputeOpened | DisputeClosed) -> OrderView:
    disputes = {dispute.dispute_id: dispute for dispute in view.disputes}
    if isinstance(told, DisputeOpened):
        disputes[told.dispute_id] = OrderViewDispute(
            view.tenant, view.order_id, told.dispute_id, told.party, told.kind, utc(told.opened_at)
        )
    elif known := disputes.get(told.dispute_id):
        disputes[told.dispute_id] = replace(
            known, outcome=told.outcome, refund_minor=told.refund_minor, closed_at=utc(told.closed_at)
        )
    disputed = any(dispute.outcome is None for dispute in disputes.values())
    return replace(
        view,
        issue="DISPUTED" if disputed else "NONE",
        disputes=tuple(disputes[dispute_id] for dispute_id in sorted(disputes)),
    )
