"""Random changes to business data, as a slip of the hand or a fault would make them, and undone again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from silkway.cli.addresses import SERVICES

if TYPE_CHECKING:
    from random import Random

    from tests.e2e.system import System

APART: Final = {
    "offsets", "ticks", "clocks", "aggregates", "inbox", "refused", "waiting", "parked", "outbox", "journal",
    "offset_resets", "schema_migrations", "feed", "signing_key",
}  # fmt: skip
"""Not business data: the engine's tables, the order in which notify's listeners were told, its key for signing."""
_COLUMNS: Final = """
    SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_identity = 'NO'
          AND c.data_type = ANY($1) ORDER BY 1, 2"""
_KEYS: Final = """
    SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
    WHERE i.indrelid = $1::regclass AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)"""
_CHECKS: Final = """
    SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'"""
OTHER: Final = {
    "bigint": "{column} + $1::bigint",
    "timestamp with time zone": "{column} + $1::bigint * interval '1 second'",
    "date": "{column} + ($1::bigint % 1000 + 1)::int",
    "boolean": "NOT {column} AND $1::bigint IS NOT NULL",
}
"""What amounts, quantities, counts and times become, by type; $1 is drawn by chance."""
STATES: Final = {"state", "life", "funds", "logistics", "assurance", "issue", "resolution", "severity"}


@dataclass(frozen=True)
class Change:
    """One column of one row of a service's table has another value than it had."""

    service: str
    table: str
    keys: tuple[str, ...]
    """Under which the row was known before, and is since."""
    column: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.service}: {self.table} {self.keys[0]}: {self.column} {self.before} -> {self.after}"

    def is_named_by(self, finding: dict[str, Any]) -> bool:
        """Whether a difference that the audit has found is this one."""
        place = (finding["service"], finding["table"])
        column = self.column if len(set(self.keys)) == 1 else "row"  # another key: one row gone, one too many
        return (
            place == (self.service, self.table)
            and finding["key"] in self.keys
            and finding["column"] == column
        )


class Hand:
    """Changes one value at a time, as far as the tables' CHECKs let it, and puts it back."""

    def __init__(self, system: System, random: Random) -> None:
        self._system, self._random = system, random

    async def slip(self) -> Change:
        """Change an amount, quantity, state or time in a random row of a random table of a random service."""
        while True:
            service = self._random.choice(SERVICES)
            columns = [
                row
                for row in await self._system.rows(service, _COLUMNS, [*OTHER, "text"])
                if row["table_name"] not in APART
                and (row["data_type"] in OTHER or row["column_name"] in STATES)
            ]
            table = self._random.choice(sorted({row["table_name"] for row in columns}))
            column = self._random.choice([row for row in columns if row["table_name"] == table])
            change = await self._try(service, table, column["column_name"], column["data_type"])
            if change is not None:
                return change

    async def undo(self, change: Change) -> None:
        key = await self._key(change.service, change.table)
        query = f"UPDATE {change.table} SET {change.column} = $1 WHERE {key} = $2 RETURNING {key}"
        rows = await self._system.rows(change.service, query, change.before, change.keys[1])
        assert [row[0] for row in rows] == [change.keys[0]]

    async def _try(self, service: str, table: str, column: str, data_type: str) -> Change | None:
        """Change the column in a random row that has a value there; None where there is none or it may not be."""
        key = await self._key(service, table)
        found = f"SELECT {key} AS key, {column} AS value FROM {table} WHERE {column} IS NOT NULL ORDER BY 1"
        rows = await self._system.rows(service, found)
        if not rows:
            return None
        row = self._random.choice(rows)
        new, argument = OTHER.get(data_type, "$1::text"), self._random.randint(1, 1_000_000)
        changing = f"UPDATE {table} SET {column} = {new.format(column=column)} WHERE {key} = $2"
        try:
            changed = await self._system.rows(
                service,
                f"{changing} RETURNING {key} AS key, {column} AS value",
                await self._state(service, table, column) if data_type == "text" else argument,
                row["key"],
            )
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError):
            return None  # the database itself does not let it happen
        if changed[0]["value"] == row["value"]:
            return None
        keys = (row["key"], changed[0]["key"])
        return Change(service, table, keys, column, row["value"], changed[0]["value"])

    async def _key(self, service: str, table: str) -> str:
        names = [row[0] for row in await self._system.rows(service, _KEYS, table)]
        return " || '/' || ".join(f"{name}::text" for name in names)

    async def _state(self, service: str, table: str, column: str) -> str:
        """Any of the states that the table's CHECKs name for the column."""
        checks = [row[0] for row in await self._system.rows(service, _CHECKS, table)]
        named = [
            set(re.findall(r"'([A-Z_]+)'", text)) for text in checks if re.search(rf"\b{column}\b", text)
        ]
        states: set[str] = set().union(*named)
        assert states, f"no CHECK of {table} names the states of {column}"
        return self._random.choice(sorted(states))
