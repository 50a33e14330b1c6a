"""Notices by e-mail: in the reader's language, many in one, after failures once, in quiet hours not at all."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

from silkway.contracts import HoldRefused
from tests.integration.channels.world import World, recorded
from tests.integration.http.conftest import free_port
from tests.unit.notify import telling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from email.message import EmailMessage

    NewWorld = Callable[..., AbstractAsyncContextManager[World]]


class Mailbox:
    """A mail server: it refuses the first `busy` messages for now, and the address gone@… for good."""

    def __init__(self, busy: int = 0) -> None:
        self.busy, self.tries = busy, 0
        self.messages: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address.startswith("gone@"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.tries += 1
        if self.tries <= self.busy:
            return "451 4.3.2 try again later"
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[str]:
    """URL of a mail server that fills the mailbox."""
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


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
