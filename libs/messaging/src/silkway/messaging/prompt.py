"""Lets aiokafka give up soon on a broker that is not to be reached: meanwhile a client makes no other connection.

Where a broker is lost with its machine, nobody refuses: a lookup of its name, or its SYN, waits. aiokafka gives that
the time of a whole request, 40 s, and holds a lock over it that every other connection of this client needs, so
partitions of the brokers that are left would stand still as well.
"""

from __future__ import annotations

from typing import Any

from aiokafka import conn

CONNECT_S = 3.0
"""How long the name may be looked up and the connection made; what is said on it has the time of a request."""


class _Prompt(conn.AIOKafkaConnection):  # type: ignore[misc]  # aiokafka is untyped
    _request_timeout: float

    async def connect(self) -> Any:
        self._of_a_request = self._request_timeout
        self._request_timeout = min(CONNECT_S, self._of_a_request)
        return await super().connect()

    async def _do_version_lookup(self) -> None:
        """The first that is said, so there is somebody."""
        self._request_timeout = self._of_a_request
        await super()._do_version_lookup()


def install() -> None:
    """From now on, all of this process's clients connect so."""
    conn.AIOKafkaConnection = _Prompt
