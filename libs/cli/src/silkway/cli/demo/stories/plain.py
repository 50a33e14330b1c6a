"""Orders that go as they should, in all the ways in which that happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from silkway.cli.demo.carriage import carry

if TYPE_CHECKING:
    from silkway.cli.demo.scene import Scene


def plain(scene: Scene) -> None:
    """Drafted, confirmed, paid, carried, accepted, settled."""
    deal = scene.deal(ship_by_days=5 if scene.chance(0.4) else None).place().pay_deposit()
    carry(deal)
    deal.pay_balance().accept().settle()


def crowded(scene: Scene) -> None:
    """The same with a supplier whose limit is not enough for all who want it."""
    deal = scene.deal(crowded=True, coverage="AFTER_DELIVERY").place().pay_deposit()
    carry(deal)
    deal.pay_balance().accept().settle()


def first_payment(scene: Scene) -> None:
    """Nobody confirms: the first payment places the order."""
    deal = scene.deal(place_on="FIRST_PAYMENT").pay_deposit()
    deal.placed()
    carry(deal)
    deal.pay_balance().accept().settle()


def late_delivery(scene: Scene) -> None:
    """Shipped late without a promise to ship, so delivered late; nobody claims."""
    deal = scene.deal(late_days=scene.random.uniform(7, 12)).place().pay_deposit()
    carry(deal)
    deal.pay_balance().accept().settle()


STORIES: Final = {
    "plain": (plain, 1),
    "crowded": (crowded, 1),
    "first_payment": (first_payment, 1),
    "late_delivery": (late_delivery, 1),
}
