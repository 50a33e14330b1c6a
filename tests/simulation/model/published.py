"""What can be read on the log by anybody: facts from outside with when they became known, and our events, once each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from silkway.contracts.topics import PARKED_SUFFIX
from tests.simulation.model.log import Log

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Event(NamedTuple):
    """One of our events as it was first published."""

    sender: str
    subject: str
    version: int
    name: str
    known_at: dt.datetime
    data: dict[str, Any]


class Published:
    """Reads the log from its beginning. `faults`: what no log of ours may look like.

    `events` by (sender, subject), in the order of their versions; `known`: when each fact (by its id) became known.
    """

    def __init__(self, log: Log) -> None:
        self.faults: list[str] = []
        self.events: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
        self.known: dict[str, dt.datetime] = {}
        self._contents: dict[str, tuple[Any, bytes]] = {}
        for (topic, partition), records in sorted(log.records.items()):
            for record in records:
                if topic.endswith(".events") and record.value is not None:
                    self._take(topic.removesuffix(".events"), dict(record.headers), record.value)
            if topic.startswith("trade.") and not topic.endswith(PARKED_SUFFIX):
                self._know(log, (topic, partition))

    def of(self, name: str) -> Iterator[Event]:
        """All events of this name."""
        return (event for line in self.events.values() for event in line if event.name == name)

    def line(self, sender: str, subject: str) -> list[Event]:
        """What a service has told about a subject."""
        return self.events.get((sender, subject), [])

    def _take(self, sender: str, headers: dict[str, bytes], value: bytes) -> None:
        subject, version = headers["ce_subject"].decode(), int(headers["ce_version"])
        line = self.events[sender, subject]
        what = f"{sender} told event {version} of {subject}"
        if version <= len(line):
            if self._contents[headers["ce_id"].decode()] != (headers, value):
                self.faults.append(f"{what} twice with different contents")
            return
        if version > len(line) + 1:
            self.faults.append(f"{what} after event {len(line)}")
        if headers["ce_id"].decode() in self._contents:
            self.faults.append(f"{what} under the id of another")
        self._contents[headers["ce_id"].decode()] = (headers, value)
        name = headers["ce_type"].decode().removeprefix("silkway.").rpartition(".v")[0]
        known_at = dt.datetime.fromisoformat(headers["ce_knowntime"].decode())
        line.append(Event(sender, subject, version, name, known_at, _decode(value)))

    def _know(self, log: Log, place: tuple[str, int]) -> None:
        tick = None
        early: list[str] = []
        for record in log.records[place]:
            headers = dict(record.headers)
            if headers.get("ce_type") == b"silkway.clock.ticked.v1":
                at = dt.datetime.fromisoformat(headers["ce_time"].decode())
                if tick is None or at > tick:
                    self.known.update(dict.fromkeys(early, at))
                    early.clear()
                    tick = at
            elif name := headers.get("ce_id", b"").decode("latin-1"):
                if tick is None:
                    early.append(name)
                else:
                    self.known.setdefault(name, tick)
