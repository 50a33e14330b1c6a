"""What an erasure of a party reaches: also incidents that are about the party itself, or about its account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg

from silkway.notify import store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_INCIDENT: Final = """
    INSERT INTO incidents (tenant, incident_id, cause, cause_reference, number, state, severity, orders, payments,
        suppliers, findings, at_most, opened_at, changed_at, note, step)
    VALUES ($1, $2, 'C', $3, 1, 'OPEN', 'WARNING', 1, 0, 0, 0, 1, now(), now(), 'sealed:0', 0)"""


async def test_incidents_of_a_supplier_itself_are_its_own(
    service_database: Callable[..., Awaitable[str]],
) -> None:
    connection = await asyncpg.connect(await service_database("notify", "reach."))
    for tenant, incident, about in (
        ("acme", "I-1", "SUPPLIER/S-1"), ("acme", "I-2", "SUPPLIER/S-10"), ("acme", "I-3", "BUYER/S-1"),
        ("other", "I-4", "SUPPLIER/S-1"),
    ):  # fmt: skip
        await connection.execute(_INCIDENT, tenant, incident, about)
    try:
        reached = await store.subjects_of_party(connection, "acme", "SUPPLIER", "S-1")  # type: ignore[arg-type]
    finally:
        await connection.close()
    assert reached == ["incident/I-1"]
