"""Makes PostgreSQL's databases, roles and rights what the table says. Doing it again changes nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from secrets import token_bytes
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from silkway.cli.access.tables import (
    DATABASES,
    NEVER,
    OPERATOR,
    Grant,
    may_connect,
    migrator,
    rights_of,
    roles,
)
from silkway.messaging.database import plain_connection

if TYPE_CHECKING:
    from silkway.messaging.storage import Connection

ITERATIONS: Final = 4_096
_VERIFIER: Final = re.compile(r"SCRAM-SHA-256\$(\d+):([^$]+)\$[^:]+:.+")
_PLAIN: Final = "LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS"
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


class Unstated(RuntimeError):
    """A table of which nobody says who may do what with it."""


async def make_roles(url: str, passwords: Mapping[str, str]) -> list[str]:
    """Roles, databases and who reaches which; what was done, in words. `url`: of a superuser.

    passwords: by role, of ASCII. Raises asyncpg's and OS errors.
    """
    done = []
    server = await plain_connection(url)
    try:
        for role in roles():
            if await _make_role(server, role, passwords[role]):
                done.append(f"role {role}")
        for database in ("postgres", "template1"):
            await server.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
        for service in DATABASES:
            if not await server.fetch("SELECT FROM pg_database WHERE datname = $1", service):
                await server.execute(f'CREATE DATABASE "{service}"')
                done.append(f"database {service}")
            for statement in _doors(service):
                await server.execute(statement)
    finally:
        await server.close()
    for service in DATABASES:
        await _own_schema(url, service)
    return done


async def grant_tables(url: str) -> int:
    """Give each role its rights on the tables there are, and no others; the number of tables.

    Raises Unstated, asyncpg's and OS errors.
    """
    count = 0
    for service in DATABASES:
        connection = await plain_connection(_of(url, service))
        try:
            present = {row[0] for row in await connection.fetch(_TABLES)} - NEVER
            rights = rights_of(service)
            if unstated := present - {table for tables in rights.values() for table in tables}:
                raise Unstated(
                    f"{service}: who may do what with {', '.join(sorted(unstated))}?"
                    " Say it in silkway.cli.access.tables"
                )
            async with connection.transaction():
                for role, tables in rights.items():
                    await connection.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
                    for table in sorted(present & tables.keys()):
                        await connection.execute(_grant(role, table, tables[table]))
        finally:
            await connection.close()
        count += len(present)
    return count


def verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """What PostgreSQL keeps of a password (RFC 5803): so the password itself never travels, nor stands in a log."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client, server = (hmac.digest(salted, text, "sha256") for text in (b"Client Key", b"Server Key"))
    stored, served, salt_ = (
        b64encode(part).decode() for part in (hashlib.sha256(client).digest(), server, salt)
    )
    return f"SCRAM-SHA-256${iterations}:{salt_}${stored}:{served}"


async def _make_role(server: Connection, role: str, password: str) -> bool:
    """Whether the role was made, or got another password."""
    attributes = f"{_PLAIN} {'CREATEDB' if role == OPERATOR else 'NOCREATEDB'}"
    kept = await server.fetch("SELECT rolpassword FROM pg_authid WHERE rolname = $1", role)
    if kept and (found := _VERIFIER.fullmatch(kept[0][0] or "")):
        same = hmac.compare_digest(kept[0][0], verifier(password, b64decode(found[2]), int(found[1])))
    else:
        same = False
    if not kept:
        await server.execute(f"CREATE ROLE {role}")
    await server.execute(f"ALTER ROLE {role} {attributes}")
    if not same:
        await server.execute(f"ALTER ROLE {role} PASSWORD '{verifier(password, token_bytes(16))}'")
    return not same


def _doors(service: str) -> Iterator[str]:
    yield f'REVOKE ALL ON DATABASE "{service}" FROM PUBLIC'
    yield f'GRANT CONNECT, CREATE, TEMPORARY ON DATABASE "{service}" TO {migrator(service)}'
    yield f'GRANT CONNECT ON DATABASE "{service}" TO {", ".join(may_connect(service))}'


async def _own_schema(url: str, service: str) -> None:
    connection = await plain_connection(_of(url, service))
    try:
        await connection.execute(f"ALTER SCHEMA public OWNER TO {migrator(service)}")
        await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        await connection.execute(f"GRANT USAGE ON SCHEMA public TO {', '.join(rights_of(service))}")
    finally:
        await connection.close()


def _grant(role: str, table: str, grant: Grant) -> str:
    verbs = [
        *(["SELECT"] if grant.read else []),
        *(["INSERT"] if grant.add else []),
        *([f"UPDATE ({', '.join(map(_quoted, grant.change))})"] if grant.change else []),
        *(["DELETE"] if grant.remove else []),
    ]
    return f"GRANT {', '.join(verbs)} ON {_quoted(table)} TO {role}"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _of(url: str, database: str) -> str:
    """The same server's database of this name."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()
