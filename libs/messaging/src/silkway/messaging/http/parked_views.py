"""What the workbench shows and takes over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from silkway.messaging import workbench
from silkway.messaging.rehearsal import Preview
from silkway.messaging.workbench import Waits

Outcome = Literal["applied", "refused", "waiting", "parked", "discarded"]
PlaceText = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
Person = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
Word = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00]*$")]


class ParkedView(BaseModel):
    """A record, or a deadline, that could not be applied."""

    place: str
    """Where it stands in the log: topic/partition/offset; timer/… for a deadline."""
    topic: str
    """With the installation's prefix; `timer` for a deadline."""
    key: str
    """Tenant and id of the aggregate that stands still."""
    type: str
    error: str
    attempts: int
    """How often it has failed."""
    known_at: AwareDatetime


class FollowerView(BaseModel):
    """A record that waits behind the parked one."""

    place: str
    type: str
    wants: str
    """What it waits for."""
    known_at: AwareDatetime | None
    data: Any


class AttemptView(BaseModel):
    """One try."""

    number: int
    action: Literal["read", "redrive", "discard"]
    """read: the service itself, when the record came."""
    at: AwareDatetime
    by: str
    reason: str
    outcome: Outcome
    error: str | None
    fix: Any
    """The data that was tried in place of its own."""
    command: str | None
    """Place of the command in the log."""

    @classmethod
    def of(cls, row: dict[str, Any]) -> AttemptView:
        """As the database has it."""
        fix = None if row["fix"] is None else workbench.shown(row["fix"])
        return cls(**{name: row[name] for name in cls.model_fields if name != "fix"}, fix=fix)


class ParkedDetail(BaseModel):
    """A parked record, whole."""

    place: str
    parked: ParkedView | None
    """null: it is parked no more; `attempts` tell what was done."""
    headers: dict[str, str]
    """Those of the event; others by name only."""
    data: Any
    """As it came; fields that sound like secrets are hidden."""
    followers: list[FollowerView]
    """In the order in which they will follow; at most 1,000."""
    attempts: list[AttemptView]


class Matching(BaseModel):
    """All that match; a field that is left out matches everything."""

    model_config = ConfigDict(extra="forbid")

    topic: Word | None = None
    type: Word | None = None
    error: Word | None = None
    """The class of what was raised."""
    known_from: AwareDatetime | None = None
    known_until: AwareDatetime | None = None


class Choice(BaseModel):
    """Which records: those at `places`, or all that are `matching`, at most 1,000 at once."""

    model_config = ConfigDict(extra="forbid")

    by: Person
    """Who decides."""
    reason: Reason = ""
    places: Annotated[list[PlaceText], Field(min_length=1, max_length=1000)] | None = None
    matching: Matching | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.places is None) == (self.matching is None):
            raise ValueError("give either places or matching")
        return self


class Redrive(Choice):
    """Try them again."""

    fix: dict[str, Any] | None = None
    """Data to try in place of the record's own; for one place only."""
    anyway: bool = False
    """Send the fix though its preview says that it fails."""

    @model_validator(mode="after")
    def _a_fix_is_for_one(self) -> Self:
        if self.fix is not None and len(self.places or ()) != 1:
            raise ValueError("a fix is for one place")
        return self


class Discard(Choice):
    """Give them up."""

    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
    """Why; it is kept."""


class OrderedOne(BaseModel):
    """A record and the place of the command about it."""

    place: str
    command: str


class Ordered(BaseModel):
    """The commands are on the log; the attempts of each record tell what came of it."""

    ordered: list[OrderedOne]
    more: bool
    """More match than were taken at once: repeat the request when these are done."""


class PreviewRequest(BaseModel):
    """Which record, and the data to try in place of its own."""

    model_config = ConfigDict(extra="forbid")

    place: PlaceText
    fix: dict[str, Any] | None = None


class ForeseenFollower(BaseModel):
    """What would become of a record behind it."""

    place: str
    type: str
    outcome: Outcome
    error: str | None


class ForeseenEvent(BaseModel):
    """An event that would be told."""

    type: str
    subject: str
    version: int | None
    known_at: AwareDatetime | None
    data: dict[str, Any]


class PreviewView(BaseModel):
    """What would come of it, at this moment."""

    outcome: Outcome
    error: str | None
    followers: list[ForeseenFollower]
    """In the order in which they would follow; those that still wait at the end."""
    events: list[ForeseenEvent]
    """All that would be told, by the record and by what follows."""


def follower_of(waits: Waits) -> FollowerView:
    """As it is shown."""
    data = workbench.content(waits.place, waits.record)["data"]
    return FollowerView(
        place=waits.place, type=waits.type, wants=waits.wants, known_at=waits.known_at, data=data
    )


def preview_view(foreseen: Preview) -> PreviewView:
    """As it is shown."""
    return PreviewView(
        outcome=foreseen.outcome,
        error=foreseen.error,
        followers=[ForeseenFollower(**follower._asdict()) for follower in foreseen.followers],
        events=[
            ForeseenEvent(
                type=envelope.type,
                subject=envelope.subject,
                version=envelope.version,
                known_at=envelope.knowntime,
                data=event.model_dump(mode="json", exclude_none=True),
            )
            for envelope, event in foreseen.events
        ],
    )
