"""Events of the toy's story, with what a test does not care about filled in."""

from __future__ import annotations

import datetime as dt

from silkway.contracts import (
    HoldGranted,
    MilestoneRecorded,
    OrderConfirmed,
    OrderDrafted,
    OrderLine,
    PaymentReceived,
    PayoutPaid,
    ReceiptConfirmed,
    Terms,
)

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
TENANT = "acme"


def day(number: float) -> dt.datetime:
    """So many days into the story."""
    return START + dt.timedelta(days=number)


def drafted(
    order: str = "O1", *, account: str = "A1", supplier: str = "S1", total: int = 100
) -> OrderDrafted:
    return OrderDrafted(
        order_id=order,
        buyer_id="B1",
        supplier_id=supplier,
        currency="USD",
        account_id=account,
        payment_reference=f"pay {order}",
        lines=(OrderLine(line_id="1", description="lamps", quantity=1, value_minor=total),),
        terms=Terms(deposit_minor=0, balance_due="BEFORE_SHIPMENT"),
        drafted_at=START,
    )


def confirmed(order: str = "O1", party: str = "BUYER") -> OrderConfirmed:
    return OrderConfirmed(order_id=order, party=party, confirmed_at=START)  # type: ignore[arg-type]


def received(order: str = "O1") -> ReceiptConfirmed:
    return ReceiptConfirmed(order_id=order, received_at=START)


def paid(amount: int, account: str = "A1", reference: str = "bank 1") -> PaymentReceived:
    return PaymentReceived(
        account_id=account,
        bank_reference=reference,
        payment_reference="any",
        amount_minor=amount,
        currency="USD",
        received_at=START,
    )


def paid_out(amount: int, account: str = "A1", reference: str = "out 1") -> PayoutPaid:
    return PayoutPaid(
        account_id=account,
        order_id="O1",
        payout_reference=reference,
        amount_minor=amount,
        currency="USD",
        paid_at=START,
    )


def milestone(leg: int, order: str = "O1") -> MilestoneRecorded:
    return MilestoneRecorded(
        order_id=order,
        shipment_id="SH1",
        kind="DEPARTED",
        classifier="ACTUAL",
        occurred_at=START,
        leg=leg,
        questioned=False,
        state="IN_TRANSIT",
    )


def granted(order: str = "O1") -> HoldGranted:
    return HoldGranted(
        order_id=order,
        supplier_id="S1",
        hold_id="H1",
        currency="USD",
        requested_minor=1,
        granted_minor=1,
        full=True,
    )
