"""Claims on the cover: opened by themselves on a missed promise, or by buyers; agreed, decided, proven wrong."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from silkway.cli.demo.carriage import Shipment, carry, whole
from silkway.cli.demo.stories.changes import cancel
from silkway.cli.demo.world import SEA, days
from silkway.contracts import (
    ClaimAnswered,
    ClaimDecided,
    ClaimRequested,
    EscalationRequested,
    ProofGiven,
    RecoveryReceived,
    WithdrawalRequested,
)

if TYPE_CHECKING:
    from silkway.cli.demo.deal import Deal
    from silkway.cli.demo.scene import Scene
    from silkway.contracts.fields import ClaimKind, Party

_BUYERS: Final = "CL-1"
_BOARD: Final = "Claims board"


def late_agreed(scene: Scene) -> None:
    """Shipped a week too late: claimed by itself, agreed, paid, and the supplier pays it back."""
    deal = _late(scene)
    claim = Claim(deal, "LATE", f"{deal.order_id}|LATE", _missed_at(deal))
    claim.answer(agreed=True)
    claim.recover()
    _go_on(deal)


def late_unanswered(scene: Scene) -> None:
    """The supplier says nothing; on the eighth day it escalates by itself, and the buyer is right."""
    deal = _late(scene)
    claim = Claim(deal, "LATE", f"{deal.order_id}|LATE", _missed_at(deal))
    claim.escalate_by_itself()
    claim.decide(upheld=True)
    _go_on(deal)


def late_contested(scene: Scene) -> None:
    """The supplier contests, the buyer escalates, the supplier is right."""
    deal = _late(scene)
    claim = Claim(deal, "LATE", f"{deal.order_id}|LATE", _missed_at(deal))
    claim.answer(agreed=False)
    claim.escalate()
    claim.decide(upheld=False)
    _go_on(deal)


def late_but_proven(scene: Scene) -> None:
    """Shipped in time and reported late: the claim is withdrawn."""
    deal = _insured(scene, ship_by_days=1)
    _reported_late(deal, _missed_at(deal) + days(2.5))
    claim = Claim(deal, "LATE", f"{deal.order_id}|LATE", _missed_at(deal))
    claim.withdraw()
    _go_on(deal)


def late_paid_then_proven(scene: Scene) -> None:
    """Paid before the proof is known: the money is to come back from the buyer."""
    deal = _insured(scene, ship_by_days=1)
    _reported_late(deal, _missed_at(deal) + days(6))
    claim = Claim(deal, "LATE", f"{deal.order_id}|LATE", _missed_at(deal))
    claim.answer(agreed=True)
    claim.withdraw()
    deal.expected.must_say("recovery.due")
    _go_on(deal)


def late_paid_then_cancelled(scene: Scene) -> None:
    """Paid on a claim, then cancelled and refunded: the buyer, who has got it twice, brings it back."""
    deal = _insured(scene, ship_by_days=1)
    claim = Claim(deal, "LATE", f"{deal.order_id}|LATE", _missed_at(deal))
    claim.answer(agreed=True)
    known_at = cancel(deal, claim.at + days(3))
    deal.expected.events.subtract({"hold.voided": 1, "hold.released": -1})  # it was posted before
    deal.expected.assurance = frozenset({"POSTED"})
    claim.at = deal.refund(known_at).known_at
    deal.expected.must_say("recovery.due")
    claim.recover("BUYER")


def proven_in_time(scene: Scene) -> None:
    """Nothing is tracked for days, but the supplier gave proof before its promise ended: nothing is claimed."""
    deal = _insured(scene, ship_by_days=4)
    shipment = Shipment(scene, SEA, whole(deal), deal.ready_at).book()
    known_at = shipment.ship()
    event = ProofGiven(
        order_id=deal.order_id, shipment_id=shipment.shipment_id, shipped_at=deal.ready_at,
        tracking_reference=f"BK-{shipment.shipment_id}", given_at=known_at + days(1),
    )  # fmt: skip
    scene.tell(event, known_at + days(1), f"{deal.order_id}/proof")
    shipment.travel(SEA.steps[2:])
    shipment.deliver()
    _go_on(deal)


def quality_agreed(scene: Scene) -> None:
    """A tenth of the goods is broken; the supplier agrees and pays."""
    deal = _used(scene)
    claim = Claim(deal, "QUALITY", _BUYERS, deal.delivered_known_at + days(4), by_buyer=True)
    claim.answer(agreed=True)
    claim.recover()


def quality_upheld(scene: Scene) -> None:
    """The supplier contests, the buyer escalates, and is right about a part."""
    deal = _used(scene)
    claim = Claim(deal, "QUALITY", _BUYERS, deal.delivered_known_at + days(4), by_buyer=True)
    claim.answer(agreed=False)
    claim.escalate()
    claim.decide(upheld=True)
    claim.recover()


def quality_rejected(scene: Scene) -> None:
    """Nobody answers; it escalates by itself, and nothing is found."""
    deal = _used(scene)
    claim = Claim(deal, "QUALITY", _BUYERS, deal.delivered_known_at + days(4), by_buyer=True)
    claim.escalate_by_itself()
    claim.decide(upheld=False)


def quality_given_up(scene: Scene) -> None:
    """The supplier sends new ones, and the buyer takes its claim back."""
    deal = _used(scene)
    claim = Claim(deal, "QUALITY", _BUYERS, deal.delivered_known_at + days(4), by_buyer=True)
    claim.give_up()


def quality_too_late(scene: Scene) -> None:
    """Claimed when the cover has ended: refused."""
    deal = _used(scene)
    Claim(deal, "QUALITY", _BUYERS, deal.delivered_known_at + days(33), by_buyer=True, refused=True)


class Claim:
    """A claim as it goes on. `at` is when the last step of it was known."""

    def __init__(
        self, deal: Deal, kind: ClaimKind, claim_id: str, at: dt.datetime, *, by_buyer: bool = False,
        refused: bool = False,
    ) -> None:  # fmt: skip
        """Opened by itself at `at`, or asked for by the buyer then: a fiftieth of what the order costs."""
        self.deal, self.kind, self.claim_id, self.at = deal, kind, claim_id, at
        self.minor = deal.total_minor // 100
        if by_buyer:
            event = ClaimRequested(
                order_id=deal.order_id, claim_id=claim_id, kind=kind, amount_minor=deal.total_minor // 50,
                currency=deal.drafted.currency, text="One in ten does not light up", requested_at=at,
            )  # fmt: skip
            self.at = deal.scene.tell(event, at, f"{deal.order_id}/claim/requested")
        self._opened_at = self.at
        self._become("REFUSED" if refused else "OPEN", "claim.refused" if refused else "claim.opened")

    def answer(self, *, agreed: bool) -> None:
        """The supplier speaks on the second day; what it agrees to is paid at once."""
        at = self._opened_at + days(1.5)
        event = ClaimAnswered(
            order_id=self.deal.order_id, claim_id=self.claim_id, agreed=agreed,
            amount_minor=self.minor if agreed else None, text="We are sorry" if agreed else "It was packed well",
            answered_at=at,
        )  # fmt: skip
        self.at = self.deal.scene.tell(event, at, f"{self.deal.order_id}/claim/answered")
        if agreed:
            self._become("AGREED", "claim.agreed")
            self._pay()

    def escalate(self) -> None:
        """The buyer wants it decided, on the sixth day."""
        at = self._opened_at + days(5)
        event = EscalationRequested(order_id=self.deal.order_id, claim_id=self.claim_id, requested_at=at)
        self.at = self.deal.scene.tell(event, at, f"{self.deal.order_id}/claim/escalated")
        self._become("ESCALATED", "claim.escalated")

    def escalate_by_itself(self) -> None:
        """Nobody answers until the eighth day."""
        self.at = self._opened_at + days(9)
        self._become("ESCALATED", "claim.escalated")

    def decide(self, *, upheld: bool) -> None:
        """The platform decides some days later; what it grants is paid at once."""
        at = self.at + self.deal.scene.between(2, 4)
        event = ClaimDecided(
            order_id=self.deal.order_id, claim_id=self.claim_id, upheld=upheld,
            amount_minor=self.minor if upheld else None, by=_BOARD, text="After inspection", decided_at=at,
        )  # fmt: skip
        self.at = self.deal.scene.tell(event, at, f"{self.deal.order_id}/claim/decided")
        self._become("UPHELD" if upheld else "REJECTED", "claim.upheld" if upheld else "claim.rejected")
        if upheld:
            self._pay()

    def recover(self, party: Party = "SUPPLIER") -> None:
        """Who owes it pays it back."""
        at = self.at + self.deal.scene.between(3, 6)
        event = RecoveryReceived(
            order_id=self.deal.order_id, claim_id=self.claim_id, recovery_id=f"RC-{self.deal.order_id}",
            amount_minor=self.minor, currency=self.deal.drafted.currency, received_from=party, received_at=at,
        )  # fmt: skip
        self.at = self.deal.scene.tell(event, at, f"{self.deal.order_id}/claim/recovered")
        self.deal.expected.must_say("recovery.recorded")
        self._become("CLOSED", "claim.closed")

    def give_up(self) -> None:
        """The buyer takes it back on the third day."""
        at = self._opened_at + days(2.5)
        event = WithdrawalRequested(order_id=self.deal.order_id, claim_id=self.claim_id, requested_at=at)
        self.at = self.deal.scene.tell(event, at, f"{self.deal.order_id}/claim/given-up")
        self._become("WITHDRAWN", "claim.withdrawn")

    def withdraw(self) -> None:
        """Proof has become known that there is no ground for it."""
        self._become("WITHDRAWN", "claim.withdrawn")
        self.deal.expected.rows[2] += 1

    def _pay(self) -> None:
        expected = self.deal.expected
        self._become("PAID", "claim.paid")
        expected.must_say("hold.posted", "recovery.due")
        expected.events["hold.released"] -= 1
        expected.assurance = frozenset({"POSTED"})

    def _become(self, state: str, said: str) -> None:
        expected = self.deal.expected
        expected.must_say(said)
        for before in [key for key in expected.claims if key[0] == self.kind]:
            del expected.claims[before]
        expected.claims[self.kind, state] = 1


def _insured(scene: Scene, *, ship_by_days: float, late_days: float = 0) -> Deal:
    """Covered in full by a supplier of its own, and promised to be shipped."""
    deal = scene.deal(
        coverage="AFTER_DELIVERY", supplier=scene.new_supplier("USD"), lane=SEA, ship_by_days=ship_by_days,
        late_days=late_days, production_days=12, balance_due="AFTER_DELIVERY",
    ).place()  # fmt: skip
    deal.pay(deal.deposit_minor, deal.drafted_at + days(3))
    return deal


def _late(scene: Scene) -> Deal:
    deal = _insured(scene, ship_by_days=1, late_days=9)
    carry(deal)
    return deal


def _used(scene: Scene) -> Deal:
    """Delivered, accepted by silence and settled: then a fault is found."""
    deal = _insured(scene, ship_by_days=6)
    carry(deal)
    return deal.pay_balance().fall_silent().settle()


def _reported_late(deal: Deal, known_at: dt.datetime) -> None:
    """Shipped as planned, but nobody hears of it before a time."""
    shipment = Shipment(deal.scene, SEA, whole(deal), deal.ready_at).book()
    shipped_known_at = shipment.ship(late=known_at - deal.ready_at)
    shipment.travel(not_before=shipped_known_at)
    shipment.deliver()


def _go_on(deal: Deal) -> None:
    deal.pay_balance().accept().settle()


def _missed_at(deal: Deal) -> dt.datetime:
    """When the day after the promise begins where the supplier is."""
    promised = deal.drafted.ship_by
    assert promised is not None
    zone = ZoneInfo(deal.supplier.time_zone)
    return dt.datetime.combine(promised + dt.timedelta(days=1), dt.time(), zone).astimezone(dt.UTC)


STORIES: Final = {
    "late_agreed": (late_agreed, 1),
    "late_unanswered": (late_unanswered, 1),
    "late_contested": (late_contested, 1),
    "late_but_proven": (late_but_proven, 1),
    "late_paid_then_proven": (late_paid_then_proven, 1),
    "late_paid_then_cancelled": (late_paid_then_cancelled, 1),
    "proven_in_time": (proven_in_time, 1),
    "quality_agreed": (quality_agreed, 1),
    "quality_upheld": (quality_upheld, 1),
    "quality_rejected": (quality_rejected, 1),
    "quality_given_up": (quality_given_up, 1),
    "quality_too_late": (quality_too_late, 1),
}
