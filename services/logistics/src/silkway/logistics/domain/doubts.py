"""What cannot be true of a milestone, by what is certain: it is kept and shown, and moves nothing."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from silkway.contracts.fields import MilestoneDoubt, MilestoneKind
from silkway.logistics.domain.state import Leg

FUTURE_TOLERANCE: Final = dt.timedelta(minutes=5)
"""How far a reporter's clock may run ahead of ours before an "actual" time is questioned."""

_DRY: Final = frozenset({
    "BRGRU", "CHZRH", "CNCGO", "CNCTU", "CNPEK", "CNPVG", "CNSIA", "CNURC", "CNYIW", "DELEJ", "DEMUC", "ESMAD", "FRCDG",
    "GBLHR", "INDEL", "INPNQ", "ITMIL", "KZALA", "MXMEX", "PLLOD", "USATL", "USAUS", "USDFW", "USJFK",
})  # fmt: skip
"""UN/LOCODE of airports and of inland places on no navigable water. (Lists of ports name some, for their dry ports.)"""

_OF_VESSELS: Final[frozenset[MilestoneKind]] = frozenset(
    {"LOADED", "DEPARTED", "TRANSSHIPPED", "ARRIVED", "DISCHARGED"}
)
"""What happens to goods where their vessel is."""


def doubt(
    legs: Iterable[Leg],
    number: int,
    kind: MilestoneKind,
    location: str | None,
    at: dt.datetime,
    known_at: dt.datetime,
) -> MilestoneDoubt | None:
    """Why a milestone that is told as actual, on the leg of this number, cannot be; None if it can.

    PLACE: a vessel where none gets to, on a leg that is booked by sea between other places. TIME: it was still to
    come when it was told.
    """
    if kind in _OF_VESSELS and location in _DRY:
        leg = next((leg for leg in legs if leg.leg == number), None)
        if leg is not None and leg.mode == "SEA" and location not in (leg.from_location, leg.to_location):
            return "PLACE"
    return "TIME" if at > known_at + FUTURE_TOLERANCE else None
