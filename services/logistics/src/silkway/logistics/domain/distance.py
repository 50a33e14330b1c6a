"""How far it is: along sea routes for ships, along the great circle for all else.

Distances inform; no price and no decision depends on them, so floating point does no harm here.
"""

import math
from array import array
from functools import cache, lru_cache
from typing import Any, Final

from geographiclib.geodesic import Geodesic
from networkx import single_source_dijkstra_path_length
from searoute.classes.marnet import Marnet
from searoute.classes.passages import Passage
from searoute.searoute import setup_M

from silkway.contracts import RateCardPublished
from silkway.contracts.fields import CarriageMode
from silkway.logistics.domain.places import Place, place_of


@lru_cache(maxsize=20_000)
def distance_km(mode: CarriageMode, origin: str, destination: str) -> int | None:
    """Length of the way between two UN/LOCODEs in whole kilometres; None where a place or a way is not known.

    A sea route from a port takes some 40 ms of CPU the first time, every other from there nothing.
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
    """Along the shipping lanes of searoute's network; to and from the nearest lane straight."""
    lanes, numbers = _network()
    first, last = lanes.kdtree.query(start), lanes.kdtree.query(end)
    along = _from(first)[numbers[last]]
    if math.isinf(along):
        return None
    return great_circle_km(start, first) + round(along) + great_circle_km(last, end)


@cache
def _network() -> tuple[Marnet, dict[Place, int]]:
    lanes = setup_M(None)
    return lanes, {node: number for number, node in enumerate(lanes)}


@lru_cache(maxsize=256)
def _from(node: Place) -> "array[float]":
    """Kilometres from a node of the network to each of the others, in their order.

    All at once, because a lane's next destination is then free; searoute itself walks anew for each pair.
    """
    lanes, numbers = _network()
    reached = single_source_dijkstra_path_length(lanes, node, weight=_open_km)
    found = array("d", [math.inf]) * len(numbers)
    for other, kilometres in reached.items():
        found[numbers[other]] = kilometres
    return found


def _open_km(_from_node: Place, _to_node: Place, lane: dict[str, Any]) -> float | None:
    """The length of a shipping lane; None closes it."""
    return None if lane.get("passage") == Passage.northwest else float(lane["weight"])


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
