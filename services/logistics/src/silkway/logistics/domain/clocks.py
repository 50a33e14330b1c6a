"""The clocks of a shipment: its silence, and what its carrier promised about it as a whole."""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts.fields import Promise
from silkway.logistics.domain import news
from silkway.logistics.domain.promise import judge, to_tell
from silkway.logistics.domain.rules import Rules
from silkway.logistics.domain.state import PromiseClock, Shipment
from silkway.logistics.domain.way import Way

Told = tuple[Shipment, list[news.Anything]]


def deadline(shipment: Shipment) -> dt.datetime | None:
    """When the next of its clocks falls due."""
    wakes = [clock.wake_at for clock in shipment.clocks if clock.wake_at is not None]
    if shipment.hear_by is not None:
        wakes.append(shipment.hear_by)
    return min(wakes, default=None)


def keep_watch(rules: Rules, shipment: Shipment, way: Way, now: dt.datetime) -> Told:
    """Until when it must be heard of again. A silent one tells that it was heard of.

    Before its planned start nobody expects to hear of it; one that has arrived or is closed is missed no more.
    """
    told: list[news.Anything] = []
    if shipment.silent:
        shipment, told = replace(shipment, silent=False), [news.Heard(now)]
    unmissed = not shipment.watched or shipment.state in ("DELIVERED", "CLOSED")
    hours = None if unmissed else rules.silence.hours(shipment.mode, shipment.lane, shipment.state)
    if hours is None:
        return (shipment if shipment.hear_by is None else replace(shipment, hear_by=None)), told
    since = shipment.heard_at
    if shipment.state == "BOOKED":
        since = max(since, _start(way) or since)
    return replace(shipment, hear_by=since + dt.timedelta(hours=hours)), told


def _start(way: Way) -> dt.datetime | None:
    """When it is to set out: of each step that tells it what is estimated, else what is planned; the first of them."""
    starts: dict[tuple[int, int, str], dt.datetime] = {}
    for milestone in way.milestones.values():
        if milestone.classifier != "ACTUAL" and milestone.kind in ("COLLECTED", "DEPARTED"):
            step = milestone.leg, milestone.call, milestone.kind
            if milestone.classifier == "ESTIMATED" or step not in starts:
                starts[step] = milestone.occurred_at
    return min(starts.values(), default=None)


def look_at_promises(rules: Rules, shipment: Shipment, now: dt.datetime) -> Told:
    """Its clocks as they stand now, and what became of them. Promises that nobody asks for cost nothing."""
    if not shipment.promises or shipment.promises == "ON_TIME":
        return shipment, []
    told: list[news.Anything] = []
    clocks = []
    known = {(clock.promise, clock.inquiry_id): clock for clock in shipment.clocks}
    for promise, inquiry_id, due_at, kept_at in _obligations(rules, shipment):
        before = known.get((promise, inquiry_id)) or PromiseClock(
            shipment.tenant, shipment.shipment_id, promise, inquiry_id, None, "OPEN", now, None
        )
        looked_at = max(now, before.judged_at)
        if due_at is None or shipment.state == "CLOSED":
            clocks.append(replace(before, due_at=None, status="OPEN", wake_at=None))
            continue
        expected_late = (
            promise == "FIVE_DAY_LINE" and shipment.eta_at is not None and shipment.eta_at > due_at
        )
        kept = None if kept_at is None else kept_at <= due_at
        lead = rules.promises.lead(promise)
        status, wake_at = judge(looked_at, due_at, lead, kept=kept, late=expected_late)
        clocks.append(replace(before, due_at=due_at, status=status, judged_at=looked_at, wake_at=wake_at))
        if to_tell(before.status, status):
            told.append(news.Promised(now, promise, status, due_at, inquiry_id or None))
    return replace(shipment, clocks=tuple(sorted(clocks, key=lambda c: (c.promise, c.inquiry_id)))), told


Obligation = tuple[Promise, str, dt.datetime | None, dt.datetime | None]
"""Promise, inquiry, until when (None: the clock has not started), when it was done."""


def _obligations(rules: Rules, shipment: Shipment) -> list[Obligation]:
    promised = shipment.promises.split()
    found: list[Obligation] = []
    if "FIVE_DAY_LINE" in promised:
        started = shipment.dispatched_at
        due_at = None if started is None else started + rules.promises.period("FIVE_DAY_LINE")
        found.append(("FIVE_DAY_LINE", "", due_at, shipment.delivered_at))
    if "ANSWER_24H" in promised:
        for inquiry in shipment.inquiries:
            asked = inquiry.raised_at
            due_at = None if asked is None else asked + rules.promises.period("ANSWER_24H")
            found.append(("ANSWER_24H", inquiry.inquiry_id, due_at, inquiry.answered_at))
    return found


def fall_due(rules: Rules, shipment: Shipment, way: Way, cause_reference: str, at: dt.datetime) -> Told:
    """The clocks that have come due by `at`."""
    told: list[news.Anything] = []
    if shipment.hear_by is not None and shipment.hear_by <= at:
        hours = rules.silence.hours(shipment.mode, shipment.lane, shipment.state) or 1
        last = None if way.furthest is None else way.furthest.kind
        told.append(news.Silent(at, last, shipment.heard_at, hours, cause_reference))
        shipment = replace(shipment, silent=True, hear_by=None)
    shipment, promised = look_at_promises(rules, shipment, at)
    return shipment, [*told, *promised]
