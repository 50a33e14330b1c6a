"""Two people for another limit than the rules give: one proposes it for a time, another approves it."""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts import OverrideApproved, OverrideProposed
from silkway.credit.domain.book import Denied
from silkway.credit.domain.rules import Rules
from silkway.credit.domain.state import Override, Supplier, utc

_MOST_CHARS = 500
"""So long a reason of a limit may be."""


def override_key(event: OverrideProposed | OverrideApproved) -> str:
    """Under which an override is kept."""
    return f"{event.supplier_id}|{event.override_id}"


def propose(
    rules: Rules, tenant: str, known: Override | None, proposed: OverrideProposed, known_at: dt.datetime
) -> Override:
    """Keep a proposal. Raises Denied for one that was made before, is beyond the cap or over already."""
    if known is not None:
        raise Denied("override_id", "it was proposed before", "give each proposal an id of its own")
    cap_minor = rules.limit_at(known_at).cap_minor
    if proposed.limit_minor > cap_minor:
        raise Denied("limit_minor", f"no supplier has more than {cap_minor}", "propose at most that")
    if proposed.until <= known_at:
        raise Denied("until", "that time is over", "propose it for a time to come")
    return Override(
        tenant=tenant, override_key=override_key(proposed), supplier_id=proposed.supplier_id,
        override_id=proposed.override_id, limit_minor=proposed.limit_minor, until=utc(proposed.until),
        reason=proposed.reason, proposed_by=proposed.by, proposed_at=utc(proposed.proposed_at),
    )  # fmt: skip


def approve(
    supplier: Supplier, override: Override, approved: OverrideApproved, known_at: dt.datetime
) -> tuple[Override, Supplier]:
    """It is the limit from now on, in place of an earlier one. Raises Denied for its proposer, and where it is late."""
    if override.approved_by is not None:
        raise Denied("override_id", f"{override.approved_by} has approved it", "see the supplier's limit")
    if approved.by == override.proposed_by:
        raise Denied("by", f"{approved.by} has proposed it", "let somebody else approve it")
    if override.until <= known_at:
        raise Denied("override_id", "its time is over", "propose a new one")
    override = replace(override, approved_by=approved.by, approved_at=utc(approved.approved_at))
    # The reason first: what is cut off at the end of a long one is no part of it, nor of the seal that stands for it.
    text = f"{override.reason} (set by {override.proposed_by} and {approved.by} until {override.until:%Y-%m-%d %H:%M})"
    supplier = replace(
        supplier, override_minor=override.limit_minor, override_until=override.until,
        override_text=text[:_MOST_CHARS],
    )  # fmt: skip
    return override, supplier
