"""How far it is: along sea routes for ships, along the great circle for all else.

Distances inform; no price and no decision depends on them, so floating point does no harm here.
"""

import warnings
from functools import lru_cache
from typing import Final

from geographiclib.geodesic import Geodesic
from searoute import searoute

from silkway.contracts import RateCardPublished
from silkway.contracts.fields import CarriageMode
from silkway.logistics.domain.places import Place, place_of


@lru_cache(maxsize=20_000)
def distance_km(mode: CarriageMode, origin: str, destination: str) -> int | None:
    """Length of the way between two UN/LOCODEs in whole kilometres; None where a place or a way is not known.

    A new sea route takes some ten milliseconds, anything asked before nothing.
    """
    start, end = place_of(origin), place_of(destination)
    if start is None or end is None:
        return None
    return _sea_km(start, end) if mode == "SEA" else great_circle_km(start, end)


def great_circle_km(start: Place, end: Place) -> int:
    """The shortest way over the ellipsoid WGS84."""
    (from_longitude, from_latitude), (to_longitude, to_latitude) = start, end
    way = Geodesic.WGS84.Inverse(from_latitude, from_longitude, to_latitude, to_longitude, Geodesic.DISTANCE)
    return int(way["s12"] / 1000 + 0.5)


def _sea_km(start: Place, end: Place) -> int | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there is no way it warns, and gives an empty one
        way = searoute(start, end, units="km", append_orig_dest=True)
    return round(way.properties["length"]) or None


FASTEST_KM_A_DAY: Final[dict[CarriageMode, int]] = {"SEA": 1_100, "RAIL": 2_000, "ROAD": 2_000}
"""What the quickest ships (25 knots), trains and trucks with two drivers do; aircraft are anywhere in a day."""


def too_fast(card: RateCardPublished) -> tuple[str, str, str] | None:
    """Field, reason, remedy where nothing travels as fast as a card says; None where it may be so."""
    fastest = FASTEST_KM_A_DAY.get(card.mode)
    way = None if fastest is None else distance_km(card.mode, card.origin, card.destination)
    if fastest is None or way is None or way <= fastest * (card.transit_days + 1):
        return None
    reason = f"{way:,} km in {card.transit_days} days is faster than anything by {card.mode}"
    return "transit_days", reason, "Send the days from departure to arrival."
