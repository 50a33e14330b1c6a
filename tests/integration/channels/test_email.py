"""Notices by e-mail: in the reader's language, many in one, after failures once, in quiet hours not at all."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from silkway.contracts import HoldRefused
from tests.integration.channels.mailbox import Mailbox, mail_server
from tests.integration.channels.world import World, recorded
from tests.unit.notify import telling

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    NewWorld = Callable[..., AbstractAsyncContextManager[World]]


async def subscribe(world: World, **more: Any) -> None:
    given = {"subscription_id": "ops", "channel": "EMAIL", "events": None, "language": "zh-Hans"}
    await world.subscribe("lin@silk.example", **{**given, **more})


def refused(order_id: str) -> HoldRefused:
    """Each of another supplier, whose limit is a cause of its own."""
    return telling.refused().model_copy(update={"order_id": order_id, "supplier_id": f"S/{order_id}"})


async def test_many_notices_come_in_one_e_mail_in_the_readers_language(new_world: NewWorld) -> None:
    mailbox = Mailbox(busy=2)
    with mail_server(mailbox) as url:
        async with new_world(NOTIFY_SMTP_URL=url, NOTIFY_RETRY_AFTER_S="0.2,0.2,0.2") as world:
            await subscribe(world)
            await world.ask("/subscriptions/ops/pause", by="lin", requested_at=_now())
            for number in range(5):
                await world.tell([recorded(f"PO-{number}"), refused(f"PO-{number}")])
            await world.until(_pending(world, 5), "five notices wait")
            await world.ask("/subscriptions/ops/resume", by="lin", requested_at=_now())
            await world.delivered(5)
            ids = {row[0] for row in await world.rows("SELECT delivery_id FROM deliveries")}

    (message,) = mailbox.messages
    assert mailbox.tries == 3
    assert message["To"] == "lin@silk.example"
    assert message["Subject"] == "Silkway：5 条通知"
    assert set(message.get_all("Silkway-Delivery", [])) == ids
    assert message["Message-ID"].strip("<>").partition("@")[0] in ids
    plain, html = (part.get_content() for part in message.iter_parts())
    for number in range(5):
        assert f"PO-{number}" in plain
        assert f"PO-{number}" in html
    assert "HOLD_REFUSED" in plain


async def test_in_quiet_hours_only_what_is_critical_is_sent(new_world: NewWorld) -> None:
    mailbox = Mailbox()
    now = dt.datetime.now(dt.UTC)
    quiet = {
        f"{name}_time": f"{now + dt.timedelta(hours=hours):%H:%M}"
        for name, hours in (("from", -2), ("until", 2))
    }
    with mail_server(mailbox) as url:
        async with new_world(NOTIFY_SMTP_URL=url) as world:
            await subscribe(world, quiet_hours=quiet)
            await subscribe(world, subscription_id="awake")
            await world.tell([recorded("PO-1"), refused("PO-1")])
            await world.delivered(1)
            assert await world.count("PENDING") == 1
            (row,) = await world.rows("SELECT subscription_id FROM deliveries WHERE state = 'PENDING'")
            assert row[0] == "ops"
    assert len(mailbox.messages) == 1


async def test_a_mailbox_that_is_gone_pauses_its_subscription_and_operations_hear(
    new_world: NewWorld,
) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as url:
        async with new_world(NOTIFY_SMTP_URL=url) as world:
            await subscribe(world, language="en")
            await world.subscribe("gone@silk.example", subscription_id="lost", channel="EMAIL", events=None)
            await world.tell([recorded("PO-1"), refused("PO-1")])
            await world.delivered(2)
            (row,) = await world.rows("SELECT pause_reason FROM subscriptions WHERE state = 'PAUSED'")
            assert "550" in row[0]
    texts = [message["Subject"] for message in mailbox.messages]
    assert any(text.startswith("Nothing is sent to subscription lost any more") for text in texts)


def _pending(world: World, count: int) -> Any:
    async def are() -> bool:
        return await world.count("PENDING") == count

    return are


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()
