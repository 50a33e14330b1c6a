"""An order begins: as its platform drafted it."""

import datetime as dt

from silkway.contracts import OrderDrafted, OrderRecorded
from silkway.contracts.order import OrderLine
from silkway.order.domain.ledger import bill
from silkway.order.domain.state import Decision, Line, Order, Refusal, utc

_DRAFTED_LINE = Line.__struct_fields__[: Line.__struct_fields__.index("booked_quantity")]
_DRAFTED_ORDER = Order.__struct_fields__[: Order.__struct_fields__.index("drafted_known_at")]
_AMENDABLE = ("total_minor", "deposit_minor", "ship_by", "deliver_by")


def draft(tenant: str, drafted: OrderDrafted, known_at: dt.datetime) -> Decision | Refusal:
    """Take in a draft. Lines without promises or a destination of their own have those of the order."""
    if drafted.place_on == "FIRST_PAYMENT" and drafted.total_minor == 0:
        return Refusal(
            "place_on", "an order of total 0 is never paid", "let both parties confirm it: BOTH_CONFIRMED"
        )
    order = _order(tenant, drafted, known_at)
    recorded = OrderRecorded(
        order_id=order.order_id, buyer_id=order.buyer_id, supplier_id=order.supplier_id,
        currency=order.currency, total_minor=order.total_minor, deposit_minor=order.deposit_minor,
        account_id=order.account_id, payment_reference=order.payment_reference,
        lines=tuple(told(line) for line in order.lines), incoterm=order.incoterm,
        acceptance_days=order.acceptance_days, coverage=order.coverage, balance_due=order.balance_due,
        quote_id=order.quote_id, option_id=order.option_id, inspection_gate=order.inspection_gate,
        cover_until=order.cover_until, drafted_at=order.drafted_at,
    )  # fmt: skip
    return bill(order), [(recorded, known_at)]


def draft_again(order: Order, drafted: OrderDrafted) -> Refusal | None:
    """The same draft said twice changes nothing; another one under the same id is refused by what differs."""
    again = _order(order.tenant, drafted, order.drafted_known_at)
    amendable = _AMENDABLE if order.amendments else ()
    different = [
        field
        for field in _DRAFTED_ORDER
        if field not in amendable and getattr(order, field) != getattr(again, field)
    ]
    if not order.amendments and [_as_drafted(line) for line in order.lines] != [
        _as_drafted(line) for line in again.lines
    ]:
        different.append("lines")
    if not different:
        return None
    return Refusal(
        different[0], f"order {order.order_id} was drafted before with other {', '.join(different)}",
        "draft it under another order_id",
    )  # fmt: skip


def reference_taken(order_id: str) -> Refusal:
    """The draft quotes a payment reference by which money already finds another order."""
    return Refusal(
        "payment_reference",
        f"order {order_id} has it on this account",
        "give each order a reference of its own",
    )


def _order(tenant: str, drafted: OrderDrafted, known_at: dt.datetime) -> Order:
    return Order(
        tenant=tenant, order_id=drafted.order_id, buyer_id=drafted.buyer_id,
        supplier_id=drafted.supplier_id, currency=drafted.currency, account_id=drafted.account_id,
        payment_reference=drafted.payment_reference, total_minor=drafted.total_minor,
        deposit_minor=drafted.terms.deposit_minor, balance_due=drafted.terms.balance_due,
        place_on=drafted.place_on, incoterm=drafted.incoterm, ship_by=drafted.ship_by,
        deliver_by=drafted.deliver_by, destination_country=drafted.destination_country,
        acceptance_days=drafted.acceptance_days, coverage=drafted.coverage, quote_id=drafted.quote_id,
        option_id=drafted.option_id, cover_until=drafted.cover_until,
        inspection_gate=drafted.inspection.gate if drafted.inspection else None,
        drafted_at=utc(drafted.drafted_at), drafted_known_at=known_at,
        lines=tuple(
            Line(
                tenant=tenant, order_id=drafted.order_id, line_id=line.line_id, description=line.description,
                quantity=line.quantity, value_minor=line.value_minor,
                ship_by=line.ship_by or drafted.ship_by, deliver_by=line.deliver_by or drafted.deliver_by,
                destination_country=line.destination_country or drafted.destination_country,
            )
            for line in sorted(drafted.lines, key=lambda line: line.line_id)
        ),
    )  # fmt: skip


def told(line: Line) -> OrderLine:
    """A line as events tell it."""
    return OrderLine(
        line_id=line.line_id, description=line.description, quantity=line.quantity,
        value_minor=line.value_minor, ship_by=line.ship_by, deliver_by=line.deliver_by,
        destination_country=line.destination_country,
    )  # fmt: skip


def _as_drafted(line: Line) -> list[object]:
    return [getattr(line, field) for field in _DRAFTED_LINE]
