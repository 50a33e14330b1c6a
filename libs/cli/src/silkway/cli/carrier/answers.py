"""What the simulated carrier answers: the same for the same seed and booking, whenever it is asked."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from dataclasses import dataclass, replace
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING, Any, Final

from silkway.contracts import (
    BookingRefused,
    BookingRolled,
    ShipmentBooked,
    ShipmentLeg,
    ShipmentLine,
    ShipmentReference,
    ShipmentService,
)

if TYPE_CHECKING:
    from silkway.contracts import BookingRequested

Answer = ShipmentBooked | BookingRefused | BookingRolled

_ROLL_AFTER: Final = dt.timedelta(hours=6)


@dataclass(frozen=True)
class Habits:
    """Shares of bookings, 0 to 1, that a carrier refuses and moves, by how many days, and the reasons it gives."""

    refused: float
    rolled: float
    roll_days: int
    refusals: tuple[str, ...]
    rolls: tuple[str, ...]


class Carriers:
    """All simulated carriers, with the habits of habits.toml."""

    def __init__(self, seed: int, habits: dict[str, dict[str, Any]] | None = None) -> None:
        """`habits` are tables as in habits.toml, by carrier and "default"."""
        given = habits or tomllib.loads((files(__package__) / "habits.toml").read_text())
        self._seed = seed
        self._default = Habits(**_tuples(given["default"]))
        self._own = {
            carrier: replace(self._default, **_tuples(own))
            for carrier, own in given.items()
            if carrier != "default"
        }

    def answer(self, tenant: str, asked: BookingRequested, at: dt.datetime) -> tuple[Answer, ...]:
        """The answers to a booking asked for at `at`: a refusal, or a shipment and perhaps another departure."""
        habits = self._own.get(asked.carrier, self._default)
        random = Random(f"{self._seed}/{tenant}/{asked.booking_id}")
        drawn = random.random()
        if drawn < habits.refused:
            reason = random.choice(habits.refusals)
            return (BookingRefused(booking_id=asked.booking_id, reason=reason, refused_at=at),)
        booked = _shipment(tenant, asked, at)
        if drawn >= habits.refused + habits.rolled:
            return (booked,)
        later = dt.timedelta(days=habits.roll_days)
        rolled = BookingRolled(
            booking_id=asked.booking_id,
            departs_at=_day(asked.departs_on) + later,
            arrives_at=_day(asked.arrives_on) + later,
            voyage=_voyage(tenant, asked),
            reason=random.choice(habits.rolls),
            rolled_at=at + _ROLL_AFTER,
        )
        return booked, rolled


def _shipment(tenant: str, asked: BookingRequested, at: dt.datetime) -> ShipmentBooked:
    number = _number(tenant, asked)
    return ShipmentBooked(
        shipment_id=f"SIM-{number}",
        mode=asked.mode,
        carrier=asked.carrier,
        lines=tuple(
            ShipmentLine(order_id=asked.order_id, line_id=line.line_id, quantity=line.quantity)
            for line in asked.lines
        ),
        references=(ShipmentReference(kind="BOOKING", value=f"BK{number}"),),
        booking_id=asked.booking_id,
        legs=(
            ShipmentLeg(
                leg=0,
                mode=asked.mode,
                from_location=asked.origin,
                to_location=asked.destination,
                voyage=_voyage(tenant, asked),
            ),
        ),
        service=ShipmentService(promises=asked.promises, insured=asked.insured),
        booked_at=at,
    )


def _number(tenant: str, asked: BookingRequested) -> str:
    """Twelve digits that are this booking's own: the carrier's name for it, however long ours is."""
    digest = hashlib.blake2b(f"{tenant}/{asked.booking_id}".encode(), digest_size=6).digest()
    return f"{int.from_bytes(digest, 'big') % 10**12:012}"


def _voyage(tenant: str, asked: BookingRequested) -> str:
    return f"V{_number(tenant, asked)[:4]}"


def _day(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), dt.UTC)


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
