"""What is reported of when a shipment left: by whom it was shipped, and the signs of its carrier."""

import datetime as dt
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from silkway.credit.domain.state import Shipment

Milestone = tuple[str, int, int]
"""Kind, leg and call: by these a report corrects another."""


class Left(msgspec.Struct, frozen=True, tag=True):
    """When a shipment left, None if it has not after all, and since when that is known."""

    shipment_id: str
    known_at: dt.datetime
    at: dt.datetime | None


class Signed(msgspec.Struct, frozen=True, tag=True):
    """A sign of the carrier's, or with `cleared` the customs' release at home."""

    shipment_id: str
    known_at: dt.datetime
    milestone: Milestone
    at: dt.datetime
    cleared: bool


class Unsigned(msgspec.Struct, frozen=True, tag=True):
    """A sign was taken back."""

    shipment_id: str
    known_at: dt.datetime
    milestone: Milestone


Report = Left | Signed | Unsigned


class Sign(NamedTuple):
    """What is known of a milestone that shows the goods on their way: the time believed now, known since the first."""

    milestone: Milestone
    at: dt.datetime
    known_at: dt.datetime
    cleared: bool


_read = msgspec.json.Decoder(tuple[Sign, ...]).decode
_write = msgspec.json.Encoder().encode
_OF_OLD: Final = -1


def corrects(shipment: Shipment, report: Report) -> bool:
    """Whether something was believed that is otherwise by this report."""
    match report:
        case Left():
            return shipment.shipped_at not in (None, report.at)
        case Signed():
            known = _signs(shipment).get(report.milestone)
            return known is not None and known.at != report.at
        case Unsigned():
            signs = _signs(shipment)
            return _named(signs, report.milestone) in signs


def reported(shipment: Shipment, report: Report) -> Shipment:
    """The shipment by this report. Left at another time, it is known to have left since the first report."""
    match report:
        case Left(at=None):
            return replace(shipment, shipped_at=None, shipped_known_at=None, corrected_known_at=None)
        case Left() if shipment.shipped_at is None:
            return replace(shipment, shipped_at=report.at, shipped_known_at=report.known_at)
        case Left() if shipment.shipped_at != report.at:
            return replace(shipment, shipped_at=report.at, corrected_known_at=report.known_at)
        case Left():
            return shipment
        case Signed():
            known = _signs(shipment)
            first = known[report.milestone].known_at if report.milestone in known else report.known_at
            sign = Sign(report.milestone, report.at, first, report.cleared)
            return _with_signs(shipment, known | {report.milestone: sign})
        case Unsigned():
            known = _signs(shipment)
            known.pop(_named(known, report.milestone), None)
            return _with_signs(shipment, known)


def _signs(shipment: Shipment) -> dict[Milestone, Sign]:
    """The signs by their milestones. Of those that a version before kept, only what tells most is known."""
    known = {sign.milestone: sign for sign in _read(shipment.signs_told)}
    if len(known) == shipment.signs or shipment.tracked_known_at is None:
        return known
    since, kind = shipment.tracked_known_at, shipment.tracked_kind or ""
    old = [Sign((kind, _OF_OLD, 0), shipment.tracked_at or since, since, cleared=False)]
    if shipment.cleared_at is not None:
        cleared_known_at = shipment.cleared_known_at or since
        old.append(
            Sign(("CUSTOMS_RELEASED", _OF_OLD, 0), shipment.cleared_at, cleared_known_at, cleared=True)
        )
    times = {sign.at for sign in known.values()}
    return known | {sign.milestone: sign for sign in old if sign.at not in times}


def _named(known: dict[Milestone, Sign], milestone: Milestone) -> Milestone:
    """The milestone, or the one of its kind of which a version before did not keep the leg."""
    of_old = (milestone[0], _OF_OLD, 0)
    return of_old if milestone not in known and of_old in known else milestone


def _with_signs(shipment: Shipment, known: dict[Milestone, Sign]) -> Shipment:
    """Tracked since the first sign was known, on its way since the earliest; cleared with the last release at home."""
    signs = sorted(known.values())
    first = min(signs, key=lambda sign: sign.at, default=None)
    cleared = max((sign for sign in signs if sign.cleared), key=lambda sign: sign.at, default=None)
    return replace(
        shipment,
        signs=len(signs),
        signs_told=_write(signs).decode(),
        tracked_at=first and first.at,
        tracked_kind=first and first.milestone[0],
        tracked_known_at=min((sign.known_at for sign in signs), default=None),
        cleared_at=cleared and cleared.at,
        cleared_known_at=cleared and cleared.known_at,
    )
