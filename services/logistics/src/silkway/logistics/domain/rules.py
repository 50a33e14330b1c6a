"""The numbers that tracking goes by, as data: a change is a new version, so that a replay computes as it was then."""

import datetime as dt

import msgspec

from silkway.contracts.fields import MilestoneKind, Mode, Promise, ShipmentState


class Period(msgspec.Struct, frozen=True):
    """Within how many hours a shipment is to be heard of; for one lane ("CN-US") or state, or for all."""

    mode: Mode
    hours: int
    lane: str | None = None
    state: ShipmentState | None = None


class SilenceRules(msgspec.Struct, frozen=True):
    """Periods of silence. The one that says most about a shipment holds: lane before state before mode."""

    version: str
    periods: tuple[Period, ...]

    def hours(self, mode: Mode, lane: str | None, state: ShipmentState) -> int | None:
        """The period of a shipment in this state, None if it is never missed."""
        fitting = [
            period
            for period in self.periods
            if period.mode == mode and period.lane in (None, lane) and period.state in (None, state)
        ]
        best = max(fitting, key=lambda p: (p.lane is not None, p.state is not None), default=None)
        return None if best is None else best.hours


class ModeRules(msgspec.Struct, frozen=True):
    """How exact a mode's times are.

    contradiction_minutes: how far the witnesses of one milestone may differ. eta_hours: how much an ETA moves
    before it is told though the day stays. onward_hours: from a milestone to the delivery, where nobody says more.
    """

    contradiction_minutes: int
    eta_hours: int
    onward_hours: dict[MilestoneKind, int]

    @property
    def contradiction(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.contradiction_minutes)


class TrackingRules(msgspec.Struct, frozen=True):
    """What is usual, by mode."""

    version: str
    modes: dict[Mode, ModeRules]


class PromiseRules(msgspec.Struct, frozen=True):
    """How long a promise leaves, and how long before its end it is at risk. ON_TIME ends with the order's promise."""

    version: str
    hours: dict[Promise, int]
    lead_hours: dict[Promise, int]

    def period(self, promise: Promise) -> dt.timedelta:
        return dt.timedelta(hours=self.hours[promise])

    def lead(self, promise: Promise) -> dt.timedelta:
        return dt.timedelta(hours=self.lead_hours[promise])


class Rules(msgspec.Struct, frozen=True):
    """All of them."""

    silence: SilenceRules
    tracking: TrackingRules
    promises: PromiseRules
