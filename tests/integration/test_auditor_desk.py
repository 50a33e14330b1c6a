"""What the auditor keeps of findings and of their settlements, in its own database."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg
import httpx
import pytest
import structlog
from prometheus_client import REGISTRY

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
    from collections.abc import AsyncIterator, Awaitable, Callable

    from silkway.auditor.domain import Finding

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


class Shown:
    """What the services show of orders, by path; else that they know nothing, or nothing at all while `away`."""

    def __init__(self) -> None:
        self.answers: dict[str, httpx.Response] = {"/readyz": httpx.Response(200, json={})}
        self.away = False
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.away:
            raise httpx.ConnectError("away")
        return self.answers.get(request.url.path, httpx.Response(404))

    def orders_asked(self) -> set[str]:
        """Those that were asked for since this was called last."""
        asked, self.asked = {path.removeprefix("/orders/") for path in self.asked}, []
        return asked - {"/readyz"}


@asynccontextmanager
async def compared(
    new_database: Callable[..., Awaitable[str]], shown: Shown, orders: int
) -> AsyncIterator[Callable[..., Awaitable[list[Finding]]]]:
    """A look at the books of orders PO-1, PO-2 …, all alike; its parameters are the numbers of those that changed."""
    url = await new_database("auditor")
    await apply_migrations("auditor", url)
    connection = await asyncpg.connect(url)
    try:
        async with httpx.AsyncClient(transport=httpx.MockTransport(shown)) as client:
            look = Models(dict.fromkeys(("order", "credit", "notify"), "http://there"), client).look
            await Desk(Fold(partitions=PARTITIONS), {}).take(connection, written(beginning()), {})
            await connection.execute(
                "INSERT INTO books (key, book, waits, turn) SELECT 'acme/order/PO-' || n, book, waits, turn"
                " FROM books, generate_series(2, $1) AS n WHERE key = 'acme/order/PO-1'", orders,
            )  # fmt: skip

            async def looked(*changed: int) -> list[Finding]:
                return await look(connection, [f"acme/order/PO-{number}" for number in changed])

            yield looked
    finally:
        await connection.close()


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "EVERY_S", 0.0)
    monkeypatch.setattr(models, "CHANGED", 5)
    monkeypatch.setattr(models, "REST_S", 0.3)
    monkeypatch.setattr(models, "AGAIN_S", 0.0)


@pytest.mark.usefixtures("_quick")
async def test_what_came_to_rest_last_is_compared_first_several_at_a_time(
    new_database: Callable[..., Awaitable[str]],
) -> None:
    shown = Shown()
    async with compared(new_database, shown, orders=9) as look:
        # When books have just changed, then they are not compared yet; at rest the newest are, then the others
        await look(*range(1, 10))
        assert shown.orders_asked() == set()
        await asyncio.sleep(0.4)
        await look()
        assert {"PO-5", "PO-6", "PO-7", "PO-8", "PO-9"} <= shown.orders_asked()
        await look()
        assert {"PO-1", "PO-2", "PO-3", "PO-4"} <= shown.orders_asked()


@pytest.mark.usefixtures("_quick")
async def test_a_doubt_that_cannot_be_settled_keeps_no_other_waiting_and_is_kept(
    new_database: Callable[..., Awaitable[str]],
) -> None:
    shown = Shown()
    async with compared(new_database, shown, orders=3) as look:
        # Given an order that is shown otherwise than the log says, and then cannot be asked for
        shown.answers["/orders/PO-1"] = httpx.Response(200, json={"life": "LOST"})
        await look(1)
        await asyncio.sleep(0.4)
        assert await look() == []
        shown.answers["/orders/PO-1"] = httpx.Response(500)
        await look(2)
        await asyncio.sleep(0.4)
        shown.orders_asked()

        # When another one has come to rest, then it is compared as well; what cannot be asked is counted and told once
        before = _unanswered()
        with structlog.testing.capture_logs() as told:
            await look()
            assert {"PO-1", "PO-2"} <= shown.orders_asked()
            await look()
        assert _unanswered() > before
        warned = {"service": "order", "reason": "answered: 500", "key": "acme/order/PO-1"}
        assert [line for line in told if line.items() >= warned.items()] == told[:1]

        # When it shows the same as before, then it is a finding
        shown.answers["/orders/PO-1"] = httpx.Response(200, json={"life": "LOST"})
        findings = [finding for finding in await look() if finding.subject == "order/PO-1"]
        assert any("life is shown as LOST" in finding.text for finding in findings)

        # When a service does not answer at all, then it is asked once, not for each of its orders
        await look(2, 3)
        await asyncio.sleep(0.4)
        shown.away = True
        shown.asked = []
        await look()
        assert len(shown.asked) == 1


def _unanswered() -> float:
    return REGISTRY.get_sample_value("silkway_models_compared_total", {"outcome": "unanswered"}) or 0.0
