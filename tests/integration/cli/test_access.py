"""The table of rights and the tables that the migrations make are of one mind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from silkway.cli.access import tables
from silkway.cli.addresses import SERVICES
from silkway.cli.migrate import apply_migrations

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@pytest.mark.parametrize("service", tables.DATABASES)
async def test_of_every_table_it_is_said_who_may_do_what(
    service: str,
    service_database: Callable[..., Awaitable[str]],
    new_database: Callable[..., Awaitable[str]],
) -> None:
    # Given a database as the migrations leave it
    if service not in SERVICES:
        url = await new_database(service)
        await apply_migrations(service, url)
    else:
        url = await service_database(service, "")
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        )
    finally:
        await connection.close()
    columns: dict[str, set[str]] = {}
    for table, column in rows:
        columns.setdefault(table, set()).add(column)

    # Then the service's role has a line for each table, and no column is named that is not there
    granted = tables.rights_of(service)[tables.runtime(service)]
    assert columns.keys() - tables.NEVER == granted.keys()
    for table, grant in granted.items():
        assert set(grant.change) <= columns[table], table
