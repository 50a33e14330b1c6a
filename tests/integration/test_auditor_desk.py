"""What the auditor keeps of findings and of their settlements, in its own database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg

from silkway.auditor import store
from silkway.auditor.domain import Fold
from silkway.auditor.handlers import Desk
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
