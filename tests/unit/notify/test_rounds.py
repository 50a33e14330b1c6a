"""Whom the sender serves next: everybody in turn, and then it rests."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, cast

import pytest
from msgspec.structs import replace

from silkway.notify.channels import store, under_way
from silkway.notify.channels.post import Post
from silkway.notify.channels.sender import AT_ONCE, Sender
from silkway.notify.channels.store import Item
from silkway.notify.domain.delivery import Delivery
from silkway.notify.domain.subscription import Subscription
from silkway.notify.settings import ChannelSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def subscription(name: str, tenant: str = "acme", **more: Any) -> Subscription:
    fields: dict[str, Any] = {
        "party": "OPERATIONS", "party_id": None, "channel": "WEBHOOK", "address": "https://silk.example/",
        "language": "en", "time_zone": "UTC", "quiet_from": None, "quiet_until": None, "min_severity": "INFO",
        "bundle_minutes": 0, "events": None, "secret_ref": "V1", "secret_since": NOON, "registered_at": NOON,
        "known_at": NOON, "state": "ACTIVE",
    }  # fmt: skip
    return Subscription(tenant=tenant, subscription_id=name, **fields | more)


class Backlog:
    """The tables in memory: by subscription what is pending, one delivery about each subject."""

    def __init__(self) -> None:
        self.subscriptions: list[Subscription] = []
        self.pending: defaultdict[str, dict[str, Delivery]] = defaultdict(dict)
        self.sent: Counter[str] = Counter()

    def add(self, one: Subscription, count: int, **more: Any) -> None:
        self.subscriptions.append(one)
        for number in range(count):
            subject = f"order/{number:04}"
            delivery = Delivery(
                tenant=one.tenant, delivery_id=f"{one.subscription_id}-{number}", message_id="M", type="t",
                subscription_id=one.subscription_id, subject=subject, position=1, severity="INFO", known_at=NOON,
            )  # fmt: skip
            self.pending[one.subscription_id][subject] = replace(delivery, **more)

    async def waiting(self, _: Any) -> list[Subscription]:
        return [one for one in self.subscriptions if self.pending[one.subscription_id]]

    async def replaying(self, _: Any) -> list[Subscription]:
        return []

    async def heads(
        self, _: Any, one: Subscription, after: str, limit: int, *, quiet: bool
    ) -> list[Delivery]:
        found = [(s, d) for s, d in sorted(self.pending[one.subscription_id].items()) if s > after]
        return [d for _, d in found if not quiet or d.severity == "CRITICAL"][:limit]

    async def queue(
        self, _: Any, one: Subscription, about: Sequence[str], limit: int, *, quiet: bool
    ) -> list[Item]:
        pending = self.pending[one.subscription_id]
        return [Item(pending[s], "{}", None, None, None, None, None) for s in about if s in pending]

    async def send(self, _: Post, one: Subscription, items: Sequence[Item]) -> None:
        await asyncio.sleep(0)
        self.sent[one.subscription_id] += 1
        for item in items:
            del self.pending[one.subscription_id][item.delivery.subject]


@pytest.fixture
def backlog(monkeypatch: pytest.MonkeyPatch) -> Backlog:
    found = Backlog()
    for name in ("waiting", "replaying", "heads", "queue"):
        monkeypatch.setattr(store, name, getattr(found, name))
    monkeypatch.setattr(Post, "webhooks", lambda *of: found.send(*of))
    monkeypatch.setattr(Post, "mail", lambda *of: found.send(*of))
    return found


def sender() -> Sender:
    made = Sender("", "notify", cast("Any", None), cast("Any", None), ChannelSettings(), now=lambda: NOON)
    made._connection, made.active = cast("Any", object()), True
    return made


async def rounds(of: Sender, count: int) -> None:
    """So many rounds, with time between them for what was started."""
    more: AbstractSet[tuple[str, str]] = frozenset()
    for _ in range(count):
        more = await of._round(more)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await of._under_way.stop()


async def test_all_subscriptions_of_a_tenant_are_served_in_turn(
    backlog: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given more subscriptions with a backlog than a tenant has places for, and an e-mail
    monkeypatch.setattr(under_way, "MOST_OF_A_TENANT", 3 * AT_ONCE)
    for name in "ABCDE":
        backlog.add(subscription(name), 4_000)
    backlog.add(subscription("mail", channel="EMAIL", address="ops@silk.example"), 10)

    # When the sender goes round
    await rounds(sender(), 20)

    # Then none is left out, and none has much more than its share
    assert backlog.sent["mail"] == 1
    webhooks = [backlog.sent[name] for name in "ABCDE"]
    assert min(webhooks) > max(webhooks) / 2 > 0


async def test_all_tenants_are_served_in_turn(backlog: Backlog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_way, "MOST", 2 * AT_ONCE)
    for name in "ABCDE":
        backlog.add(subscription(name, tenant=f"tenant-{name}"), 4_000)
    await rounds(sender(), 20)
    assert min(backlog.sent[name] for name in "ABCDE") > max(backlog.sent.values()) / 2 > 0


async def test_it_rests_when_all_that_is_pending_has_to_wait(
    backlog: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given two subscriptions of which a round looks at a part only, one of them amid its subjects already
    monkeypatch.setattr(under_way, "MOST_OF_A_TENANT", 1)
    later = NOON + dt.timedelta(hours=1)
    for name in "AB":
        backlog.add(subscription(name), 30, retry_at=later, tries=1, failing_since=NOON)
    busy = sender()
    busy._after["acme", "A"] = "order/0015"

    # Then both are looked at to the end, and that is it, until something ends or time has gone by
    more = await busy._round(frozenset())
    assert more == {("acme", "B")}
    assert await busy._round(more) == frozenset()
    assert not backlog.sent


async def test_in_quiet_hours_what_is_critical_goes_out_whatever_stands_before_it(backlog: Backlog) -> None:
    quiet = subscription("A", quiet_from="11:00", quiet_until="13:00")
    backlog.add(quiet, 1_000)
    last = max(backlog.pending["A"])
    backlog.pending["A"][last] = replace(backlog.pending["A"][last], severity="CRITICAL")
    await rounds(sender(), 2)
    assert last not in backlog.pending["A"]
    assert len(backlog.pending["A"]) == 999
