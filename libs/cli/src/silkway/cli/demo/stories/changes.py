"""Orders that are amended or cancelled, in time or too late."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from silkway.cli.demo.carriage import Shipment, carry, whole
from silkway.cli.demo.stories.money import assign, take_back
from silkway.cli.demo.world import SEA, days
from silkway.contracts import AmendmentRequested, CancellationRequested

if TYPE_CHECKING:
    from silkway.cli.demo.deal import Deal
    from silkway.cli.demo.scene import Scene


def amended_up(scene: Scene) -> None:
    """Fully paid, then half as much again is ordered: the difference is paid."""
    deal = _paid_early(scene)
    amend(deal, 150, deal.drafted_at + days(8))
    deal.pay(deal.balance_minor, deal.drafted_at + days(10))
    carry(deal)
    deal.accept().settle()


def amended_down(scene: Scene) -> None:
    """Fully paid, then a fifth less is ordered: the difference goes back."""
    deal = _paid_early(scene)
    known_at = amend(deal, 80, deal.drafted_at + days(8))
    deal.owe_back(deal.expected.received_minor - deal.total_minor)
    deal.refund(known_at)
    carry(deal)
    deal.accept().settle()


def amended_before_balance(scene: Scene) -> None:
    """Only the deposit is paid when more is ordered: the balance is the greater."""
    deal = scene.deal(production_days=15).place().pay_deposit()
    amend(deal, 120, deal.drafted_at + days(7))
    carry(deal)
    deal.pay_balance().accept().settle()


def amended_too_late(scene: Scene) -> None:
    """All is settled when less is asked for: refused."""
    deal = scene.deal().place().pay_deposit()
    carry(deal)
    deal.pay_balance().accept().settle()
    _ask_amendment(deal, deal.known_at + days(3), deposit_minor=0)
    deal.expected.must_say("amendment.refused")


def cancelled_unpaid(scene: Scene) -> None:
    """Cancelled before any money came."""
    deal = scene.deal(production_days=15).place()
    cancel(deal, deal.drafted_at + days(4))


def cancelled_and_refunded(scene: Scene) -> None:
    """Cancelled after the deposit: it goes back."""
    deal = scene.deal(production_days=15).place().pay_deposit()
    deal.refund(cancel(deal, deal.drafted_at + days(7)))


def cancelled_and_paid(scene: Scene) -> None:
    """The balance is on its way when the order is cancelled: it finds no order and is sent back."""
    deal = scene.deal(production_days=15).place().pay_deposit()
    balance = deal.balance_minor
    deal.refund(cancel(deal, deal.drafted_at + days(7)))
    reference, known_at = deal.pay(balance, deal.drafted_at + days(9), matched=False)
    assign(deal, reference, balance, known_at + days(1), "RETURN")


def cancelled_and_returned(scene: Scene) -> None:
    """Before the deposit of a cancelled order is refunded, its bank takes it back."""
    deal = scene.deal(production_days=15).place()
    reference, _ = deal.pay(deal.deposit_minor, deal.drafted_at + days(3))
    known_at = cancel(deal, deal.drafted_at + days(7))
    take_back(deal, reference, deal.deposit_minor, known_at + days(2))
    deal.expected.refund_due_minor = 0
    deal.expected.must_say("refund.withdrawn")
    deal.expected.rows[5] += 1


def cancelled_too_late(scene: Scene) -> None:
    """The goods have left, as everybody knows: refused."""
    deal = scene.deal().place().pay_deposit()
    carry(deal)
    deal.pay_balance().accept().settle()
    _ask_cancellation(deal, deal.ready_at + days(6))
    deal.expected.must_say("cancellation.refused")


def reinstated(scene: Scene) -> None:
    """Cancelled, and only then it becomes known that the goods had left before: the order goes on."""
    deal = scene.deal(lane=SEA, production_days=14, balance_due="AFTER_DELIVERY").place()
    deal.pay(deal.deposit_minor, deal.drafted_at + days(3))
    shipment = Shipment(scene, deal.lane, whole(deal), deal.ready_at).book()
    known_at = cancel(deal, deal.ready_at + days(1))
    late = known_at + days(2.5) - deal.ready_at
    shipped_known_at = shipment.ship(late=late)
    shipment.travel(not_before=shipped_known_at + days(0.5))
    shipment.deliver()
    expected = deal.expected
    expected.life = "PLACED"
    expected.refund_due_minor = 0
    expected.must_say("order.reinstated", "refund.withdrawn")
    expected.rows[1] += 1
    if deal.coverage != "NONE":
        expected.must_say("hold.granted", "hold.released")
        expected.assurance = frozenset({"RELEASED"})
    deal.pay_balance().accept().settle()


def cancel(deal: Deal, at: dt.datetime) -> dt.datetime:
    """The buyer cancels in time; when that becomes known."""
    expected = deal.expected
    known_at = _ask_cancellation(deal, at)
    expected.life = "CANCELLED"
    expected.must_say("order.cancelled")
    if deal.coverage != "NONE":
        expected.events["hold.released"] -= 1
        expected.must_say("hold.voided")
        expected.assurance = frozenset({"VOIDED"})
    if expected.received_minor:
        deal.owe_back(expected.received_minor)
    return known_at


def amend(deal: Deal, percent: int, at: dt.datetime) -> dt.datetime:
    """Every line becomes so much of what it was; when that becomes known."""
    lines = tuple(
        line.model_copy(
            update={
                "quantity": line.quantity * percent // 100,
                "value_minor": line.value_minor * percent // 100,
            }
        )
        for line in deal.lines.values()
    )
    known_at = _ask_amendment(deal, at, lines=lines)
    deal.lines = {line.line_id: line for line in lines}
    deal.total_minor = deal.expected.total_minor = sum(line.value_minor for line in lines)
    deal.note_funds()
    deal.expected.must_say("order.amended")
    return known_at


def _paid_early(scene: Scene) -> Deal:
    deal = scene.deal(production_days=15).place()
    deal.pay(deal.deposit_minor, deal.drafted_at + days(2))
    deal.pay(deal.balance_minor, deal.drafted_at + days(5))
    return deal


def _ask_amendment(deal: Deal, at: dt.datetime, **changes: Any) -> dt.datetime:
    event = AmendmentRequested(
        order_id=deal.order_id, amendment_id="A-1", party="BUYER", reason="Another season, other wishes",
        requested_at=at, **changes,
    )  # fmt: skip
    return deal.scene.tell(event, at, f"{deal.order_id}/amendment")


def _ask_cancellation(deal: Deal, at: dt.datetime) -> dt.datetime:
    event = CancellationRequested(
        order_id=deal.order_id,
        cancellation_id="C-1",
        party="BUYER",
        reason="The shop was closed",
        requested_at=at,
    )
    return deal.scene.tell(event, at, f"{deal.order_id}/cancellation")


STORIES: Final = {
    "amended_up": (amended_up, 1),
    "amended_down": (amended_down, 1),
    "amended_before_balance": (amended_before_balance, 1),
    "amended_too_late": (amended_too_late, 1),
    "cancelled_unpaid": (cancelled_unpaid, 1),
    "cancelled_and_refunded": (cancelled_and_refunded, 1),
    "cancelled_and_paid": (cancelled_and_paid, 1),
    "cancelled_and_returned": (cancelled_and_returned, 1),
    "cancelled_too_late": (cancelled_too_late, 1),
    "reinstated": (reinstated, 1),
}
