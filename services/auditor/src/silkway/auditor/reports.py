"""Tells of findings: each is published to trade.notices, where notify makes an incident of it."""

from __future__ import annotations

from typing import Final

import structlog

from silkway.auditor import store
from silkway.contracts import Envelope, InvariantBroken
from silkway.messaging.http import Problem, Publisher
from silkway.messaging.storage import Connection

_log = structlog.get_logger()
SOURCE: Final = "/silkway/auditor"
_AT_ONCE: Final = 200


class Reports:
    """Publishes what is kept and was not published yet. Said twice, notify hears it once: the id is the finding's."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self.pending = True

    async def send(self, connection: Connection) -> None:
        """Tell at most 200 findings, the oldest first; what Kafka does not take is told with the next call."""
        rows = await store.unpublished(connection, _AT_ONCE)
        told = []
        try:
            for row in rows:
                event = InvariantBroken(
                    finding_id=str(row["finding_id"]), invariant=row["invariant"], about=_plain(row["subject"])[:200],
                    text=_plain(row["text"])[:500], event_id=_plain(row["event_id"])[:200] or None,
                    known_at=row["known_at"], found_at=row["found_at"],
                )  # fmt: skip
                envelope = Envelope.of(
                    event, tenant=row["tenant"], source=SOURCE, id=event.finding_id, time=row["found_at"]
                )
                await self._publisher.publish(envelope, event)
                told.append(row["finding_id"])
        except Problem as problem:
            _log.warning("finding not told yet", reason=str(problem))
        if told:
            await store.mark_published(connection, told)
        self.pending = len(told) < len(rows) or len(rows) == _AT_ONCE


def _plain(text: str) -> str:
    """Printable ASCII, whatever was written by whoever broke the rules."""
    return "".join(char if " " <= char <= "~" else "?" for char in text)
