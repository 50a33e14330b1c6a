"""What the auditor remembers of one subject (an order, a supplier, an entry of a bank …), and what it finds.

All of it is small and can be written down: a book a subject, loaded when something is said about the subject.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final, Literal

import msgspec

from silkway.contracts import Event

Invariant = Literal[
    "VERSIONS_DENSE", "SAID_ONCE", "READABLE", "MONEY_ADDS_UP", "NEVER_BEYOND_DUE", "LIFE_IN_ORDER",
    "HOLD_ENDS_ONCE", "CLAIM_IN_ORDER", "LIMIT_KEPT", "CAUSE_KNOWN", "DEADLINE_KEPT", "ANSWERED", "MODEL_AGREES",
]  # fmt: skip
"""What must hold; docs/domain/auditor.md says of each what it means."""

_NAMESPACE: Final = uuid.UUID("6f0d2d7e-6c0a-5d0e-9c5d-1f7f0f6a4b11")
DIGESTS_KEPT: Final = 64
"""Of so many of the last events of a subject it is known what they said."""


def name_of(event: Event) -> str:
    """What people call it: order.placed."""
    return event.type.removeprefix("silkway.").rpartition(".v")[0]


class Breach(msgspec.Struct, frozen=True):
    """An invariant that an event breaks, in words."""

    invariant: Invariant
    text: str


class Finding(msgspec.Struct, frozen=True):
    """A breach with its place: about whom, by which event, known when. `subject`: kind/id."""

    tenant: str
    subject: str
    invariant: Invariant
    text: str
    event_id: str
    known_at: dt.datetime

    @property
    def finding_id(self) -> str:
        """The same for the same breach, however often the log is read."""
        name = "\n".join((self.tenant, self.subject, self.invariant, self.event_id, self.text))
        return str(uuid.uuid5(_NAMESPACE, name))

    def __str__(self) -> str:
        return f"{self.tenant}: {self.subject}: {self.invariant}: {self.text}"


class Trail(msgspec.Struct, omit_defaults=True):
    """What one sender has said about a subject: the last version, and digests of the last events, newest last."""

    version: int = 0
    digests: list[bytes] = []


class Money(msgspec.Struct, omit_defaults=True):
    """An order's money, added up from amounts alone, in minor units of its currency.

    payments: what each entry has brought and not taken back. refundable, payable: the most that ever was due, with
    what had left by then: transfers that were under way when they were withdrawn may still arrive.
    """

    total: int = 0
    awarded: int = 0
    received: int = 0
    paid_out: int = 0
    refunded: int = 0
    refundable: int = 0
    payable: int = 0
    payout_due: int = 0
    payments: dict[str, int] = {}
    transfers: dict[str, int] = {}

    @property
    def escrow(self) -> int:
        """What is left of what came in."""
        return self.received - self.paid_out - self.refunded

    @property
    def owed(self) -> int:
        """The price, less what disputes have given back."""
        return max(self.total - self.awarded, 0)

    @property
    def net(self) -> int:
        """What the buyer has paid and not got back."""
        return self.received - self.refunded


class Life(msgspec.Struct, omit_defaults=True):
    """How far an order is. disputes: those that are open, with since when they count."""

    recorded: bool = False
    placed: bool = False
    delivered: bool = False
    accepted: bool = False
    completed: bool = False
    settled: bool = False
    cancelled: bool = False
    holds_asked: int = 0
    disputes: dict[str, dt.datetime] = {}
    acceptance_days: int = 0
    delivered_known_at: dt.datetime | None = None


class Hold(msgspec.Struct):
    """An open hold. taken: of the supplier's limit, in the limit's currency; rate: None where they are the same."""

    hold_id: str
    granted: int
    taken: int
    currency: str
    rate: str | None = None
    expires_at: dt.datetime | None = None


class Claim(msgspec.Struct, omit_defaults=True):
    """A claim. granted: agreed or upheld; open: paid and not come back; currency and rate of the hold that paid."""

    state: str
    amount: int = 0
    granted: int = 0
    posted: int = 0
    paid: int = 0
    open: int = 0
    currency: str = ""
    rate: str | None = None
    escalates_at: dt.datetime | None = None


class Cover(msgspec.Struct, omit_defaults=True):
    """The cover of an order: its one open hold, how many requests were answered, its claims."""

    hold: Hold | None = None
    ended: list[str] = []
    request: int = 0
    answers: int = 0
    expiries: int = 0
    claims: dict[str, Claim] = {}


class Span(msgspec.Struct, omit_defaults=True):
    """What happened to a supplier's limit between two ticks. `lawful`: use that may grow beyond the limit."""

    change: int = 0
    lawful: int = 0
    limits: list[int] = []
    event_id: str = ""
    known_at: dt.datetime | None = None


class Limit(msgspec.Struct, omit_defaults=True):
    """A supplier's limit and what is in use of it, up to the last tick that all partitions have passed.

    spans: what followed, by the tick before it.
    """

    limit: int = 0
    used: int = 0
    spans: dict[str, Span] = {}


class Want(msgspec.Struct, omit_defaults=True):
    """A decision whose cause has not been read yet: any of these. `turn`: in which turn of reading it was noted."""

    any_of: list[str]
    text: str
    event_id: str
    known_at: dt.datetime
    turn: int = 0


class Book(msgspec.Struct, omit_defaults=True):
    """All about one subject. unsure: something is missing here, so nothing that follows can be judged."""

    trails: dict[str, Trail] = {}
    unsure: bool = False
    given: set[str] = set()
    wanted: list[Want] = []
    money: Money | None = None
    life: Life | None = None
    cover: Cover | None = None
    limit: Limit | None = None

    @property
    def waits(self) -> bool:
        """Whether something here is still to be judged."""
        return bool(self.wanted) or (self.limit is not None and bool(self.limit.spans))
