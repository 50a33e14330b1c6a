"""What the sender knows of deliveries that the database does not show yet, and when each may be sent."""

from __future__ import annotations

import datetime as dt
import time
from collections import OrderedDict
from typing import NamedTuple

from msgspec.structs import replace

from silkway.notify.channels.outcome import Outcome
from silkway.notify.domain.delivery import Delivery, retry_after_s, since_resumed
from silkway.notify.domain.subscription import Subscription

REMEMBERED_S = 300.0
"""For so long a report may be on its way. Then what it told is taken from the database again: at worst a
delivery is sent once more, with its id."""
PROBING_FROM = 10
"""After so many failures in a row an address is asked by one delivery at a time."""
PROBE_EVERY_S = 5.0


class _Told(NamedTuple):
    attempt: int
    outcome: Outcome
    retry_at: dt.datetime | None
    at_s: float


class Ledger:
    """Attempts that were reported and not applied yet, by delivery, and how each address answers."""

    def __init__(self, schedule: tuple[float, ...]) -> None:
        self._schedule = schedule
        self._told: OrderedDict[tuple[str, str], _Told] = OrderedDict()
        self._failures: dict[tuple[str, str], tuple[int, float]] = {}

    def retry_at(
        self, one: Subscription, delivery: Delivery, outcome: Outcome, now: dt.datetime
    ) -> dt.datetime | None:
        """When an attempt that failed is repeated; None if it is not."""
        if outcome.outcome != "FAILED":
            return None
        tries = since_resumed(delivery, one).tries + 1
        pause_s = retry_after_s(tries, self._schedule, delivery.delivery_id)
        return None if pause_s is None else now + dt.timedelta(seconds=max(pause_s, outcome.wait_s))

    def tell(self, delivery: Delivery, outcome: Outcome, retry_at: dt.datetime | None) -> None:
        """Remember what was reported."""
        told = _Told(delivery.attempts + 1, outcome, retry_at, time.monotonic())
        self._told[delivery.tenant, delivery.delivery_id] = told
        address = (delivery.tenant, delivery.subscription_id)
        if outcome.outcome == "DELIVERED":
            self._failures.pop(address, None)
        else:
            failures, _ = self._failures.get(address, (0, 0.0))
            self._failures[address] = failures + 1, time.monotonic()

    def is_over(self, delivery: Delivery) -> bool:
        """Whether a delivery that the database shows as pending was taken already, or given up."""
        told = self._of(delivery)
        return told is not None and (told.outcome.outcome != "FAILED" or told.retry_at is None)

    def is_taken(self, delivery: Delivery) -> bool:
        """Whether what comes behind it may go out: it was taken."""
        told = self._of(delivery)
        return told is not None and told.outcome.outcome == "DELIVERED"

    def due(self, one: Subscription, delivery: Delivery, now: dt.datetime) -> bool:
        """Whether a pending delivery may be tried now."""
        told = self._of(delivery)
        if told is not None:
            return told.retry_at is not None and told.retry_at <= now
        retry_at = since_resumed(delivery, one).retry_at
        return retry_at is None or retry_at <= now

    def attempts(self, delivery: Delivery) -> Delivery:
        """The delivery with the attempts that are reported and not applied yet."""
        told = self._of(delivery)
        if told is None:
            return delivery
        ahead = told.attempt - delivery.attempts
        return replace(delivery, attempts=told.attempt, tries=delivery.tries + ahead, retry_at=told.retry_at)

    def room(self, one: Subscription, most: int) -> int:
        """How many deliveries to an address may be on their way at once, 0 for now if it failed just now."""
        failures, at_s = self._failures.get((one.tenant, one.subscription_id), (0, 0.0))
        if failures < PROBING_FROM:
            return most
        pause_s = min(PROBE_EVERY_S, self._schedule[0]) if self._schedule else PROBE_EVERY_S
        return 1 if time.monotonic() - at_s >= pause_s else 0

    def forget(self) -> None:
        """Drop what is older than `REMEMBERED_S`."""
        oldest_s = time.monotonic() - REMEMBERED_S
        while self._told and next(iter(self._told.values())).at_s < oldest_s:
            self._told.popitem(last=False)

    def clear(self) -> None:
        """Forget all: another instance has sent meanwhile."""
        self._told.clear()
        self._failures.clear()

    def _of(self, delivery: Delivery) -> _Told | None:
        told = self._told.get((delivery.tenant, delivery.delivery_id))
        return told if told is not None and told.attempt > delivery.attempts else None
