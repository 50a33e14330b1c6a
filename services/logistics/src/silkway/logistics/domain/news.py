"""What a shipment has to tell each order that it carries goods of. The order keeps it until it is recorded."""

import datetime as dt

import msgspec

from silkway.contracts.fields import Classifier, MilestoneDoubt, MilestoneKind, Promise, ShipmentState
from silkway.logistics.domain.state import PromiseStatus


class News(msgspec.Struct, frozen=True, tag=True):
    """Anything told. `known_at` is when its cause was known; times have the offset of the place where it is known."""

    known_at: dt.datetime


class Linked(News, frozen=True, tag=True):
    """It carries goods of the order."""

    state: ShipmentState
    on_time: bool
    booking_id: str | None
    split_from: str | None


class Recorded(News, frozen=True, tag=True):
    """A milestone took its place, or another time. `cause_reference` is what all share that suffer from the same."""

    kind: MilestoneKind
    classifier: Classifier
    occurred_at: dt.datetime
    leg: int
    call: int
    questioned: bool
    contradicted: bool
    witnesses: int
    state: ShipmentState
    place: str | None
    location: str | None
    vessel: str | None
    voyage: str | None
    cause: str | None
    cause_reference: str | None
    doubt: MilestoneDoubt | None = None


class Withdrawn(News, frozen=True, tag=True):
    """A milestone is no more."""

    kind: MilestoneKind
    classifier: Classifier
    occurred_at: dt.datetime
    leg: int
    call: int
    state: ShipmentState
    reason: str


class Dispatched(News, frozen=True, tag=True):
    """It left the supplier."""

    shipped_at: dt.datetime


class DispatchWithdrawn(News, frozen=True, tag=True):
    """That it left, or when, is not true. `anew`: another time is told at once."""

    reason: str
    anew: bool = False


class Delivered(News, frozen=True, tag=True):
    """It was delivered."""

    delivered_at: dt.datetime


class DeliveryWithdrawn(News, frozen=True, tag=True):
    """That it was delivered, or when, is not true. `anew`: another time is told at once."""

    reason: str
    anew: bool = False


class Expected(News, frozen=True, tag=True):
    """Its delivery is expected at another time; at None nobody says any more when."""

    eta: dt.datetime | None
    previous_eta: dt.datetime | None
    basis: MilestoneKind
    classifier: Classifier
    source: str
    cause: str | None
    cause_reference: str | None
    vessel: str | None
    voyage: str | None


class Silent(News, frozen=True, tag=True):
    """Nothing was heard of it for too long."""

    last_kind: MilestoneKind | None
    since: dt.datetime
    hours: int
    cause_reference: str | None


class Heard(News, frozen=True, tag=True):
    """It was silent and was heard of."""


class Cleared(News, frozen=True, tag=True):
    """Customs let it go."""

    leg: int
    call: int
    held_at: dt.datetime
    released_at: dt.datetime
    minutes: int
    country: str | None


class Promised(News, frozen=True, tag=True):
    """A promise about the whole shipment stands otherwise than before."""

    promise: Promise
    status: PromiseStatus
    due_at: dt.datetime
    inquiry_id: str | None


Anything = (
    Linked
    | Recorded
    | Withdrawn
    | Dispatched
    | DispatchWithdrawn
    | Delivered
    | DeliveryWithdrawn
    | Expected
    | Silent
    | Heard
    | Cleared
    | Promised
)
