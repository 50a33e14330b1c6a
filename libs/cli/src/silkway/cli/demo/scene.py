"""A scene is one story with its orders: it tells facts and notes what must come of them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from silkway.cli.demo.deal import Deal
from silkway.cli.demo.world import (
    BUYERS,
    CROWDED,
    GOODS,
    LANES,
    ROOMY_SHARE,
    SEATS,
    SOURCE,
    START,
    STARTING_LIMIT_MINOR,
    TRADES,
    Lane,
    Supplier,
    days,
    tick_of,
)
from silkway.cli.fact import Fact
from silkway.contracts import SupplierRegistered

if TYPE_CHECKING:
    from random import Random

    from silkway.cli.demo.expect import Expected
    from silkway.cli.demo.proportions import Twists
    from silkway.contracts import Event

_LARGEST_USD_MINOR: Final = 2_400_000
_LOOK_BACK: Final = 6
_NO_TIME: Final = dt.timedelta()


@dataclass(slots=True)
class Cast:
    """Who is there for all scenes: numbers given so far, and suppliers with room in their limits.

    `room`: US cents of its starting limit, by supplier, that no order has asked for yet.
    """

    orders: int = 0
    shipments: int = 0
    suppliers: int = 0
    room: dict[Supplier, int] = field(default_factory=dict)


class Scene:
    """Tells one story. `facts` comes out unsorted; `expected` has one entry for each of its orders."""

    def __init__(
        self, story: str, number: int, cast: Cast, random: Random, twists: Twists, at: dt.datetime
    ) -> None:
        """at: when its first order is drafted. number: of this scene among all."""
        self.story, self.random, self.twists, self.at = story, random, twists, at
        self.number = number
        self.facts: list[Fact] = []
        self.expected: list[Expected] = []
        self.counts: Counter[str] = Counter()
        """What must be counted in the tenant because of it, by name; see `Sight`."""
        self._cast = cast

    # --- chance --------------------------------------------------------------------------------------------

    def chance(self, share: float) -> bool:
        """Whether what happens in this share of all cases happens now."""
        return self.random.random() < share

    def between(self, low_days: float, high_days: float) -> dt.timedelta:
        """Some time between so many days."""
        return days(self.random.uniform(low_days, high_days))

    # --- facts ---------------------------------------------------------------------------------------------

    def tell(
        self, event: Event, at: dt.datetime, fact_id: str,
        *, late: dt.timedelta = _NO_TIME, source: str = SOURCE,
    ) -> dt.datetime:  # fmt: skip
        """A fact that happened at `at` and was reported `late`; when it becomes known. At times it is told twice."""
        known_at = tick_of(at + late)
        fact = Fact(known_at, event, at, source, fact_id)
        self.facts.append(fact)
        if self.chance(self.twists.doubled):
            self.facts.append(fact._replace(known_at=tick_of(known_at + self.between(0, 2))))
        return known_at

    def tell_known(self, event: Event, at: dt.datetime, fact_id: str, known_at: dt.datetime) -> dt.datetime:
        """A fact that becomes known at `known_at`, or at the tick after it."""
        return self.tell(event, at, fact_id, late=max(known_at - at, _NO_TIME))

    # --- who and what --------------------------------------------------------------------------------------

    def deal(self, **choices: Any) -> Deal:
        """Another order of this scene, drafted; see Deal for what may be chosen."""
        self._cast.orders += 1
        deal = Deal(self, f"PO-{self._cast.orders:05}", **choices)
        self.expected.append(deal.expected)
        return deal

    def shipment_id(self) -> str:
        """An id that no other shipment has."""
        self._cast.shipments += 1
        return f"SH-{self._cast.shipments:05}"

    def lane(self) -> Lane:
        """Any lane."""
        return self.random.choice(LANES)

    def buyer(self) -> str:
        """Any buyer."""
        return self.random.choice(BUYERS)

    def crowded_supplier(self) -> Supplier:
        """One of those whose limits many orders share."""
        return self.random.choice(CROWDED)

    def roomy_supplier(self, needed_usd_minor: int) -> Supplier:
        """A supplier whose limit can hold so much more whatever the other orders do."""
        room = self._cast.room
        for supplier in list(room)[-_LOOK_BACK:]:
            if room[supplier] >= needed_usd_minor:
                room[supplier] -= needed_usd_minor
                return supplier
        if len(room) > _LOOK_BACK:
            del room[next(iter(room))]
        supplier = self.new_supplier()
        room[supplier] = int(STARTING_LIMIT_MINOR * ROOMY_SHARE) - needed_usd_minor
        return supplier

    def new_supplier(self, currency: str | None = None) -> Supplier:
        """A supplier that nobody has traded with, registered the day before."""
        self._cast.suppliers += 1
        number = self._cast.suppliers
        town, country, time_zone, usual = self.random.choice(SEATS)
        supplier = Supplier(
            f"supplier-{number:05}", f"{town} {self.random.choice(TRADES)} {number}", country, time_zone,
            currency or usual,
        )  # fmt: skip
        self.register(supplier, max(self.at - days(1), START))
        return supplier

    def register(self, supplier: Supplier, at: dt.datetime) -> None:
        """It joined the platform."""
        event = SupplierRegistered(
            supplier_id=supplier.supplier_id, name=supplier.name, country=supplier.country,
            time_zone=supplier.time_zone, registered_at=at,
        )  # fmt: skip
        self.tell(event, at, f"{supplier.supplier_id}/registered")

    def goods(self, count: int, usd_minor: int | None = None) -> list[tuple[str, int, int]]:
        """Lines as (description, quantity, value in US cents); of a given sum where it matters."""
        if usd_minor is not None:
            return [("Mixed goods, by contract", 1_000, usd_minor)]
        while True:
            chosen = [(*self.random.choice(GOODS), self.random.randint(2, 60) * 10) for _ in range(count)]
            if sum(price * quantity for _, price, quantity in chosen) <= _LARGEST_USD_MINOR:
                return [(what, quantity, price * quantity) for what, price, quantity in chosen]
