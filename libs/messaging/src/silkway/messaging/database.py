"""Connections to a service's database, and which of its errors are worth another try."""

from __future__ import annotations

import asyncio

import asyncpg

from silkway.messaging.storage import Connection

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


async def connect(url: str, name: str, **settings: str) -> Connection:
    """A connection for transactions, known to the database as `name`. Raises asyncpg's and OS errors."""
    return await asyncpg.connect(
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
    """The database is gone or has cut the connection; whether the transaction was committed is unknown."""
    if isinstance(error, ValueError):  # a value that the driver cannot encode is no outage
        return False
    sqlstate = str(getattr(error, "sqlstate", None) or "")
    return isinstance(error, _AWAY) or sqlstate.startswith(("08", "57", "53", "25P03"))
