"""Shipments of the built-in trade: what is said about them, and what follows for the orders in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from silkway.cli.demo.world import SIGN_DAYS, SOURCE, TICK, Lane, Step, days
from silkway.contracts import (
    MilestoneTracked,
    ShipmentBooked,
    ShipmentLine,
    ShipmentReference,
    ShipmentShipped,
)

if TYPE_CHECKING:
    from silkway.cli.demo.deal import Deal
    from silkway.cli.demo.scene import Scene
    from silkway.contracts.fields import MilestoneKind

PORT: Final = "/silkway/cli/demo/port"
"""Another source than the carrier, which tells of the same things."""


@dataclass(frozen=True, slots=True)
class Piece:
    """So much of a line of a deal."""

    deal: Deal
    line_id: str
    quantity: int


class Shipment:
    """A shipment on its way. The methods tell facts; the deals hear what follows for them."""

    def __init__(
        self, scene: Scene, lane: Lane, pieces: Sequence[Piece], ready_at: dt.datetime,
        delivered_at: dt.datetime | None = None, shipment_id: str | None = None,
    ) -> None:  # fmt: skip
        """ready_at: when it leaves the supplier; delivered_at: drawn by the lane where it is not given."""
        self.scene, self.lane, self.pieces, self.ready_at = scene, lane, list(pieces), ready_at
        self.shipment_id = shipment_id or scene.shipment_id()
        transit = days(lane.transit_days) * scene.random.uniform(0.9, 1.1)
        self.delivered_at = delivered_at or ready_at + transit
        self.booked_at = ready_at - scene.between(2, 5)
        for deal in self.deals:
            deal.away.add(self.shipment_id)

    @property
    def deals(self) -> list[Deal]:
        """The orders whose goods it carries, each once."""
        return list({piece.deal.order_id: piece.deal for piece in self.pieces}.values())

    def at(self, share: float) -> dt.datetime:
        """When so much of its way is done."""
        return self.ready_at + (self.delivered_at - self.ready_at) * share

    # --- what is said --------------------------------------------------------------------------------------

    def book(self, **more: Any) -> Shipment:
        """The carrier takes it on; at times that is heard of after the first milestones.

        Not after the day by which the goods had to leave, though: until then nobody could know whose they are.
        """
        unheard = self.scene.between(3, 6) if self.scene.chance(self.scene.twists.booking_late) else days(0)
        promised = [deal.drafted.ship_by for deal in self.deals if deal.drafted.ship_by is not None]
        if promised:
            ship_by = dt.datetime.combine(min(promised), dt.time(), dt.UTC)
            unheard = max(min(unheard, ship_by - self.booked_at), days(0))
        event = ShipmentBooked(
            shipment_id=self.shipment_id, mode=self.lane.mode, carrier=self.lane.carrier,
            lines=tuple(
                ShipmentLine(order_id=piece.deal.order_id, line_id=piece.line_id, quantity=piece.quantity)
                for piece in self.pieces
            ),
            references=(ShipmentReference(kind="BOOKING", value=f"BK-{self.shipment_id}"),),
            booked_at=self.booked_at, **more,
        )  # fmt: skip
        self.scene.tell(event, self.booked_at, f"{self.shipment_id}/booked", late=unheard)
        self._mark("BOOKED", "NONE")
        return self

    def ship(self, *, late: dt.timedelta = dt.timedelta()) -> dt.datetime:
        """The goods leave the supplier; when that becomes known."""
        event = ShipmentShipped(shipment_id=self.shipment_id, shipped_at=self.ready_at)
        self._mark("SHIPPED", "NONE", "BOOKED")
        return self.scene.tell(event, self.ready_at, f"{self.shipment_id}/shipped", late=late)

    def travel(
        self, steps: Sequence[Step] | None = None, *, not_before: dt.datetime | None = None
    ) -> Shipment:
        """The milestones of the lane, known at once (or not before a time); some late, some seen by two."""
        twists, heard = self.scene.twists, [max(self.ready_at, not_before or self.ready_at)]
        for number, step in enumerate(self.lane.steps if steps is None else steps):
            at = self.at(step.share)
            slow = (
                self.scene.between(1, 4) if number and self.scene.chance(twists.milestone_late) else days(0)
            )
            known_at = max(at + slow, not_before or at)
            heard.append(self.track(step.kind, at, leg=step.leg, place=step.place, known_at=known_at))
            if self.scene.chance(twists.second_witness):
                self.track(step.kind, at, leg=step.leg, place=step.place, known_at=known_at, source=PORT)
            elif step.kind == "ARRIVED" and self.scene.chance(twists.contradiction):
                other, known_at = at + dt.timedelta(hours=3), known_at + days(0.5)
                self.track(step.kind, other, leg=step.leg, place=step.place, known_at=known_at, source=PORT)
        if steps is None:
            self._give_signs(sorted([*heard, self.delivered_at]))
        return self

    def _give_signs(self, heard: Sequence[dt.datetime]) -> None:
        """Between what is heard the carrier says now and then when it expects to arrive."""
        pause = days(SIGN_DAYS[self.lane.mode])
        for last, following in pairwise(heard):
            while following - last > pause + TICK:
                last += pause
                self.expect_arrival(self.delivered_at, last)

    def track(
        self, kind: MilestoneKind, at: dt.datetime, *, classifier: Any = "ACTUAL", leg: int = 0,
        place: str | None = None, known_at: dt.datetime | None = None, source: str = SOURCE, **more: Any,
    ) -> dt.datetime:  # fmt: skip
        """One milestone; when it becomes known. What is foreseen is known before it happens."""
        event = MilestoneTracked(
            shipment_id=self.shipment_id, kind=kind, classifier=classifier, occurred_at=at, leg=leg, place=place,
            **more,
        )  # fmt: skip
        self._tracked += 1
        fact_id = f"{self.shipment_id}/{kind.lower()}/{self._tracked}"
        told_at = min(at, known_at or at)
        return self.scene.tell(event, told_at, fact_id, late=(known_at or at) - told_at, source=source)

    _tracked = 0

    def expect_arrival(
        self, at: dt.datetime, known_at: dt.datetime, *, classifier: Any = "ESTIMATED", **more: Any
    ) -> None:
        """Somebody foresees the delivery."""
        self.track("DELIVERED", at, classifier=classifier, leg=self.last_leg, known_at=known_at, **more)

    @property
    def last_leg(self) -> int:
        """The leg on which it is delivered."""
        return self.lane.steps[-1].leg

    def deliver(self, *, late: dt.timedelta = dt.timedelta()) -> dt.datetime:
        """It arrives at the buyer; when that becomes known."""
        known_at = self.track(
            "DELIVERED", self.delivered_at, leg=self.last_leg, known_at=self.delivered_at + late
        )
        for deal in self.deals:
            deal.away.discard(self.shipment_id)
            deal.delivered_at = max(deal.delivered_at, self.delivered_at)
            deal.delivered_known_at = max(deal.delivered_known_at, known_at)
            deal.expected.logistics = "PART_DELIVERED" if deal.away else "DELIVERED"
        late_lines = {
            (piece.deal.order_id, piece.line_id): piece.deal
            for piece in self.pieces
            if self.delivered_at.date() > (piece.deal.drafted.deliver_by or dt.date.max)
        }
        for (_, line_id), deal in late_lines.items():
            deal.late_lines.add(line_id)
            deal.expected.lines_late = len(deal.late_lines)
        return known_at

    def whole_way(self) -> Shipment:
        """Booked, shipped, tracked, delivered."""
        self.book()
        self.expect_arrival(
            self.ready_at + days(self.lane.transit_days), self.booked_at, classifier="PLANNED"
        )
        self.ship()
        self.travel()
        self.deliver()
        return self

    def _mark(self, state: str, *before: str) -> None:
        for deal in self.deals:
            if deal.expected.logistics in before:
                deal.expected.logistics = state


def whole(*deals: Deal) -> list[Piece]:
    """All goods of these orders."""
    return [Piece(deal, line.line_id, line.quantity) for deal in deals for line in deal.lines.values()]


def halves(deal: Deal) -> tuple[list[Piece], list[Piece]]:
    """Half of every line, and the rest."""
    lines = deal.lines.values()
    one = [Piece(deal, line.line_id, line.quantity // 2) for line in lines]
    return one, [Piece(deal, line.line_id, line.quantity - line.quantity // 2) for line in lines]


def carry(*deals: Deal) -> list[Shipment]:
    """All goods in one shipment; of a single order at times in two."""
    deal = deals[0]
    scene = deal.scene
    ready_at = max(deal.ready_at for deal in deals)
    if len(deals) == 1 and scene.chance(scene.twists.two_shipments):
        return [
            Shipment(scene, deal.lane, part, ready_at + n * scene.between(0.5, 4)).whole_way()
            for n, part in enumerate(halves(deal))
        ]
    return [Shipment(scene, deal.lane, whole(*deals), ready_at).whole_way()]
