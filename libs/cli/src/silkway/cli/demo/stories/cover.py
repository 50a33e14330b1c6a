"""Holds that are partial, refused or end too early."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from silkway.cli.demo.carriage import Shipment, carry, whole
from silkway.cli.demo.seen import incident_counts
from silkway.cli.demo.world import SEA, STARTING_LIMIT_MINOR, WITHOUT_RATE, days

if TYPE_CHECKING:
    from silkway.cli.demo.deal import Deal
    from silkway.cli.demo.scene import Scene
    from silkway.cli.demo.world import Supplier


def tight_limit(scene: Scene) -> None:
    """Three orders of a new supplier: the first is covered, the second in part, the third not at all."""
    supplier = scene.new_supplier("USD")
    for number, percent in enumerate((80, 40, 10)):
        deal = scene.deal(
            supplier=supplier, coverage="AFTER_DELIVERY", usd_minor=STARTING_LIMIT_MINOR * percent // 100,
            drafted_at=scene.at + days(2.5 * number), production_days=12, lane=SEA,
        ).place()  # fmt: skip
        if number == 2:
            refuse(deal)
        deal.pay_deposit()
        carry(deal)
        deal.pay_balance().accept().settle()


def no_rate(scene: Scene) -> None:
    """Nobody has published what the order's currency is worth: nothing can be held."""
    deal = scene.deal(currency=WITHOUT_RATE, coverage="AFTER_DELIVERY").place()
    refuse(deal)
    deal.pay_deposit()
    carry(deal)
    deal.pay_balance().accept().settle()


def expired(scene: Scene) -> None:
    """The cover ends while the goods are at sea."""
    deal = scene.deal(lane=SEA, coverage="AFTER_DELIVERY", cover_days=-12, balance_due="BEFORE_SHIPMENT")
    deal.place().pay_deposit()
    carry(deal)
    expire(deal)
    deal.expected.assurance = frozenset({"EXPIRED"})
    deal.pay_balance().accept().settle()


def expired_but_delivered(scene: Scene) -> None:
    """The cover ends, and then it becomes known that the goods had been delivered before."""
    deal, _ = _known_after_the_end(scene, scene.new_supplier("USD"))
    deal.expected.must_say("hold.granted", "hold.released")
    deal.pay_balance().accept().settle()


def expired_and_taken(scene: Scene) -> None:
    """The same, but meanwhile another order has taken all of the limit: no new hold, operations are told."""
    supplier = scene.new_supplier("USD")
    deal, end = _known_after_the_end(scene, supplier, STARTING_LIMIT_MINOR * 4 // 5)
    deal.expected.must_say("hold.refused")
    deal.expected.assurance = frozenset({"REFUSED"})
    times_opened, most_orders = incident_counts(f"SUPPLIER/{supplier.supplier_id}")
    scene.counts.update({times_opened: 1, most_orders: 1})
    deal.pay_balance().accept().settle()
    taker = scene.deal(
        supplier=supplier, coverage="AFTER_DELIVERY", usd_minor=STARTING_LIMIT_MINOR,
        drafted_at=end + days(3),  # not while a clock that runs ahead may still count the first hold
    ).place().pay_deposit()  # fmt: skip
    carry(taker)
    taker.pay_balance().accept().settle()


def _known_after_the_end(
    scene: Scene, supplier: Supplier, usd_minor: int | None = None
) -> tuple[Deal, dt.datetime]:
    """An order whose delivery, in time for its cover, is known days after the end; the order, and the end's day."""
    deal = scene.deal(
        lane=SEA, coverage="AFTER_DELIVERY", cover_days=6, balance_due="BEFORE_SHIPMENT",
        supplier=supplier, usd_minor=usd_minor,
    ).place().pay_deposit()  # fmt: skip
    until = deal.drafted.cover_until
    assert until is not None
    end = dt.datetime.combine(until, dt.time(12), dt.UTC)
    shipment = Shipment(scene, SEA, whole(deal), deal.ready_at, end - days(4)).book()
    shipment.ship()
    shipment.travel()
    shipment.deliver(late=days(12))
    expire(deal)
    deal.expected.rows[6] += 1
    return deal, end


def refuse(deal: Deal) -> None:
    """Nothing is held for it."""
    deal.expected.events["hold.granted"] -= 1
    deal.expected.events["hold.released"] -= 1
    deal.expected.must_say("hold.refused")
    deal.expected.assurance = frozenset({"REFUSED"})


def expire(deal: Deal) -> None:
    """What is held ends without a delivery known."""
    deal.expected.events["hold.released"] -= 1
    deal.expected.must_say("hold.expired")


STORIES: Final = {
    "tight_limit": (tight_limit, 3),
    "no_rate": (no_rate, 1),
    "expired": (expired, 1),
    "expired_but_delivered": (expired_but_delivered, 1),
    "expired_and_taken": (expired_and_taken, 2),
}
