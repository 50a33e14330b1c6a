"""Sends what is pending: one instance of the service at a time, each subject of a subscription in order.

It writes no state. What became of an attempt is reported to the log; the consumer moves the delivery on. Between
sending and reporting a crash makes it send again, with the same id: at least once, and known by its id.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Final

import httpx
import structlog

from silkway.messaging.database import DATABASE_ERRORS, connect
from silkway.messaging.personal import ERASED
from silkway.messaging.personal.vault import Vault
from silkway.messaging.storage import Connection
from silkway.messaging.traces import OFF, Traces
from silkway.notify.channels import email, metrics, store, webhook
from silkway.notify.channels.exits import Exits
from silkway.notify.channels.guard import Guard
from silkway.notify.channels.outcome import Outcome, words
from silkway.notify.channels.queue import Ledger
from silkway.notify.channels.reports import Reports
from silkway.notify.channels.secrets import Secrets, before
from silkway.notify.channels.store import Item
from silkway.notify.channels.texts import lines_of, subject_of, zone_of
from silkway.notify.channels.under_way import Key, UnderWay
from silkway.notify.domain.delivery import Delivery, may_send_at
from silkway.notify.domain.subscription import Subscription
from silkway.notify.settings import ChannelSettings

POLL_S: Final = 0.5
TAKEOVER_S: Final = 0.5
IDLE_SESSION_TIMEOUT_MS: Final = 5_000
AT_ONCE: Final = 16
"""Deliveries to one subscription that are on their way at once; never two about one subject."""
HEADS_A_PLACE: Final = 20
"""Subjects to look at for each delivery that may be started."""
A_SUBJECT: Final = 20
REPLAYED_A_STEP: Final = 200
SECRET_OVERLAP: Final = dt.timedelta(hours=24)
"""For so long after a new secret, webhooks are signed with the old one too."""
_LOCK: Final = -7_000_002
_ERASED: Final = Outcome("GONE", None, "the address was erased")
_log = structlog.get_logger()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _trace_of(body: str) -> str | None:
    """The trace of a CloudEvent as JSON."""
    found: str | None = json.loads(body).get("traceparent")
    return found


class Sender:
    """The sender of one instance. It waits until the advisory lock is its own."""

    def __init__(
        self,
        database_url: str,
        name: str,
        reports: Reports,
        secrets: Secrets,
        settings: ChannelSettings,
        vault: Vault | None = None,
        now: Callable[[], dt.datetime] = _now,
        traces: Traces = OFF,
    ) -> None:
        self._url, self._name, self._reports, self._secrets = database_url, name, reports, secrets
        self._settings, self._now, self._exits, self._traces = settings, now, Exits(vault), traces
        self._client: httpx.AsyncClient | None = None
        self._connection: Connection | None = None
        self._ledger = Ledger(settings.retry_after_s)
        self._wake = asyncio.Event()
        self._under_way = UnderWay(ended=self._wake.set)
        self._after: dict[Key, str] = {}
        self._gathering: dict[Key, dt.datetime] = {}
        self._replayed: dict[Key, int] = {}
        self._serving: set[Key] = set()
        self.active = False

    async def run(self) -> None:
        """Send until cancelled. Outages are waited out."""
        self._client = webhook.new_client(self._settings.timeout_s, Guard(self._settings.networks))
        try:
            while True:
                try:
                    if not await self._has_lock():
                        await asyncio.sleep(TAKEOVER_S)
                    elif not await self._round():
                        self._wake.clear()
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(self._wake.wait(), POLL_S)
                except Exception as error:  # the database is away, or a fault of ours: others go on consuming
                    level = _log.warning if isinstance(error, DATABASE_ERRORS) else _log.error
                    level("sender interrupted", error=repr(error)[:300])
                    await self._let_go()
                    await asyncio.sleep(TAKEOVER_S)
        finally:
            await self._let_go()
            await self._client.aclose()

    # --- the lock ----------------------------------------------------------------------------------------

    async def _has_lock(self) -> bool:
        """The session ends by itself when it rests: a sender that was stopped cannot go on unnoticed."""
        if self._connection is None or self._connection.is_closed():
            await self._let_go()
            timeout = str(IDLE_SESSION_TIMEOUT_MS)
            self._connection = await connect(self._url, f"{self._name}-sender", idle_session_timeout=timeout)
        if not self.active:
            self.active = bool(await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK))
            metrics.active.set(self.active)
            if self.active:
                _log.info("sender active")
        return self.active

    async def _let_go(self) -> None:
        self.active = False
        metrics.active.set(0)
        await self._under_way.stop()
        self._replayed.clear()
        self._ledger.clear()
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    # --- a round -----------------------------------------------------------------------------------------

    async def _round(self) -> bool:
        """Start what can be started; whether there may be more at once."""
        assert self._connection is not None
        self._ledger.forget()
        active = await store.waiting(self._connection)
        self._serving = {(one.tenant, one.subscription_id) for one in active}
        more = False
        for one in active:
            start = self._start_mail if one.channel == "EMAIL" else self._start_webhooks
            more |= await start(one)
        for one in await store.replaying(self._connection):
            self._replay(one)
        return more

    async def _start_webhooks(self, one: Subscription) -> bool:
        """Start work on subjects that are ready; whether there are subjects that were not looked at."""
        assert self._connection is not None
        key = (one.tenant, one.subscription_id)
        busy = self._under_way.subjects(key)
        room = min(self._ledger.room(one, AT_ONCE) - len(busy), self._under_way.room(one.tenant))
        if room <= 0:
            return False
        limit = HEADS_A_PLACE * room
        heads = await store.heads(self._connection, one, self._after.get(key, ""), limit)
        now, quiet = self._now(), self._is_quiet(one)
        ready = [
            head.subject
            for head in heads
            if head.subject not in busy
            and (quiet or self._ledger.is_taken(head) or self._ledger.due(one, head, now))
        ]
        chosen = ready[:room]
        looked_at_all = len(heads) < limit and len(chosen) == len(ready)
        self._after[key] = "" if looked_at_all else (chosen or [head.subject for head in heads] or [""])[-1]
        if chosen:
            items = await store.queue(self._connection, one, chosen, A_SUBJECT)
            for subject in chosen:
                about = self._sendable(one, [item for item in items if item.delivery.subject == subject])
                if about:
                    self._under_way.start(key, subject, self._send_webhooks(one, about))
        return not looked_at_all and len(chosen) < room

    def _sendable(self, one: Subscription, items: Sequence[Item]) -> list[Item]:
        """What of one subject can go out now, in order: it ends before the first that has to wait."""
        now, quiet = self._now(), self._is_quiet(one)
        found: list[Item] = []
        for item in items:
            delivery = item.delivery
            if self._ledger.is_taken(delivery):
                continue
            if quiet and delivery.severity != "CRITICAL":
                continue  # in quiet hours what is critical overtakes the rest
            if self._ledger.is_over(delivery) or not self._ledger.due(one, delivery, now):
                break
            found.append(item)
        return found

    def _is_quiet(self, one: Subscription) -> bool:
        now = self._now()
        return may_send_at(now, one.quiet_from, one.quiet_until, zone_of(one.time_zone)) > now

    # --- sending -----------------------------------------------------------------------------------------

    async def _send_webhooks(self, one: Subscription, items: Sequence[Item]) -> None:
        """Deliveries about one subject, one after another; a failure ends it."""
        assert self._client is not None
        address = await self._exits.text(one.tenant, one.address)
        secrets = [self._secrets.of(one.tenant, one.subscription_id, ref) for ref in self._refs(one)]
        for item in items:
            delivery = item.delivery
            if not self.active or (one.tenant, one.subscription_id) not in self._serving:
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

    async def _start_mail(self, one: Subscription) -> bool:
        """One e-mail with all that can go to a subscription, once it has gathered for long enough."""
        assert self._connection is not None
        key = (one.tenant, one.subscription_id)
        room = min(self._ledger.room(one, 1), self._under_way.room(one.tenant))
        if self._under_way.subjects(key) or room <= 0:
            return False
        heads = await store.heads(self._connection, one, "", 2 * email.MOST_NOTICES)
        items = await store.queue(self._connection, one, [head.subject for head in heads], email.MOST_NOTICES)
        by_subject: dict[str, list[Item]] = {}
        for item in items:
            by_subject.setdefault(item.delivery.subject, []).append(item)
        ready = [item for about in by_subject.values() for item in self._sendable(one, about)]
        if not ready:
            return False
        since = self._gathering.setdefault(key, self._now())
        if self._now() - since < dt.timedelta(minutes=one.bundle_minutes):
            return False
        self._gathering.pop(key, None)
        ready.sort(key=lambda item: (item.delivery.known_at, item.delivery.subject, item.delivery.position))
        self._under_way.start(key, "", self._send_mail(one, ready[: email.MOST_NOTICES]))
        return False

    async def _send_mail(self, one: Subscription, items: Sequence[Item]) -> None:
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

    # --- replays -----------------------------------------------------------------------------------------

    def _replay(self, one: Subscription) -> None:
        """Start to queue again what a replay asks for; until that is done, nothing else goes to the subscription."""
        key = (one.tenant, one.subscription_id)
        if not self._under_way.subjects(key) and self._replayed.get(key) != one.replays:
            self._under_way.start(key, "", self._queue_again(one))

    async def _queue_again(self, one: Subscription) -> None:
        connection = await connect(self._url, f"{self._name}-replay")
        try:
            after = ("", -1, "")
            while self.active:
                found = await store.replay(connection, one, after, REPLAYED_A_STEP)
                last = len(found) < REPLAYED_A_STEP
                await self._reports.replay(one, [row[2] for row in found], self._now(), last=last)
                if last:
                    self._replayed[one.tenant, one.subscription_id] = one.replays
                    return
                after = found[-1]
        finally:
            await connection.close()
