"""What is wrong with an order now: begun and ended by rules, each concern in at most one incident.

What has been begun and not ended is the same however the services' events interleave: the events that begin and
end one concern come from one service. While the order is over, only what outlives it keeps it in an incident.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from silkway.notify.domain.measures import Asked
from silkway.notify.domain.rules import Cause, Rule, Rules, filled
from silkway.notify.domain.state import Concern, OrderView
from silkway.notify.domain.view import is_over

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._]+")


class Cited(NamedTuple):
    """The one cause of an incident: its kind and what it refers to."""

    cause: str
    reference: str

    @property
    def incident_id(self) -> str:
        """Id of the incident: readable, and apart from all others by its last eight digits."""
        exact = hashlib.sha256(f"{self.cause}\n{self.reference}".encode()).hexdigest()[:8]
        plain = _NOT_PLAIN.sub("-", self.reference).strip("-")[: 64 - len(self.cause) - 10]
        return f"{self.cause}-{plain}-{exact}"


class Begun(NamedTuple):
    """What an event begins: for which cause, and in what scope."""

    cited: Cited
    scope: str


def begun(rule: Rule, asked: Asked) -> Begun | None:
    """What the event begins by this rule, by itself alone."""
    if rule.begins is None:
        return None
    reference = filled(rule.begins.reference, asked)
    scope = filled(rule.begins.scope, asked)
    if reference is None or scope is None:
        return None
    return Begun(Cited(rule.begins.cause, reference[:200]), scope)


def concern(view: OrderView, rules: Iterable[Rule], asked: Asked, known_at: dt.datetime) -> OrderView:
    """The view with the concerns that these rules begin and end."""
    concerns = {(known.cause, known.scope): known for known in view.concerns}
    before = dict(concerns)
    for rule in rules:
        for end in rule.ends:
            scope = None if end.scope is None else filled(end.scope, asked)
            for key, known in concerns.items():
                if known.cause == end.cause and (end.scope is None or known.scope == scope):
                    concerns[key] = replace(known, raised=False)
        if (new := begun(rule, asked)) is not None:
            concerns[new.cited.cause, new.scope] = _raised(
                view, new, concerns.get((new.cited.cause, new.scope)), known_at
            )
    if concerns == before:
        return view
    return replace(view, concerns=tuple(concerns[key] for key in sorted(concerns)))


def left(view: OrderView, rules: Rules, shipment_id: str) -> OrderView:
    """The view whose goods have all left a shipment for others: what is wrong with it concerns the order no more."""
    concerns = tuple(
        replace(known, raised=False)
        if known.cause in rules.of_shipments and _shipment_of(view, known.scope) == shipment_id
        else known
        for known in view.concerns
    )
    return view if concerns == view.concerns else replace(view, concerns=concerns)


def _shipment_of(view: OrderView, scope: str) -> str | None:
    """The shipment whose id the scope begins with; ids may hold slashes too, so of several the longest."""
    ids = [s.shipment_id for s in view.shipments if f"{scope}/".startswith(f"{s.shipment_id}/")]
    return max(ids, key=len, default=None)


def _raised(view: OrderView, new: Begun, known: Concern | None, known_at: dt.datetime) -> Concern:
    incident_id = new.cited.incident_id
    if known is None:
        return Concern(
            view.tenant, view.order_id, new.cited.cause, new.scope, new.cited.reference, incident_id,
            raised=True, number=0, since=known_at,
        )  # fmt: skip
    if known.incident_id == incident_id:
        return replace(known, raised=True)
    # Another cause than was thought: it leaves one incident for the other.
    return replace(known, raised=True, cause_reference=new.cited.reference, incident_id=incident_id, number=0)


def joined(view: OrderView | None) -> dict[str, int]:
    """The incidents that the order is in: id -> number."""
    return {} if view is None else {c.incident_id: c.number for c in view.concerns if c.number}


def wanted(view: OrderView, causes: Mapping[str, Cause]) -> dict[str, Cited]:
    """The incidents that the order should be in, by its concerns: by their ids."""
    over = is_over(view)
    return {
        known.incident_id: Cited(known.cause, known.cause_reference)
        for known in view.concerns
        if known.raised and not (over and known.cause in causes and not causes[known.cause].outlives_order)
    }


def numbered(view: OrderView, numbers: Mapping[str, int], rules: Rules) -> OrderView:
    """The view whose concerns know the incidents that they are in: id -> number."""
    within = wanted(view, rules.causes)
    concerns = tuple(
        replace(
            known, number=numbers[known.incident_id] if known.raised and known.incident_id in within else 0
        )
        for known in view.concerns
    )
    return view if concerns == view.concerns else replace(view, concerns=concerns)
