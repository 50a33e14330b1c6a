"""Sends what is pending: one instance of the service at a time, each subject of a subscription in order.

It writes no state. What became of an attempt is reported to the log; the consumer moves the delivery on. Between
sending and reporting a crash makes it send again, with the same id: at least once, and known by its id.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import structlog

from silkway.messaging.database import DATABASE_ERRORS, connect
from silkway.messaging.personal.vault import Vault
from silkway.messaging.storage import Connection
from silkway.messaging.traces import OFF, Traces
from silkway.notify.channels import email, metrics, store
from silkway.notify.channels.exits import Exits
from silkway.notify.channels.post import Post
from silkway.notify.channels.queue import Ledger
from silkway.notify.channels.reports import Reports
from silkway.notify.channels.secrets import Secrets
from silkway.notify.channels.store import Item
from silkway.notify.channels.texts import zone_of
from silkway.notify.channels.under_way import Key, UnderWay
from silkway.notify.domain.delivery import may_send_at
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
REPLAYS_AT_ONCE: Final = 4
"""Each has a connection to the database of its own."""
_LOCK: Final = -7_000_002
_log = structlog.get_logger()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _key(one: Subscription) -> Key:
    return one.tenant, one.subscription_id


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
        self._url, self._name, self._reports, self._now = database_url, name, reports, now
        self._ledger = Ledger(settings.retry_after_s)
        self._post = Post(reports, secrets, settings, self._ledger, Exits(vault), now, traces, self._serves)
        self._connection: Connection | None = None
        self._wake = asyncio.Event()
        self._under_way = UnderWay(ended=self._wake.set)
        self._after: dict[Key, str] = {}
        self._gathering: dict[Key, dt.datetime] = {}
        self._replayed: dict[Key, int] = {}
        self._replaying = asyncio.Semaphore(REPLAYS_AT_ONCE)
        self._serving: set[Key] = set()
        self._last: Key = ("", "")
        self.active = False

    async def run(self) -> None:
        """Send until cancelled. Outages are waited out."""
        more: AbstractSet[Key] = frozenset()
        try:
            while True:
                try:
                    if not await self._has_lock():
                        await asyncio.sleep(TAKEOVER_S)
                        continue
                    self._wake.clear()  # before looking: what ends meanwhile makes room that was not seen
                    more = await self._round(more)
                    if not more:
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(self._wake.wait(), POLL_S)
                except Exception as error:  # the database is away, or a fault of ours: others go on consuming
                    level = _log.warning if isinstance(error, DATABASE_ERRORS) else _log.error
                    level("sender interrupted", error=repr(error)[:300])
                    await self._let_go()
                    await asyncio.sleep(TAKEOVER_S)
        finally:
            await self._let_go()
            await self._post.close()

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

    def _serves(self, one: Subscription) -> bool:
        """Whether anything may still go to it: it may be paused, and another instance may send."""
        return self.active and _key(one) in self._serving

    # --- a round -----------------------------------------------------------------------------------------

    async def _round(self, only: AbstractSet[Key]) -> AbstractSet[Key]:
        """Start what can be started: at all subscriptions, or `only` at those at which not all was looked at.

        Returns these of this round. They alone are asked again at once: all together would never come to rest, where
        two of them always end at different times.
        """
        assert self._connection is not None
        self._ledger.forget()
        active = await store.waiting(self._connection)
        self._serving = {_key(one) for one in active}
        more = set()
        for one in self._in_turn(active):
            if not only or _key(one) in only:
                start = self._start_mail if one.channel == "EMAIL" else self._start_webhooks
                if await start(one):
                    more.add(_key(one))
        if not only:
            for one in await store.replaying(self._connection):
                self._replay(one)
        return more

    def _in_turn(self, active: Sequence[Subscription]) -> Iterator[Subscription]:
        """From behind the one that was served last, so that no place goes to the same few for ever."""
        last = self._last
        yield from (one for one in active if _key(one) > last)
        yield from (one for one in active if _key(one) <= last)

    async def _start_webhooks(self, one: Subscription) -> bool:
        """Start work on subjects that are ready; whether there are subjects that were not looked at."""
        assert self._connection is not None
        key = _key(one)
        busy = self._under_way.subjects(key)
        room = min(self._ledger.room(one, AT_ONCE) - len(busy), self._under_way.room(one.tenant))
        if room <= 0:
            return False
        limit, quiet = HEADS_A_PLACE * room, self._is_quiet(one)
        heads = await store.heads(self._connection, one, self._after.get(key, ""), limit, quiet=quiet)
        now = self._now()
        ready = [
            head.subject
            for head in heads
            if head.subject not in busy and (self._ledger.is_taken(head) or self._ledger.due(one, head, now))
        ]
        chosen = ready[:room]
        looked_at_all = len(heads) < limit and len(chosen) == len(ready)
        self._after[key] = "" if looked_at_all else (chosen or [head.subject for head in heads] or [""])[-1]
        if chosen:
            items = await store.queue(self._connection, one, chosen, A_SUBJECT, quiet=quiet)
            for subject in chosen:
                about = self._sendable(one, [item for item in items if item.delivery.subject == subject])
                if about:
                    self._last = key
                    self._under_way.start(key, subject, self._post.webhooks(one, about), counted=True)
        return not looked_at_all and len(chosen) < room

    def _sendable(self, one: Subscription, items: Sequence[Item]) -> list[Item]:
        """What of one subject can go out now, in order: it ends before the first that has to wait."""
        now = self._now()
        found: list[Item] = []
        for item in items:
            if self._ledger.is_taken(item.delivery):
                continue
            if self._ledger.is_over(item.delivery) or not self._ledger.due(one, item.delivery, now):
                break
            found.append(item)
        return found

    def _is_quiet(self, one: Subscription) -> bool:
        """Whether only what is critical goes out now: it overtakes the rest."""
        now = self._now()
        return may_send_at(now, one.quiet_from, one.quiet_until, zone_of(one.time_zone)) > now

    async def _start_mail(self, one: Subscription) -> bool:
        """One e-mail with all that can go to a subscription, once it has gathered for long enough."""
        assert self._connection is not None
        key = _key(one)
        if self._under_way.subjects(key) or self._ledger.room(one, 1) <= 0:
            return False
        most, quiet = email.MOST_NOTICES, self._is_quiet(one)
        heads = await store.heads(self._connection, one, "", 2 * most, quiet=quiet)
        subjects = [head.subject for head in heads]
        items = await store.queue(self._connection, one, subjects, most, quiet=quiet)
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
        self._under_way.start(key, "", self._post.mail(one, ready[:most]))
        return False

    # --- replays -----------------------------------------------------------------------------------------

    def _replay(self, one: Subscription) -> None:
        """Start to queue again what a replay asks for; until that is done, nothing else goes to the subscription."""
        key = _key(one)
        if not self._under_way.subjects(key) and self._replayed.get(key) != one.replays:
            self._under_way.start(key, "", self._queue_again(one))

    async def _queue_again(self, one: Subscription) -> None:
        async with self._replaying:
            connection = await connect(self._url, f"{self._name}-replay")
            try:
                after = ("", -1, "")
                while self.active:
                    found = await store.replay(connection, one, after, REPLAYED_A_STEP)
                    last = len(found) < REPLAYED_A_STEP
                    await self._reports.replay(one, [row[2] for row in found], self._now(), last=last)
                    if last:
                        self._replayed[_key(one)] = one.replays
                        return
                    after = found[-1]
            finally:
                await connection.close()
