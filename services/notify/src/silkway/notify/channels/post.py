"""Sends deliveries by their channel, and reports what became of each attempt to the log."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Final

import httpx

from silkway.messaging.personal import ERASED
from silkway.messaging.traces import Traces
from silkway.notify.channels import email, metrics, webhook
from silkway.notify.channels.exits import Exits
from silkway.notify.channels.guard import Guard
from silkway.notify.channels.outcome import Outcome, words
from silkway.notify.channels.queue import Ledger
from silkway.notify.channels.reports import Reports
from silkway.notify.channels.secrets import Secrets, before
from silkway.notify.channels.store import Item
from silkway.notify.channels.texts import lines_of, subject_of
from silkway.notify.domain.delivery import Delivery
from silkway.notify.domain.subscription import Subscription
from silkway.notify.settings import ChannelSettings

SECRET_OVERLAP: Final = dt.timedelta(hours=24)
"""For so long after a new secret, webhooks are signed with the old one too."""
_ERASED: Final = Outcome("GONE", None, "the address was erased")


def _trace_of(body: str) -> str | None:
    """The trace of a CloudEvent as JSON."""
    found: str | None = json.loads(body).get("traceparent")
    return found


class Post:
    """What leaves the house. `serves`: whether anything may still go to a subscription, asked before each delivery."""

    def __init__(
        self,
        reports: Reports,
        secrets: Secrets,
        settings: ChannelSettings,
        ledger: Ledger,
        exits: Exits,
        now: Callable[[], dt.datetime],
        traces: Traces,
        serves: Callable[[Subscription], bool],
    ) -> None:
        self._reports, self._secrets, self._settings = reports, secrets, settings
        self._ledger, self._exits, self._now, self._traces = ledger, exits, now, traces
        self._serves = serves
        self._client: httpx.AsyncClient = webhook.new_client(settings.timeout_s, Guard(settings.networks))

    async def close(self) -> None:
        """End all connections."""
        await self._client.aclose()

    async def webhooks(self, one: Subscription, items: Sequence[Item]) -> None:
        """Deliveries about one subject, one after another; a failure ends it."""
        address = await self._exits.text(one.tenant, one.address)
        secrets = [self._secrets.of(one.tenant, one.subscription_id, ref) for ref in self._refs(one)]
        for item in items:
            delivery = item.delivery
            if not self._serves(one):
                return
            body, outcome = await self._exits.body(one.tenant, item.body), _ERASED
            sent_at = int(self._now().timestamp())
            if address != ERASED:
                traceparent = _trace_of(body) if self._traces.on else None
                told = {"silkway.delivery": delivery.delivery_id, "silkway.attempt": delivery.attempts + 1}
                with (
                    metrics.seconds.labels(one.channel).time(),
                    self._traces.span("webhook", traceparent, **told),
                ):
                    outcome = await webhook.call(
                        self._client,
                        address,
                        delivery.delivery_id,
                        body,
                        secrets,
                        sent_at,
                        self._settings.networks,
                    )
            await self._report(one, delivery, outcome)
            if outcome.outcome != "DELIVERED":
                return

    def _refs(self, one: Subscription) -> list[str]:
        old = before(one.secret_ref)
        if old is not None and self._now() - one.secret_since < SECRET_OVERLAP:
            return [one.secret_ref, old]
        return [one.secret_ref]

    async def mail(self, one: Subscription, items: Sequence[Item]) -> None:
        """All of these deliveries in one e-mail."""
        server, address = self._settings.mail, await self._exits.text(one.tenant, one.address)
        if address == ERASED:
            outcome = _ERASED
        elif server is None:
            outcome = Outcome("FAILED", None, "no mail server is set: NOTIFY_SMTP_URL")
        else:
            lines = [
                line._replace(text=await self._exits.text(one.tenant, line.text))
                for line in lines_of(one, items)
            ]
            subject = subject_of(one, lines)
            try:
                message = email.written(lines, server, address, one.language, subject, self._now())
            except ValueError as error:
                outcome = Outcome("GONE", None, words(f"no e-mail address: {error}"))
            else:
                with metrics.seconds.labels(one.channel).time():
                    outcome = await email.hand_in(message, server, self._settings.timeout_s)
        for item in items:
            await self._report(one, item.delivery, outcome)

    async def _report(self, one: Subscription, delivery: Delivery, outcome: Outcome) -> None:
        now, delivery = self._now(), self._ledger.attempts(delivery)
        retry_at = self._ledger.retry_at(one, delivery, outcome, now)
        metrics.deliveries.labels(one.channel, outcome.outcome).inc()
        await self._reports.attempt(delivery, outcome, retry_at, now)
        self._ledger.tell(delivery, outcome, retry_at)
