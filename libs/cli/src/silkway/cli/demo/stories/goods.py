"""Goods on their way: together and parted, held, delayed, silent, said to be there when they are not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from silkway.cli.demo.carriage import PORT, Shipment, carry, whole
from silkway.cli.demo.seen import incident_counts
from silkway.cli.demo.world import SEA, VESSELS, Lane, Step, days
from silkway.contracts import (
    InquiryAnswered,
    InquiryRaised,
    MilestoneRetracted,
    ShipmentLeg,
    ShipmentLine,
    ShipmentService,
    ShipmentSplit,
)
from silkway.contracts.shipment import SplitPart

if TYPE_CHECKING:
    from silkway.cli.demo.deal import Deal
    from silkway.cli.demo.scene import Scene

VESSEL_ORDERS: Final = 8


def consolidated(scene: Scene) -> None:
    """Three orders in one shipment all the way."""
    deals = _together(scene, 3)
    carry(*deals)
    for deal in deals:
        deal.pay_balance().accept().settle()


def parted(scene: Scene) -> None:
    """Three orders cross the sea in one shipment and are carried home one by one."""
    deals = _together(scene, 3)
    ship = Shipment(scene, SEA, whole(*deals), deals[0].ready_at).book()
    ship.ship()
    ship.travel()
    at = ship.at(0.94)
    homeward = [
        Shipment(scene, SEA, whole(deal), ship.ready_at, ship.delivered_at + number * scene.between(0.2, 1))
        for number, deal in enumerate(deals)
    ]
    event = ShipmentSplit(
        shipment_id=ship.shipment_id, split_at=at,
        into=tuple(
            SplitPart(
                shipment_id=part.shipment_id,
                lines=tuple(
                    ShipmentLine(order_id=p.deal.order_id, line_id=p.line_id, quantity=p.quantity)
                    for p in part.pieces
                ),
            )
            for part in homeward
        ),
    )  # fmt: skip
    scene.tell(event, at, f"{ship.shipment_id}/split")
    for deal, part in zip(deals, homeward, strict=True):
        deal.away.discard(ship.shipment_id)
        part.track("OUT_FOR_DELIVERY", ship.at(0.97), leg=ship.last_leg, place="Hamburg")
        part.deliver()
        deal.pay_balance().accept().settle()


def delayed_vessel(scene: Scene) -> None:
    """Many orders on one vessel, each in its own shipment; it meets a storm, and all are late for one reason."""
    deals = _together(scene, VESSEL_ORDERS, production_days=12)
    vessel, voyage = scene.random.choice(VESSELS), f"{scene.number:03}W"
    legs = (
        ShipmentLeg(leg=0, mode="SEA", from_place="Ningbo", to_place="Hamburg", vessel=vessel, voyage=voyage),
    )
    delayed_at = deals[0].ready_at + days(40)
    times_opened, most_orders = incident_counts(f"VOYAGE/{vessel}/{voyage}")
    scene.counts.update({times_opened: 1, most_orders: VESSEL_ORDERS})
    for deal in deals:
        shipment = Shipment(scene, SEA, whole(deal), deal.ready_at, delayed_at + scene.between(0, 0.5))
        shipment.lane = _direct(shipment)
        shipment.book(legs=legs)
        shipment.ship()
        shipment.expect_arrival(
            shipment.ready_at + days(SEA.transit_days), shipment.booked_at, classifier="PLANNED"
        )
        shipment.travel()
        shipment.expect_arrival(
            shipment.delivered_at, shipment.ready_at + days(14), cause="WEATHER", vessel=vessel, voyage=voyage
        )
        shipment.deliver()
        deal.expected.told.add("shipment.delayed")
        deal.pay_balance().accept().settle()


def customs_hold(scene: Scene) -> None:
    """Customs want to see the papers."""
    deal = scene.deal(lane=SEA).place().pay_deposit()
    shipment = Shipment(scene, SEA, whole(deal), deal.ready_at)
    shipment.book()
    shipment.ship()
    shipment.travel()
    held_at = shipment.at(0.93)
    released_at = held_at + scene.between(0.5, 1.5)
    shipment.track("CUSTOMS_HOLD", held_at, leg=shipment.last_leg, place="Hamburg", location="DEHAM")
    shipment.track("CUSTOMS_RELEASED", released_at, leg=shipment.last_leg, place="Hamburg", location="DEHAM")
    shipment.delivered_at = max(shipment.delivered_at, held_at + days(2))
    shipment.deliver()
    deal.expected.told.add("customs.cleared")
    deal.pay_balance().accept().settle()


def exception(scene: Scene) -> None:
    """Something breaks on the way, and it goes on."""
    deal = scene.deal().place().pay_deposit()
    shipment = Shipment(scene, deal.lane, whole(deal), deal.ready_at)
    shipment.book()
    shipment.ship()
    shipment.travel()
    shipment.track("EXCEPTION", shipment.at(0.5), leg=deal.lane.steps[0].leg, cause="DAMAGED_PACKAGING")
    shipment.deliver()
    deal.pay_balance().accept().settle()


def silent(scene: Scene) -> None:
    """Nothing is heard of a shipment for weeks, then it is there."""
    deal = scene.deal(lane=SEA).place().pay_deposit()
    shipment = Shipment(scene, SEA, whole(deal), deal.ready_at)
    shipment.book(service=ShipmentService())
    shipment.ship()
    shipment.travel(SEA.steps[:2])
    shipment.deliver()
    deal.expected.told |= {"shipment.silent", "shipment.heard"}
    deal.pay_balance().accept().settle()


def delivery_retracted(scene: Scene) -> None:
    """Said to be delivered, taken back while the acceptance period runs, delivered days later."""
    deal = scene.deal(acceptance_days=7).place().pay_deposit()
    shipment = Shipment(scene, deal.lane, whole(deal), deal.ready_at).book()
    shipment.ship()
    shipment.travel()
    wrong_at, known_at = shipment.delivered_at, shipment.deliver()
    event = MilestoneRetracted(
        shipment_id=shipment.shipment_id, kind="DELIVERED", classifier="ACTUAL", leg=shipment.last_leg,
        occurred_at=wrong_at, reason="Delivered to a neighbour by mistake", retracted_at=known_at + days(2),
    )  # fmt: skip
    scene.tell(event, known_at + days(2), f"{shipment.shipment_id}/retracted")
    shipment.delivered_at = known_at + days(4.5)
    deal.delivered_known_at = shipment.deliver()
    deal.expected.must_say("order.undelivered", "delivery.retracted")
    deal.expected.rows[4] += 1
    deal.pay_balance().accept().settle()


def asked_and_answered(scene: Scene) -> None:
    """The buyer asks where the goods are; an answer is promised within a day, and comes or does not."""
    deal = scene.deal(lane=SEA).place().pay_deposit()
    shipment = Shipment(scene, SEA, whole(deal), deal.ready_at)
    shipment.book(service=ShipmentService(promises=("ANSWER_24H",), insured=True))
    shipment.ship()
    shipment.travel()
    at, in_time = shipment.at(0.5), scene.chance(0.5)
    inquiry_id = f"Q-{shipment.shipment_id}"
    raised = InquiryRaised(
        shipment_id=shipment.shipment_id, inquiry_id=inquiry_id, by=deal.drafted.buyer_id, text="Where is it?",
        raised_at=at,
    )  # fmt: skip
    known_at = scene.tell(raised, at, f"{inquiry_id}/raised")
    answered_at = at + days(0.4 if in_time else 2.5)
    answered = InquiryAnswered(
        shipment_id=shipment.shipment_id, inquiry_id=inquiry_id, by=SEA.carrier, text="In the Indian Ocean",
        answered_at=answered_at,
    )  # fmt: skip
    scene.tell_known(answered, answered_at, f"{inquiry_id}/answered", max(known_at, answered_at))
    deal.expected.told.add("promise.kept" if in_time else "promise.broken")
    shipment.deliver()
    deal.pay_balance().accept().settle()


def seen_by_two(scene: Scene) -> None:
    """Carrier and port report the same delivery, word for word and a second time."""
    deal = scene.deal().place().pay_deposit()
    shipment = Shipment(scene, deal.lane, whole(deal), deal.ready_at).book()
    shipment.ship()
    shipment.travel()
    known_at = shipment.deliver()
    shipment.track(
        "DELIVERED", shipment.delivered_at, leg=shipment.last_leg, known_at=known_at + days(1), source=PORT
    )
    deal.pay_balance().accept().settle()


def told_differently(scene: Scene) -> None:
    """Carrier and port report the same delivery hours apart: the earlier is believed, whichever is heard first."""
    deal = scene.deal().place().pay_deposit()
    shipment = Shipment(scene, deal.lane, whole(deal), deal.ready_at).book()
    shipment.ship()
    shipment.travel()
    known_at = shipment.deliver()
    other = shipment.delivered_at + days(0.2)
    shipment.track("DELIVERED", other, leg=shipment.last_leg, known_at=known_at + days(0.5), source=PORT)
    deal.pay_balance().accept().settle()


def _together(scene: Scene, count: int, *, production_days: float | None = None) -> list[Deal]:
    """Orders over the sea whose goods leave at the same time."""
    deals = [scene.deal(lane=SEA, production_days=production_days) for _ in range(count)]
    ready_at = max(deal.ready_at for deal in deals)
    for deal in deals:
        deal.ready_at = ready_at
        deal.place().pay_deposit()
    return deals


def _direct(shipment: Shipment) -> Lane:
    """The same lane on one vessel all the way, without a transshipment."""
    steps = tuple(
        Step(step.kind, step.share, 0, step.place) for step in SEA.steps if step.place != "Singapore"
    )
    return replace(shipment.lane, steps=steps)


STORIES: Final = {
    "consolidated": (consolidated, 3),
    "parted": (parted, 3),
    "delayed_vessel": (delayed_vessel, VESSEL_ORDERS),
    "customs_hold": (customs_hold, 1),
    "exception": (exception, 1),
    "silent": (silent, 1),
    "delivery_retracted": (delivery_retracted, 1),
    "asked_and_answered": (asked_and_answered, 1),
    "seen_by_two": (seen_by_two, 1),
    "told_differently": (told_differently, 1),
}
