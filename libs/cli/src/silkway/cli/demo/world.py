"""Who trades what along which lanes in the built-in trade. All names are invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from silkway.contracts.fields import Incoterm, MilestoneKind, Mode


@dataclass(frozen=True, slots=True)
class Supplier:
    """A seller; `late_share` of its shipments leave late."""

    supplier_id: str
    name: str
    country: str
    time_zone: str
    currency: str
    late_share: float


@dataclass(frozen=True, slots=True)
class Lane:
    """A way from origin to destination. `steps`: milestones with their share of the transit time, and place."""

    mode: Mode
    carrier: str
    country: str
    incoterm: Incoterm
    transit_days: int
    steps: tuple[tuple[MilestoneKind, float, str], ...]


SUPPLIERS: Final = (
    Supplier("ningbo-lamps", "Ningbo Bright Lamps", "CN", "Asia/Shanghai", "USD", 0.05),
    Supplier("shenzhen-boards", "Shenzhen Circuit Boards", "CN", "Asia/Shanghai", "USD", 0.15),
    Supplier("yiwu-toys", "Yiwu Toys and Games", "CN", "Asia/Shanghai", "USD", 0.3),
    Supplier("hanoi-shirts", "Hanoi Shirts", "VN", "Asia/Ho_Chi_Minh", "USD", 0.1),
    Supplier("pune-valves", "Pune Valves", "IN", "Asia/Kolkata", "USD", 0.2),
    Supplier("izmir-towels", "Izmir Towels", "TR", "Europe/Istanbul", "EUR", 0.1),
)
BUYERS: Final = ("hamburg-home", "austin-makers", "lagos-retail", "santiago-sport", "osaka-craft")
GOODS: Final = (
    ("Desk lamp, LED", 1450), ("Circuit board, 4 layers", 380), ("Wooden train set", 1120),
    ("Cotton shirt", 640), ("Ball valve, brass, 1 inch", 910), ("Bath towel, 70 × 140 cm", 530),
    ("Backpack, 20 l", 1290), ("Bicycle bell", 210),
)  # fmt: skip
"""Description and price of a piece in minor units."""

LANES: Final = (
    Lane("SEA", "Blue Pacific Line", "DE", "FOB", 32, (
        ("ORIGIN_IN", 0.02, "Ningbo"), ("LOADED", 0.06, "Ningbo"), ("DEPARTED", 0.08, "Ningbo"),
        ("TRANSSHIPPED", 0.4, "Singapore"), ("ARRIVED", 0.85, "Hamburg"), ("DISCHARGED", 0.88, "Hamburg"),
        ("AVAILABLE", 0.92, "Hamburg"), ("OUT_FOR_DELIVERY", 0.98, "Hamburg"),
    )),
    Lane("SEA", "Blue Pacific Line", "CL", "CIF", 28, (
        ("LOADED", 0.05, "Shanghai"), ("DEPARTED", 0.07, "Shanghai"), ("ARRIVED", 0.85, "San Antonio"),
        ("DISCHARGED", 0.88, "San Antonio"), ("AVAILABLE", 0.93, "San Antonio"),
    )),
    Lane("AIR", "Crane Air Cargo", "US", "FCA", 6, (
        ("ORIGIN_IN", 0.1, "Hong Kong"), ("DEPARTED", 0.3, "Hong Kong"), ("ARRIVED", 0.6, "Dallas"),
        ("CUSTOMS_HOLD", 0.65, "Dallas"), ("AVAILABLE", 0.85, "Dallas"), ("OUT_FOR_DELIVERY", 0.95, "Austin"),
    )),
    Lane("AIR", "Crane Air Cargo", "NG", "CIP", 8, (
        ("DEPARTED", 0.2, "Dubai"), ("ARRIVED", 0.5, "Lagos"), ("AVAILABLE", 0.9, "Lagos"),
    )),
    Lane("EXPRESS", "Swift Parcel", "JP", "DAP", 4, (
        ("DEPARTED", 0.3, "Shenzhen"), ("ARRIVED", 0.6, "Osaka"), ("ATTEMPT_FAILED", 0.8, "Osaka"),
        ("OUT_FOR_DELIVERY", 0.9, "Osaka"),
    )),
    Lane("RAIL", "Iron Road", "DE", "FCA", 18, (
        ("LOADED", 0.05, "Xi'an"), ("DEPARTED", 0.1, "Xi'an"), ("TRANSSHIPPED", 0.5, "Małaszewicze"),
        ("ARRIVED", 0.85, "Duisburg"), ("OUT_FOR_DELIVERY", 0.97, "Duisburg"),
    )),
    Lane("ROAD", "Anatolia Trucks", "DE", "DDP", 7, (
        ("DEPARTED", 0.1, "Izmir"), ("ARRIVED", 0.9, "Hamburg"), ("OUT_FOR_DELIVERY", 0.95, "Hamburg"),
    )),
)  # fmt: skip
