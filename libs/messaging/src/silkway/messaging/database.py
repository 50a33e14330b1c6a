"""Connections to a service's database, and which of its errors are worth another try."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg

from silkway.messaging.secret import read_secret
from silkway.messaging.storage import Connection

PASSWORD_FILE = "password_file"
"""In the query of a URL: the file that holds the password, read for each connection, so that it can be changed."""

ZOMBIE_TIMEOUT_MS = 4_000
"""A stopped process keeps its locks no longer than this."""
LOCK_TIMEOUT_MS = 8_000
COMMAND_TIMEOUT_S = 30

DATABASE_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what was to be sent met the server's last word on this connection
    OSError,
    TimeoutError,
)
"""All that a statement raises which the database refused, or to which nobody answered."""
_CONFLICTS = ("40", "55P03")
_OUTAGES = ("08", "57", "53", "25P03", "28", "42501")
"""28: a password that is being changed; 42501: rights that are not granted yet. Both are for people to mend, and no
fault of the record at hand."""
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.CannotConnectNowError,
    OSError,
    asyncio.TimeoutError,
)


def database_url(variable: str, url: str, password_file: str | None = None) -> str:
    """`url`, of the environment's `variable`, with the file that holds its password, where there is one.

    Raises SystemExit with the name of what is wrong.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("postgresql", "postgres") and (parts.port or 1) and parts.path.strip("/")
    except ValueError:
        usable = False
    if not usable:  # what it is stays unsaid: there may be a password in it
        raise SystemExit(
            f"{variable} is no address of a database: give it as postgresql://user@host:5432/database"
        )
    if not password_file:
        return url
    read_secret(password_file, variable.removesuffix("_URL") + "_PASSWORD_FILE")
    return f"{url}{'&' if parts.query else '?'}{urlencode({PASSWORD_FILE: password_file})}"


def split_password_file(url: str) -> tuple[str, str | None]:
    """`url` as others understand it, and the file that holds the password, if it names one."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    file = query.pop(PASSWORD_FILE, None)
    return (url, None) if file is None else (parts._replace(query=urlencode(query)).geturl(), file)


async def plain_connection(url: str, **options: Any) -> Connection:
    """A connection with PostgreSQL's own settings and asyncpg's `options`.

    Raises asyncpg's and OS errors, and SystemExit where the address or the password's file will never do: nobody
    should wait for that.
    """
    bare, file = split_password_file(url)
    try:
        return await asyncpg.connect(bare, password=_password_of(file), **options)
    except asyncpg.exceptions.ClientConfigurationError as error:
        raise _unusable(error) from None


async def connection_pool(url: str, **options: Any) -> asyncpg.Pool[asyncpg.Record]:
    """Connections for many short questions; raises as `plain_connection`."""
    bare, file = split_password_file(url)
    try:
        return await asyncpg.create_pool(bare, password=_password_of(file), **options)
    except asyncpg.exceptions.ClientConfigurationError as error:
        raise _unusable(error) from None


def _password_of(file: str | None) -> Callable[[], str] | None:
    return None if file is None else lambda: read_secret(file, "<SERVICE>_DATABASE_PASSWORD_FILE")


def _unusable(error: Exception) -> SystemExit:
    return SystemExit(f"<SERVICE>_DATABASE_URL is no address of a database: {error}")


async def connect(url: str, name: str, **settings: str) -> Connection:
    """A connection for transactions, known to the database as `name`. Raises as `plain_connection`."""
    return await plain_connection(
        url,
        timeout=5,
        command_timeout=COMMAND_TIMEOUT_S,
        server_settings={
            "application_name": name,
            "idle_in_transaction_session_timeout": str(ZOMBIE_TIMEOUT_MS),
            "lock_timeout": str(LOCK_TIMEOUT_MS),
            # Every statement takes arrays of any length: a plan made for one length would not fit the next.
            "plan_cache_mode": "force_generic_plan",
            "jit": "off",
            **settings,
        },
    )


def is_conflict(error: BaseException) -> bool:
    """Another transaction was in the way (deadlock, serialization, lock timeout): the same again may pass."""
    return isinstance(error, asyncpg.PostgresError) and str(error.sqlstate).startswith(_CONFLICTS)


def is_away(error: BaseException) -> bool:
    """The database is gone, does not let us in or has cut the connection; whether the transaction was committed is
    unknown."""
    if isinstance(error, ValueError):  # a value that the driver cannot encode is no outage
        return False
    sqlstate = str(getattr(error, "sqlstate", None) or "")
    return isinstance(error, _AWAY) or sqlstate.startswith(_OUTAGES)
