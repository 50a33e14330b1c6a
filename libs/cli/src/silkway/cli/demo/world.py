"""Who trades what along which lanes, and how fast, in the built-in trade. All names are invented."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from silkway.contracts.fields import CarriageMode, Incoterm, MilestoneKind

SOURCE: Final = "/silkway/cli/demo"
START: Final = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
TICK: Final = dt.timedelta(hours=6)
"""Facts become known at the next full quarter of a day."""
AHEAD: Final = dt.timedelta(days=1)
"""How far the clock runs before the services. Facts of one order that decide against each other are further apart."""
SEASON_DAYS: Final = 60
"""Orders are drafted within so many days from `START`, more where there would be too many a day."""
ORDERS_A_DAY: Final = 200


@dataclass(frozen=True, slots=True)
class Supplier:
    """A seller. `currency` is the one it sells in."""

    supplier_id: str
    name: str
    country: str
    time_zone: str
    currency: str


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone on a way, at this share of the transit time, on this leg."""

    kind: MilestoneKind
    share: float
    leg: int
    place: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A way from origin to destination (UN/LOCODE), whose `steps` lie between collection and delivery."""

    mode: CarriageMode
    carrier: str
    origin: str
    destination: str
    country: str
    incoterm: Incoterm
    transit_days: int
    steps: tuple[Step, ...]


def _steps(*steps: tuple[MilestoneKind, float, int, str]) -> tuple[Step, ...]:
    return tuple(Step(*step) for step in steps)


CROWDED: Final = (
    Supplier("ningbo-lamps", "Ningbo Bright Lamps", "CN", "Asia/Shanghai", "USD"),
    Supplier("shenzhen-boards", "Shenzhen Circuit Boards", "CN", "Asia/Shanghai", "USD"),
    Supplier("yiwu-toys", "Yiwu Toys and Games", "CN", "Asia/Shanghai", "USD"),
    Supplier("hanoi-shirts", "Hanoi Shirts", "VN", "Asia/Ho_Chi_Minh", "USD"),
    Supplier("pune-valves", "Pune Valves", "IN", "Asia/Kolkata", "USD"),
    Supplier("izmir-towels", "Izmir Towels", "TR", "Europe/Istanbul", "EUR"),
)
"""Sellers whose limits many orders share at once."""

SEATS: Final = (
    ("Ningbo", "CN", "Asia/Shanghai", "USD"),
    ("Foshan", "CN", "Asia/Shanghai", "CNY"),
    ("Hai Phong", "VN", "Asia/Ho_Chi_Minh", "USD"),
    ("Pune", "IN", "Asia/Kolkata", "USD"),
    ("Bursa", "TR", "Europe/Istanbul", "EUR"),
    ("Osaka", "JP", "Asia/Tokyo", "JPY"),
    ("Puebla", "MX", "America/Mexico_City", "USD"),
)
TRADES: Final = ("Lighting", "Ceramics", "Hardware", "Textiles", "Toys", "Tools", "Furniture", "Cookware")
BUYERS: Final = (
    "hamburg-home", "austin-makers", "lagos-retail", "santiago-sport", "osaka-craft", "lyon-maison",
    "nairobi-build", "toronto-outdoor",
)  # fmt: skip

GOODS: Final = (
    ("Desk lamp, LED", 1450), ("Circuit board, 4 layers", 380), ("Wooden train set", 1120),
    ("Cotton shirt", 640), ("Ball valve, brass, 1 inch", 910), ("Bath towel, 70 × 140 cm", 530),
    ("Backpack, 20 l", 1290), ("Bicycle bell", 210),
)  # fmt: skip
"""Description and price of a piece in US cents."""

RATES: Final = {
    "USD": Decimal(1), "EUR": Decimal("1.08"), "CNY": Decimal("0.14"), "JPY": Decimal("0.0065"),
    "MUR": Decimal("0.022"),
}  # fmt: skip
"""US dollars for a unit of each currency."""
LIMIT_CURRENCY: Final = "USD"
WITHOUT_RATE: Final = "MUR"
"""The currency whose rate nobody publishes."""

STARTING_LIMIT_MINOR: Final = 5_000_000
"""What credit gives a new supplier, in US cents."""
ROOMY_SHARE: Final = 0.5
"""So much of it is asked for, in all, where no order shall meet another one's hold."""

LANES: Final = (
    Lane("SEA", "Blue Pacific Line", "CNNGB", "DEHAM", "DE", "FOB", 32, _steps(
        ("ORIGIN_IN", 0.02, 0, "Ningbo"), ("DEPARTED", 0.08, 0, "Ningbo"), ("TRANSSHIPPED", 0.4, 0, "Singapore"),
        ("DEPARTED", 0.43, 1, "Singapore"), ("ARRIVED", 0.85, 1, "Hamburg"), ("AVAILABLE", 0.92, 1, "Hamburg"),
    )),
    Lane("SEA", "Southern Cross Shipping", "CNSHA", "CLSAI", "CL", "CIF", 28, _steps(
        ("ORIGIN_IN", 0.03, 0, "Shanghai"), ("LOADED", 0.06, 0, "Shanghai"), ("DEPARTED", 0.07, 0, "Shanghai"),
        ("ARRIVED", 0.85, 0, "San Antonio"), ("DISCHARGED", 0.88, 0, "San Antonio"),
    )),
    Lane("AIR", "Crane Air Cargo", "HKHKG", "USDFW", "US", "FCA", 6, _steps(
        ("ORIGIN_IN", 0.1, 0, "Hong Kong"), ("DEPARTED", 0.3, 0, "Hong Kong"), ("ARRIVED", 0.6, 0, "Dallas"),
        ("OUT_FOR_DELIVERY", 0.95, 0, "Austin"),
    )),
    Lane("AIR", "Crane Air Cargo", "AEDXB", "NGLOS", "NG", "CIP", 8, _steps(
        ("DEPARTED", 0.15, 0, "Dubai"), ("ARRIVED", 0.5, 0, "Lagos"), ("AVAILABLE", 0.9, 0, "Lagos"),
    )),
    Lane("EXPRESS", "Swift Parcel", "CNSZX", "JPOSA", "JP", "DAP", 4, _steps(
        ("DEPARTED", 0.3, 0, "Shenzhen"), ("ATTEMPT_FAILED", 0.8, 0, "Osaka"),
        ("OUT_FOR_DELIVERY", 0.9, 0, "Osaka"),
    )),
    Lane("RAIL", "Iron Road", "CNXIY", "DEDUI", "DE", "FCA", 18, _steps(
        ("LOADED", 0.05, 0, "Xi'an"), ("DEPARTED", 0.1, 0, "Xi'an"), ("TRANSSHIPPED", 0.5, 0, "Małaszewicze"),
        ("ARRIVED", 0.85, 1, "Duisburg"),
    )),
    Lane("ROAD", "Anatolia Trucks", "TRIZM", "DEHAM", "DE", "DDP", 7, _steps(
        ("DEPARTED", 0.1, 0, "Izmir"), ("ARRIVED", 0.9, 0, "Hamburg"),
    )),
)  # fmt: skip
SEA: Final = LANES[0]
SIGN_DAYS: Final[dict[str, float]] = {"SEA": 8, "RAIL": 4, "ROAD": 2, "AIR": 1.5, "EXPRESS": 1.5}
"""A carrier that has nothing to report tells at least as often when it expects to arrive, by mode."""
VESSELS: Final = ("BLUE HERON", "BLUE CURLEW", "BLUE PETREL", "BLUE TERN", "BLUE AVOCET")


def days(number: float) -> dt.timedelta:
    """So many days, to the second."""
    return dt.timedelta(seconds=round(number * 86_400))


def tick_of(at: dt.datetime) -> dt.datetime:
    """The first tick at `at` or after it."""
    return START + -((START - at) // TICK) * TICK
