"""The sender's facts: what became of attempts, and the steps of replays. They go onto the log like anybody's."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import structlog

from silkway.contracts import DeliveryReported, Envelope, Event, ReplayAdvanced
from silkway.messaging.http import Problem, Publisher
from silkway.messaging.http.personal import sealed_event
from silkway.messaging.http.writes import uuid7
from silkway.messaging.personal.vault import Vault
from silkway.notify.channels.outcome import Outcome
from silkway.notify.domain.delivery import Delivery
from silkway.notify.domain.subscription import Subscription

SOURCE = "/silkway/notify/sender"
_PAUSES_S = (0.2, 1.0, 5.0)
_log = structlog.get_logger()


class Reports:
    """Publishes to trade.notices, for as long as it takes. What the other side said may name people: it is sealed."""

    def __init__(self, publisher: Publisher, vault: Vault | None = None) -> None:
        self._publisher, self._vault = publisher, vault

    async def attempt(
        self, delivery: Delivery, outcome: Outcome, retry_at: dt.datetime | None, now: dt.datetime
    ) -> None:
        """Tell what became of the next attempt of a delivery."""
        await self._publish(
            delivery.tenant,
            DeliveryReported(
                subscription_id=delivery.subscription_id,
                delivery_id=delivery.delivery_id,
                attempt=delivery.attempts + 1,
                outcome=outcome.outcome,
                status=outcome.status,
                detail=outcome.detail,
                retry_at=retry_at,
                reported_at=now,
            ),
            now,
        )

    async def replay(
        self, one: Subscription, delivery_ids: Sequence[str], now: dt.datetime, *, last: bool
    ) -> None:
        """Tell which deliveries the open replay of a subscription has come to."""
        step = ReplayAdvanced(
            subscription_id=one.subscription_id,
            replay=one.replays,
            delivery_ids=tuple(delivery_ids),
            last=last,
            advanced_at=now,
        )
        await self._publish(one.tenant, step, now)

    async def _publish(self, tenant: str, event: Event, now: dt.datetime) -> None:
        envelope = Envelope.of(event, tenant=tenant, source=SOURCE, id=str(uuid7()), time=now)
        tries = 0
        while True:
            try:
                sealed = await sealed_event(self._vault, envelope, event)
                await self._publisher.publish(envelope, sealed)
                return
            except Problem as problem:
                _log.warning("report not published yet", problem=str(problem)[:200])
                await asyncio.sleep(_PAUSES_S[min(tries, len(_PAUSES_S) - 1)])
                tries += 1
