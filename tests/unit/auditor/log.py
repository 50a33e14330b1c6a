"""Logs for the auditor: what a simulated town wrote, or what a test writes line by line, as Kafka's records."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

from silkway.contracts import Envelope, Event, partition_of, write
from silkway.messaging.ticks import tick_message
from tests.simulation.town import PARTITIONS, TENANT, Ticked, Town

Place = tuple[str, int]


class Line(NamedTuple):
    """One record of a log."""

    topic: str
    partition: int
    headers: Sequence[tuple[str, bytes]]
    value: bytes | None


class Writer:
    """Writes records as the services would: versions counted for each sender and subject."""

    def __init__(self) -> None:
        self._versions: defaultdict[tuple[str, str], int] = defaultdict(int)

    def line(self, topic: str, event: Event, known_at: dt.datetime) -> Line:
        """The next record about the event's subject on this topic."""
        ours = topic.endswith(".events")
        version = None
        if ours:
            self._versions[topic, event.subject] += 1
            version = self._versions[topic, event.subject]
        envelope = Envelope.of(
            event, tenant=TENANT, source=f"/{topic}", id=f"{event.subject}@{version or id(event)}",
            time=known_at, knowntime=known_at if ours else None, version=version,
        )  # fmt: skip
        message = write(envelope, event)
        assert message.key is not None
        return Line(topic, partition_of(message.key, PARTITIONS), message.headers, message.value)


def tick_line(place: Place, at: dt.datetime) -> Line:
    """A tick of the live clock in one partition."""
    message = tick_message("live", at, "/clock")
    return Line(*place, message.headers, message.value)


def written_by(town: Town) -> dict[Place, list[Line]]:
    """All that the town's log holds, by partition."""
    writer = Writer()
    return {
        place: [
            tick_line(place, item.at)
            if isinstance(item, Ticked)
            else writer.line(place[0], item.event, item.known_at)
            for item in items
        ]
        for place, items in town.log.items()
    }


def shuffled(log: Mapping[Place, Sequence[Line]], chance: Random) -> Iterator[Line]:
    """The partitions read in a drawn interleaving, each in its order."""
    left = {place: iter(lines) for place, lines in log.items() if lines}
    while left:
        place = chance.choice(sorted(left))
        for _ in range(chance.randint(1, 20)):
            line = next(left[place], None)
            if line is None:
                del left[place]
                break
            yield line
