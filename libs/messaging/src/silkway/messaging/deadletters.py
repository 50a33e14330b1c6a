"""Parked records as others see them: on <topic>.parked, with the headers that Spring's tools know.

Source of names and encodings: Spring for Apache Kafka, DeadLetterPublishingRecoverer and KafkaHeaders. Texts are UTF-8,
the partition is an int of 4 bytes, offset and time are longs of 8 bytes, big-endian.
"""

from __future__ import annotations

import struct
import traceback
from collections import defaultdict
from collections.abc import Mapping

from silkway.contracts import KafkaMessage
from silkway.contracts.topics import PARKED_SUFFIX
from silkway.messaging.effects import Effects, Parked
from silkway.messaging.journal import Failure
from silkway.messaging.outbox import MAX_BATCH_BYTES, pack_messages
from silkway.messaging.places import storable
from silkway.messaging.records import Record, unpack

PARTITION = 0
"""Parked records are few: their topics have one partition, so they stand in the order in which they were parked."""
_INT, _LONG = struct.Struct(">i").pack, struct.Struct(">q").pack
_MOST_TRACE_CHARS = 4_000
_ROOM_BYTES = 8_192
"""What Kafka's own format takes of a batch, with room to spare."""


def failures_of(effects: Effects) -> dict[str, Failure]:
    """What parked the records of this transaction, in words, so that the journal can say the same again."""
    return {place: _told(effects.failures[place]) for place in effects.park if place in effects.failures}


def pack_parked(
    effects: Effects, failures: Mapping[str, Failure], group: str
) -> list[tuple[str, int, bytes]]:
    """Rows of the outbox (topic, partition, batch) for the records that this transaction parks; deadlines have none.

    `failures`: what was raised, by place, where anything was. `group`: the consumer group that could not apply them.
    """
    lines: defaultdict[str, list[KafkaMessage]] = defaultdict(list)
    for row in effects.park.values():
        if row.record is not None:
            record = unpack(row.place, row.record)
            lines[record.topic + PARKED_SUFFIX].append(
                dead_letter(record, row, failures.get(row.place), group)
            )
    return [
        (topic, PARTITION, batch) for topic, line in sorted(lines.items()) for batch in pack_messages(line)
    ]


def dead_letter(record: Record, row: Parked, failure: Failure | None, group: str) -> KafkaMessage:
    """The record as it was tried, with its own headers and those that tell what failed.

    What Kafka would not take with them goes without its own headers, key and value: the service keeps it whole.
    """
    told = [*_origin(record, row, group), *_exception(row.error, failure)]
    message = KafkaMessage(record.key, [*record.headers, *told], record.value)
    size = sum(len(name.encode()) + len(value or b"") for name, value in message.headers)
    if size + len(record.key or b"") + len(record.value or b"") + _ROOM_BYTES > MAX_BATCH_BYTES:
        return KafkaMessage(None, told, None)
    return message


def _origin(record: Record, row: Parked, group: str) -> list[tuple[str, bytes]]:
    kind = (
        "NoTimestampType" if row.recorded_ms < 0 else "CreateTime"
    )  # as `silkway topics` creates all topics
    return [
        ("kafka_dlt-original-topic", record.topic.encode()),
        ("kafka_dlt-original-partition", _INT(record.partition)),
        ("kafka_dlt-original-offset", _LONG(record.offset)),
        ("kafka_dlt-original-timestamp", _LONG(row.recorded_ms)),
        ("kafka_dlt-original-timestamp-type", kind.encode()),
        ("kafka_dlt-original-consumer-group", group.encode()),
    ]


def _exception(error: str, failure: Failure | None) -> list[tuple[str, bytes]]:
    """Class, cause, message and trace; where the database refused, what is known of it is in `error`."""
    if failure is None:
        name, _, message = error.partition(": ")
        texts = {"exception-fqcn": name, "exception-message": message, "exception-stacktrace": error}
    else:
        texts = {"exception-fqcn": failure.kind}
        if failure.cause:
            texts["exception-cause-fqcn"] = failure.cause
        message = error.removeprefix(f"{failure.kind.rpartition('.')[2]}: ")
        texts |= {"exception-message": message, "exception-stacktrace": failure.trace}
    return [(f"kafka_dlt-{name}", text.encode("utf-8", "replace")) for name, text in texts.items()]


def _told(failure: Exception) -> Failure:
    trace = storable("".join(traceback.format_exception(failure))[-_MOST_TRACE_CHARS:])
    return Failure(_full_name(failure), _full_name(failure.__cause__) if failure.__cause__ else "", trace)


def _full_name(failure: BaseException) -> str:
    kind = type(failure)
    return f"{kind.__module__}.{kind.__qualname__}"
