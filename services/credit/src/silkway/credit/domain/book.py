"""What one event does to an order's cover and to its supplier, as the rules write it down step by step."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from silkway.contracts import Event
from silkway.credit.domain.ledger import ClaimStep, Row
from silkway.credit.domain.moves import CLAIM_MOVES, COVER_MOVES, check
from silkway.credit.domain.rules import Rules
from silkway.credit.domain.state import Claim, Currency, Emission, Order, Supplier
from silkway.credit.domain.supplier import Assessed


class Denied(Exception):
    """A request that can never be granted: which field, why, and what the sender can do."""

    def __init__(self, field: str, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.field, self.reason, self.remedy = field, reason, remedy


class TooEarly(Exception):
    """A fact that came before what it builds on."""

    def __init__(self, wants: str) -> None:
        super().__init__(wants)
        self.wants = wants


class NoSupplier(LookupError):
    """A rule needs a supplier that is not registered yet, or was not named."""


@dataclass
class Book:
    """The states before an event and, once its rules have written, after it.

    A rule changes `order` and `supplier` by putting another struct in their place, and adds events and rows.
    """

    rules: Rules
    order: Order
    known: Supplier | None
    currency: Currency | None = None
    event_id: str | None = None
    events: list[Emission] = field(default_factory=list)
    about_supplier: list[Emission] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def supplier(self) -> Supplier:
        """The supplier, for rules that cannot do without."""
        if self.known is None:
            raise NoSupplier(f"supplier {self.order.supplier_id} is not registered, or was not named")
        return self.known

    def change(self, **fields: Any) -> None:
        """Change the order."""
        check(COVER_MOVES, self.order.state, fields.get("state", self.order.state))
        self.order = replace(self.order, **fields)

    def tell(self, event: Event, known_at: dt.datetime) -> None:
        """An event about the order follows."""
        self.events.append((event, known_at))

    def claim(self, claim_id: str) -> Claim | None:
        return next((claim for claim in self.order.claims if claim.claim_id == claim_id), None)

    def put_claim(self, claim: Claim) -> None:
        """Add the claim or put it in place of its former state."""
        before = self.claim(claim.claim_id)
        check(CLAIM_MOVES, before.state if before is not None else "", claim.state)
        others = [known for known in self.order.claims if known.claim_id != claim.claim_id]
        self.change(claims=tuple(sorted([*others, claim], key=lambda known: known.claim_id)))

    def step(self, claim: Claim, step: str, by: str, known_at: dt.datetime, text: str | None = None) -> None:
        """Keep the claim as it is after a step, and the step in its history."""
        claim = replace(claim, steps=claim.steps + 1)
        self.put_claim(claim)
        row = ClaimStep(claim.tenant, claim.order_id, claim.claim_id, claim.steps, step, by, text, known_at)
        self.rows.append(row)

    def take(self, assessed: Assessed) -> None:
        """The supplier was assessed anew."""
        self.known = assessed.supplier
        self.rows += assessed.rows
        self.about_supplier += assessed.events
