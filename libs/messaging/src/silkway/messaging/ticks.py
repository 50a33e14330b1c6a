"""The message by which a clock ticks."""

from __future__ import annotations

import datetime as dt

from silkway.contracts import ClockTicked, Envelope, KafkaMessage, write

_TICK = ClockTicked()


def tick_message(clock: str, at: dt.datetime, source: str) -> KafkaMessage:
    """A tick of `clock`: it belongs into every partition of a topic, behind what was known before it."""
    envelope = Envelope(f"{clock}@{at.isoformat()}", source, ClockTicked.type, "", at, clock)
    return write(envelope, _TICK)
