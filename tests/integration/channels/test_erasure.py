"""A party is erased: nothing that it wrote or was named in is left to be read, and all else is as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import asyncpg

from silkway.cli.migrate import PERSONAL
from tests.backup import back_up, bring_back
from tests.integration.channels.mailbox import Mailbox, mail_server
from tests.integration.channels.receiver import Receiver, receiving
from tests.integration.channels.trading import AT, Trade, readable, trading
from tests.unit.http.test_writes import CONFIRMED, DRAFT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    import pytest

SERVICES = ("order", "logistics", "credit", "notify")
NAME = "Zhāo Měilíng Ceramics"
WORDS = 'Ask "Jürgen Öztürk", +49 170 5550100.'
MAIL, LOST, STAFF = "meiling@zhao.example", "gone@zhao.example", "lin@silk.example"
CLOSED = "silkway.dispute.closed.v1"
TEXTS = {"supplier": 1, "subscription": 4, "order": 2, "shipment": 2}
"""By kind: of the subscriptions three addresses, and what the mail server said of one."""


async def test_a_party_is_erased_everywhere_and_the_rebuild_is_equal(
    personal: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
) -> None:
    prefix, mailbox = await new_topics(), Mailbox()
    with mail_server(mailbox) as smtp:
        monkeypatch.setenv("NOTIFY_SMTP_URL", smtp)
        async with (
            trading(SERVICES, kafka_bootstrap, prefix, service_database) as trade,
            receiving(Receiver()) as receiver,
        ):
            # Given a supplier with a name, and an order and a shipment with words
            address = f"{receiver.url}/zhao.meiling@example"
            secrets = (NAME, WORDS, address, MAIL, LOST)
            await trade_of_the_supplier(trade)

            # And a webhook and two e-mail addresses of the supplier's, of which one is not right
            await subscribe(trade, "hook", channel="WEBHOOK", address=address, events=[CLOSED])
            await subscribe(trade, "mail", channel="EMAIL", address=MAIL)
            await subscribe(trade, "gone", channel="EMAIL", address=LOST)
            await subscribe(trade, "ops", party="OPERATIONS", party_id=None, channel="EMAIL", address=STAFF)

            # When the buyer writes, then the supplier hears of it, and operations what the mail server said
            # (the wrong address has come to its end then, before it could refuse a second notice as well)
            await object_to(trade, 1)
            await trade.until(lambda: heard_by_mail(mailbox, STAFF, LOST))
            await take_back(trade, 1)
            await trade.until(lambda: heard(receiver, mailbox, MAIL, "dispute on order PO-1"))
            assert [call.data["text"] for call in receiver.taken] == [WORDS]
            shown = [NAME, WORDS, address, MAIL, LOST, LOST, WORDS]
            assert await exits(trade) == shown

            # Then even now nothing can be read but by its key; and there is a backup
            before = await trade.databases()
            assert [name for name, dump in before.items() if readable(dump, *secrets)] == []
            assert all(readable(dump, "PO-1") for dump in before.values()), "what is there is found"
            log = await trade.log()
            assert (readable(log, *secrets), readable(log, "PO-1", "S-1")) == ([], ["PO-1", "S-1"])
            await back_up(personal, tmp_path / "backup")

            # When the supplier is erased
            asked = ("erase", "supplier/S-1", "--id", "DSR-1", "--by", "ops/lin", "--json")
            done = json.loads(await trade.silkway(*asked))

            # Then it is gone from the store, and every exit says so
            assert done["texts"] == TEXTS
            assert b"DSR-1" in (await trade.databases())[PERSONAL]
            assert await texts(personal) == 0
            assert await exits(trade) == ["[erased]"] * 7

            # And what comes for the supplier goes to nobody
            sent = len(mailbox.to(MAIL))
            await object_to(trade, 2)
            await take_back(trade, 2)
            await trade.until(lambda: are_paused(trade))
            assert (len(receiver.taken), len(mailbox.to(MAIL))) == (1, sent)

            # When the store is brought back from its backup, it is all there again, until the log is asked
            await empty(personal)
            await bring_back(tmp_path / "backup", personal)
            assert await exits(trade) == shown
            again = json.loads(await trade.silkway("erase", "--again", "--json"))
            assert [one["texts"] for one in again["erasures"]] == [TEXTS]
            assert await exits(trade) == ["[erased]"] * 7

            # And what the services have made of the log, they make of it again
            after = await trade.databases()
            assert [name for name, dump in after.items() if readable(dump, *secrets)] == []
            assert readable(await trade.log(), *secrets) == []
            assert [await trade.differences(name) for name in SERVICES] == [[], [], [], []]


async def trade_of_the_supplier(trade: Trade) -> None:
    """An order that is placed, and its shipment, of which a carrier and somebody in operations say something."""
    await trade.tell("credit", "/suppliers", supplier_id="S-1", name=NAME, country="CN", registered_at=AT)
    await trade.tell("order", "/orders", **(DRAFT | {"order_id": "PO-1", "supplier_id": "S-1"}))
    for party in ("BUYER", "SUPPLIER"):
        await trade.tell("order", "/orders/PO-1/confirmations", **(CONFIRMED | {"party": party}))
    await trade.tell(
        "logistics", "/shipments", shipment_id="SH-1", mode="SEA", carrier="Blue Line", booked_at=AT,
        lines=[{"order_id": "PO-1", "line_id": "1", "quantity": 2}],
    )  # fmt: skip
    tracked = {"kind": "COLLECTED", "classifier": "ACTUAL", "occurred_at": AT}
    await trade.tell("logistics", "/shipments/SH-1/milestones", **tracked, note=WORDS)
    inquiry = {"inquiry_id": "Q-1", "by": "buyer", "raised_at": AT}
    await trade.tell("logistics", "/shipments/SH-1/inquiries", **inquiry, text=WORDS)

    async def is_seen() -> bool:
        return bool((await trade.see("notify", "/orders/PO-1"))["shipments"])

    await trade.until(is_seen)


async def subscribe(trade: Trade, subscription_id: str, **more: object) -> None:
    theirs = {"party": "SUPPLIER", "party_id": "S-1", "registered_at": AT}
    await trade.tell("notify", "/subscriptions", subscription_id=subscription_id, **(theirs | more))


async def object_to(trade: Trade, number: int) -> None:
    """The buyer objects to the goods, in words."""
    objection = {"dispute_id": f"D-{number}", "party": "BUYER", "kind": "QUALITY", "raised_at": AT}
    await trade.tell("order", "/orders/PO-1/disputes", **objection, text=WORDS)


async def take_back(trade: Trade, number: int) -> None:
    """And withdraws the dispute, in words."""
    taken_back = {"dispute_id": f"D-{number}", "withdrawn_at": AT}
    await trade.tell("order", "/orders/PO-1/disputes/withdrawals", **taken_back, text=WORDS)


async def heard(receiver: Receiver, mailbox: Mailbox, address: str, what: str) -> bool:
    """Whether the webhook was called, and an e-mail to this address speaks of this."""
    return bool(receiver.taken) and await heard_by_mail(mailbox, address, what)


async def heard_by_mail(mailbox: Mailbox, address: str, what: str) -> bool:
    return any(what in text for text in mailbox.to(address))


async def exits(trade: Trade) -> list[str]:
    """What each service shows of the supplier."""
    supplier = await trade.see("credit", "/suppliers/S-1")
    shipment = await trade.see("logistics", "/shipments/SH-1")
    names = ("hook", "mail", "gone")
    hook, mail, gone = [await trade.see("notify", f"/subscriptions/{name}") for name in names]
    [told] = (await trade.see("notify", "/deliveries?subscription_id=hook&state=DELIVERED"))["items"]
    carried = json.loads((await trade.see("notify", f"/deliveries/{told['delivery_id']}"))["body"])
    addresses = [one["address"] for one in (hook, mail, gone)]
    said = gone["pause_reason"].split()[-1]
    return [supplier["name"], shipment["milestones"][0]["note"], *addresses, said, carried["data"]["text"]]


async def are_paused(trade: Trade) -> bool:
    seen = [await trade.see("notify", f"/subscriptions/{name}") for name in ("hook", "mail")]
    return all(one["state"] == "PAUSED" and "erased" in one["pause_reason"] for one in seen)


async def texts(url: str) -> int:
    """How many are kept, but for the address of operations."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM texts WHERE about <> 'subscription/ops'"))
    finally:
        await connection.close()


async def empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("DROP TABLE texts, erasures, forgotten, schema_migrations")
    finally:
        await connection.close()
