"""Goods that are looked at before they leave, and goods that somebody objects to."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from silkway.cli.demo.carriage import Shipment, carry, whole
from silkway.cli.demo.stories.changes import cancel
from silkway.cli.demo.world import days
from silkway.contracts import (
    DisputeRaised,
    DisputeResolved,
    DisputeWithdrawn,
    Inspection,
    InspectionFailed,
    InspectionPassed,
)

if TYPE_CHECKING:
    from silkway.cli.demo.deal import Deal
    from silkway.cli.demo.scene import Scene
    from silkway.contracts.fields import DisputeKind, DisputeOutcome

_INSPECTOR: Final = "Four Eyes Inspection"


def inspected(scene: Scene) -> None:
    """The goods pass before the balance is paid or before they leave."""
    deal = _to_inspect(scene)
    _inspect(deal, deal.ready_at - days(4), passed=True)
    carry(deal)
    deal.pay_balance().accept().settle()


def inspected_again(scene: Scene) -> None:
    """They fail, are made good, and pass."""
    deal = _to_inspect(scene)
    _inspect(deal, deal.ready_at - days(8), passed=False)
    _inspect(deal, deal.ready_at - days(4), passed=True)
    carry(deal)
    deal.pay_balance().accept().settle()


def failed_and_cancelled(scene: Scene) -> None:
    """They fail, and the buyer has enough."""
    deal = _to_inspect(scene)
    known_at = _inspect(deal, deal.ready_at - days(8), passed=False)
    deal.refund(cancel(deal, known_at + days(2)))


def disputed_for_supplier(scene: Scene) -> None:
    """The buyer objects within the period; the goods are as agreed."""
    deal = _delivered(scene)
    _resolve(deal, _dispute(deal, deal.delivered_known_at + days(1.5), "QUALITY"), "FOR_SUPPLIER", 0)
    deal.settle()


def disputed_and_split(scene: Scene) -> None:
    """The buyer objects; a tenth of the price goes back."""
    deal = _delivered(scene)
    known_at = _resolve(
        deal, _dispute(deal, deal.delivered_known_at + days(1), "QUANTITY"), "SPLIT", deal.total_minor // 10
    )
    deal.refund(known_at)
    deal.settle()


def disputed_for_buyer(scene: Scene) -> None:
    """The goods are worth nothing: all the money goes back."""
    deal = _delivered(scene)
    known_at = _resolve(
        deal, _dispute(deal, deal.delivered_known_at + days(1), "QUALITY"), "FOR_BUYER", deal.total_minor
    )
    deal.refund(known_at)
    deal.expected.life = "SETTLED"


def never_received(scene: Scene) -> None:
    """Lost on the way: all the money goes back, and the order is undone."""
    deal = scene.deal(balance_due="BEFORE_SHIPMENT").place().pay_deposit()
    shipment = Shipment(scene, deal.lane, whole(deal), deal.ready_at).book()
    shipment.ship()
    shipment.travel(deal.lane.steps[:2])
    deal.pay_balance()
    known_at = _resolve(
        deal, _dispute(deal, deal.ready_at + days(25), "NOT_RECEIVED"), "FOR_BUYER", deal.total_minor
    )
    deal.expected.events["order.accepted"] = 0
    deal.expected.life = "CANCELLED"
    deal.expected.must_say("order.cancelled")
    if deal.coverage != "NONE":
        deal.expected.events["hold.released"] -= 1
        deal.expected.must_say("hold.voided")
        deal.expected.assurance = frozenset({"VOIDED"})
    deal.refund(known_at)


def disputed_after_acceptance(scene: Scene) -> None:
    """Accepted by itself; then a word arrives that was said before the end of the period."""
    deal = scene.deal(balance_due="BEFORE_SHIPMENT", acceptance_days=5).place().pay_deposit()
    carry(deal)
    deal.pay_balance().fall_silent()
    said_at = deal.accepted_known_at - days(1)
    known_at = _dispute(deal, said_at, "QUALITY", known_at=deal.accepted_known_at + days(1.5))
    expected = deal.expected
    expected.must_say("acceptance.reversed", "payout.due", "payout.withdrawn")
    expected.rows[3] += 1
    _resolve(deal, known_at, "FOR_SUPPLIER", 0)
    deal.settle()


def disputed_too_late(scene: Scene) -> None:
    """Accepted by itself; the buyer objects after that. The acceptance stands, the payout waits for the decision."""
    deal = scene.deal(balance_due="BEFORE_SHIPMENT", acceptance_days=3).place().pay_deposit()
    carry(deal)
    deal.pay_balance().fall_silent()
    accepted = deal.expected.events["order.accepted"]
    known_at = _dispute(deal, deal.accepted_known_at + days(1.5), "QUALITY")
    _resolve(deal, known_at, "FOR_SUPPLIER", 0)
    deal.expected.events["order.accepted"] = accepted
    deal.expected.must_say("payout.due", "payout.withdrawn")
    deal.settle()


def dispute_taken_back(scene: Scene) -> None:
    """The buyer objects, the supplier makes it good, and the buyer takes its word back: accepted and paid for."""
    deal = _delivered(scene)
    at = _dispute(deal, deal.delivered_known_at + days(1.5), "QUALITY") + scene.between(1, 3)
    event = DisputeWithdrawn(
        order_id=deal.order_id, dispute_id="D-1", text="What was missing has come", withdrawn_at=at
    )
    known_at = scene.tell(event, at, f"{deal.order_id}/dispute/withdrawn")
    deal.accepted_known_at = max(deal.accepted_known_at, known_at)
    deal.expected.must_say("dispute.closed", "order.accepted")
    deal.settle()


def _delivered(scene: Scene) -> Deal:
    deal = scene.deal(balance_due="BEFORE_SHIPMENT", acceptance_days=5).place().pay_deposit()
    carry(deal)
    return deal.pay_balance()


def _dispute(
    deal: Deal, at: dt.datetime, kind: DisputeKind, known_at: dt.datetime | None = None
) -> dt.datetime:
    """Somebody objects; when that becomes known."""
    event = DisputeRaised(
        order_id=deal.order_id,
        dispute_id="D-1",
        party="BUYER",
        kind=kind,
        text="Not what was agreed",
        raised_at=at,
    )
    deal.expected.must_say("dispute.opened")
    return deal.scene.tell_known(event, at, f"{deal.order_id}/disputed", known_at or at)


def _resolve(deal: Deal, after: dt.datetime, outcome: DisputeOutcome, refund_minor: int) -> dt.datetime:
    """A week later it is decided, and accepted thereby; when that becomes known."""
    at = after + deal.scene.between(5, 8)
    event = DisputeResolved(
        order_id=deal.order_id, dispute_id="D-1", outcome=outcome, refund_minor=refund_minor,
        by="Board of arbitration", resolved_at=at,
    )  # fmt: skip
    known_at = deal.scene.tell(event, at, f"{deal.order_id}/resolved")
    deal.accepted_known_at = max(deal.accepted_known_at, known_at)
    deal.expected.must_say("dispute.closed", "order.accepted")
    if refund_minor:
        deal.awarded_minor = refund_minor
        deal.owe_back(refund_minor)
    return known_at


def _to_inspect(scene: Scene) -> Deal:
    gate: Any = scene.random.choice(("BEFORE_BALANCE", "BEFORE_SHIPMENT"))
    deal = scene.deal(
        inspection=Inspection(gate=gate), production_days=16, balance_due="BEFORE_SHIPMENT"
    ).place()
    deal.expected.must_say("inspection.booked")
    return deal.pay_deposit()


def _inspect(deal: Deal, at: dt.datetime, *, passed: bool) -> dt.datetime:
    """An inspector has looked; when that becomes known."""
    deal.expected.must_say("inspection.recorded")
    if passed:
        event: InspectionPassed | InspectionFailed = InspectionPassed(
            order_id=deal.order_id, inspected_at=at, by=_INSPECTOR, report=f"REP-{deal.order_id}"
        )
    else:
        event = InspectionFailed(
            order_id=deal.order_id, inspected_at=at, by=_INSPECTOR, findings="Two in ten do not light up"
        )
        deal.expected.must_say("inspection.booked")
    return deal.scene.tell(event, at, f"{deal.order_id}/inspected/{at:%m-%d}")


STORIES: Final = {
    "inspected": (inspected, 1),
    "inspected_again": (inspected_again, 1),
    "failed_and_cancelled": (failed_and_cancelled, 1),
    "disputed_for_supplier": (disputed_for_supplier, 1),
    "disputed_and_split": (disputed_and_split, 1),
    "dispute_taken_back": (dispute_taken_back, 1),
    "disputed_for_buyer": (disputed_for_buyer, 1),
    "never_received": (never_received, 1),
    "disputed_after_acceptance": (disputed_after_acceptance, 1),
    "disputed_too_late": (disputed_too_late, 1),
}
