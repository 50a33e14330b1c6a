"""A tenant sees only its own: everything that can be read is asked for with another tenant's key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import pytest

from bench.catalogue import lists, questions
from bench.fill import TENANT, fill
from silkway.cli.migrate import apply_migrations
from silkway.messaging.identity import identity
from tests.integration.http.gatehouse import APIS, Gatehouse, filled, gatehouse, let_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ORDERS: Final = 2000
NO_ROWS: Final = {"/clearance-times"}
"""What is summed up rather than kept, and of which these databases hold nothing."""
EVENT: Final = ("/bank", "E-1")
SUPPLIER: Final = "S-05000"
"""Whose record `bench.fill` writes."""
PARKED: Final = "trade.orders/0/7"


async def prepared(name: str, url: str) -> None:
    """A database with something in all that can be read."""
    await apply_migrations(name, url)
    connection = await asyncpg.connect(url)
    try:
        await fill(connection, name, ORDERS)
        if name == "credit":
            await connection.execute(
                "UPDATE suppliers SET supplier_id = $1 WHERE supplier_id = 'S-00001'", SUPPLIER
            )
        await connection.execute(
            "INSERT INTO inbox (identity, body_hash, place) VALUES ($1, $1, 'trade.orders/0/1')",
            identity(TENANT, *EVENT),
        )
        await connection.execute(
            "INSERT INTO parked (place, rank, key, tenant, type, error, attempts, known_at, record)"
            " VALUES ($1, 0, $2, $3, 'silkway.order.drafted.v1', 'RuntimeError: x', 1, now(), NULL)",
            PARKED, f"{TENANT}/PO-1", TENANT,
        )  # fmt: skip
    finally:
        await connection.close()


@pytest.mark.parametrize("name", APIS)
async def test_nothing_of_another_tenant_is_read(
    name: str, new_database: Callable[..., Awaitable[str]]
) -> None:
    url = await new_database(name)
    await prepared(name, url)
    pool = await asyncpg.create_pool(url, min_size=1, max_size=2)
    house = gatehouse(name, pool)
    own, others = await let_in(pool, TENANT, ["read"]), await let_in(pool, "beta", ["read"])
    try:
        ids = await _lists_are_apart(house, own, others)
        read = await _things_are_apart(house, own, others, ids)
        assert read >= {"/orders/{order_id:path}"} or name in ("logistics", "credit")

        # An event's outcome is told to its own tenant alone
        source, event_id = EVENT
        asked = f"/events?source={source}&id={event_id}"
        assert (await house.ask("GET", asked, own)).status == 200
        assert (await house.ask("GET", asked, others)).status == 404
    finally:
        pool.terminate()


async def _lists_are_apart(house: Gatehouse, own: str, others: str) -> dict[str, str]:
    """No list shows another tenant's; the ids of what it shows to its own."""
    ids: dict[str, str] = {}
    for path, operation in lists(APIS[house.name]).items():
        question = next(questions(house.name, path, operation))
        query = "&".join(f"{name}={value}" for name, value in question.parameters.items())
        asked = f"{filled(path, {**ids, 'supplier_id': SUPPLIER})}?{query}"
        ours, theirs = await house.ask("GET", asked, own), await house.ask("GET", asked, others)
        assert ours.status == 200, (asked, ours.body)
        if path not in NO_ROWS:
            assert ours.body["items"], asked
        assert theirs.status == 404 or theirs.body == {"items": [], "next": None}, asked
        for item in ours.body["items"][:1]:
            ids = {**_named(item), **ids}
    return ids


def _named(item: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in item.items() if isinstance(value, str)}


async def _things_are_apart(house: Gatehouse, own: str, others: str, ids: dict[str, str]) -> set[str]:
    """Nothing that exists is told from what does not; the paths of which something exists."""
    there, known = set(), set(lists(APIS[house.name]))
    for operation in house.operations():
        names = re.findall(r"{(\w+)", operation.path)
        if operation.method != "GET" or not names or operation.path.replace(":path", "") in known:
            continue
        where, nowhere = (
            filled(operation.path, ids),
            filled(operation.path, dict.fromkeys(names, "never-was")),
        )
        # Rows that are made up may not add up to a view, but something is there.
        if (await house.ask("GET", where, own)).status != 404:
            there.add(operation.path)
        theirs, none = await house.ask("GET", where, others), await house.ask("GET", nowhere, others)
        assert (theirs.status, none.status) == (404, 404), where
        told = theirs.body["detail"]
        for name in names:
            told = told.replace(ids.get(name, "x"), "never-was")
        assert {**theirs.body, "detail": told, "instance": nowhere} == none.body, where
    return there
