"""What leaves by a channel, as its reader sees it: with the personal data that is not erased."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from silkway.messaging.database import is_away
from silkway.messaging.personal.vault import Vault

_PAUSE_S: Final = 1.0
_log = structlog.get_logger()


class Exits:
    """Opens what is sealed. Without a vault there is nothing sealed; while it is away, what leaves waits."""

    def __init__(self, vault: Vault | None) -> None:
        self._vault = vault

    async def text(self, tenant: str, text: str) -> str:
        """An address, or a text for people."""
        return text if self._vault is None else await self._patiently(self._vault.shown, tenant, text)

    async def body(self, tenant: str, document: str) -> str:
        """A JSON document."""
        return (
            document
            if self._vault is None
            else await self._patiently(self._vault.shown_json, tenant, document)
        )

    async def _patiently(self, show: Callable[[str, str], Awaitable[str]], tenant: str, text: str) -> str:
        while True:
            try:
                return await show(tenant, text)
            except Exception as error:
                if not is_away(error):
                    raise
                _log.warning("personal data away", error=repr(error)[:300])
                await asyncio.sleep(_PAUSE_S)
