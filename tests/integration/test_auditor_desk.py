"""What the auditor keeps of findings and of their settlements, in its own database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import asyncpg
import httpx
import pytest

from silkway.auditor import models, store
from silkway.auditor.domain import Fold
from silkway.auditor.handlers import Desk
from silkway.auditor.models import Models
from silkway.cli.migrate import apply_migrations
from silkway.contracts import Envelope, FindingSettled, PaymentMatched, write
from tests.simulation.town import PARTITIONS
from tests.unit.auditor.log import Line
from tests.unit.auditor.story import beginning, found_in, with_other, written
from tests.unit.desk import day

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BROKEN: Final = with_other(beginning(), PaymentMatched, received_minor=99_99)[:11]
"""A payment that is counted one cent short."""


def settled(finding_id: str, tenant: str = "acme") -> Line:
    """Somebody of this tenant says that a finding is dealt with."""
    event = FindingSettled(
        finding_id=finding_id, invariant="MONEY_ADDS_UP", by="ana@ops", reason="A test.", settled_at=day(40)
    )
    envelope = Envelope.of(event, tenant=tenant, source="/desk", id=f"{tenant}/{finding_id}", time=day(40))
    message = write(envelope, event)
    return Line("trade.notices", 0, message.headers, message.value)


async def test_a_finding_is_settled_by_its_own_tenant_once_and_for_all(
    new_database: Callable[..., Awaitable[str]],
) -> None:
    url = await new_database("auditor")
    await apply_migrations("auditor", url)
    connection = await asyncpg.connect(url)
    (finding,) = found_in(BROKEN)
    try:
        # Given a finding
        desk = Desk(Fold(partitions=PARTITIONS), {})
        assert await desk.take(connection, written(BROKEN), {}) == 1

        # When somebody of another tenant settles it, then it stays open
        await desk.take(connection, [settled(finding.finding_id, tenant="other")], {})
        assert await store.count_open(connection) == {"MONEY_ADDS_UP": 1}

        # When its own tenant does, then it is settled
        await desk.take(connection, [settled(finding.finding_id)], {})
        assert await store.count_open(connection) == {}

        # When the auditor reads all anew, its settlement before what it is about, then it is settled once more
        await connection.execute("DELETE FROM findings; DELETE FROM books; DELETE FROM settlements")
        desk = Desk(Fold(partitions=PARTITIONS), {})
        await desk.take(connection, [settled(finding.finding_id)], {})
        assert await desk.take(connection, written(BROKEN), {}) == 1
        assert await store.count_open(connection) == {}
    finally:
        await connection.close()


async def test_what_has_changed_lately_is_compared_first_once_it_is_at_rest(
    new_database: Callable[..., Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "EVERY_S", 0.0)
    monkeypatch.setattr(models, "REST_S", 0.5)
    url = await new_database("auditor")
    await apply_migrations("auditor", url)
    connection = await asyncpg.connect(url)
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(503)

    try:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            look = Models(dict.fromkeys(("order", "credit", "notify"), "http://there"), client).look
            # Given the book of an order, behind that of an entry in the round of all
            await Desk(Fold(partitions=PARTITIONS), {}).take(connection, written(beginning()), {})

            # When it has just changed, then it is not compared yet; at rest it is, before all others
            await look(connection, ["acme/order/PO-1"])
            assert asked == []
            await asyncio.sleep(0.6)
            await look(connection, [])
    finally:
        await connection.close()
    assert asked == ["/orders/PO-1"]
