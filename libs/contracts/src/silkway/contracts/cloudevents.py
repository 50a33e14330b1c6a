"""CloudEvents 1.0 in Kafka, binary mode: attributes in headers, data in the value.

Source: CloudEvents specification 1.0.2 and its Kafka protocol binding 1.0.2. Beyond them Silkway asks for
`subject`, `time` and the extension `tenant` on every event.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from silkway.contracts import attributes
from silkway.contracts.attributes import bad_header
from silkway.contracts.clock import ClockTicked
from silkway.contracts.errors import ContractError
from silkway.contracts.keys import key_of
from silkway.contracts.registry import MAX_DATA_BYTES, read_data

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from silkway.contracts.event import Event

__all__ = ["Envelope", "KafkaMessage", "check_key", "check_topic", "read", "read_envelope", "write"]

_SPECVERSION: Final = ("ce_specversion", b"1.0")
_CONTENT_TYPE: Final = ("content-type", b"application/json")


class Envelope(NamedTuple):
    """Who sent an event, when, about what. `tenant`, `source` and `id` together identify it."""

    id: str
    """Unique within tenant and source, 1 to 200 printable characters."""
    source: str
    """Who sent it, a URI-reference of 1 to 200 characters, e.g. /shops/eu."""
    type: str
    """CloudEvents type, e.g. silkway.order.drafted.v1."""
    subject: str
    """`<kind>/<id>`, e.g. order/PO-1; empty for ticks only."""
    time: datetime
    """When it happened; aware, with the sender's offset. Of a tick: the tick, UTC."""
    tenant: str
    """Whose event it is. Of a tick: the clock."""
    knowntime: datetime | None = None
    """When we knew it, UTC; on events of our own services only."""
    version: int | None = None
    """Dense counter per service, tenant and subject, from 1; on events of our own services only."""
    traceparent: str | None = None
    """W3C trace context."""

    @classmethod
    def of(
        cls,
        event: Event,
        *,
        tenant: str,
        source: str,
        id: str,  # noqa: A002 - the attribute's name
        time: datetime,
        knowntime: datetime | None = None,
        version: int | None = None,
        traceparent: str | None = None,
    ) -> Envelope:
        """The envelope of an event, with its type and subject."""
        return cls(id, source, event.type, event.subject, time, tenant, knowntime, version, traceparent)


class KafkaMessage(NamedTuple):
    """What to hand to a Kafka client. `value` is None for an event without data (a tick)."""

    key: bytes | None
    headers: list[tuple[str, bytes]]
    value: bytes | None


def write(envelope: Envelope, event: Event) -> KafkaMessage:
    """Write an event in binary mode.

    Raises ContractError bad_header if a time has no offset or the tenant is malformed, too_large for more
    than `MAX_DATA_BYTES` of data. Everything else is taken as given; `read` checks it all.
    """
    tenant = envelope.tenant
    headers = [
        _SPECVERSION,
        ("ce_type", attributes.encoded(envelope.type)),
        ("ce_source", attributes.encoded(envelope.source)),
        ("ce_id", envelope.id.encode()),
        ("ce_time", attributes.encoded_moment("ce_time", envelope.time)),
        ("ce_tenant", attributes.encoded_tenant(tenant)),
    ]
    if envelope.subject:
        headers.append(("ce_subject", envelope.subject.encode()))
    if envelope.knowntime is not None:
        headers.append(("ce_knowntime", attributes.encoded_moment("ce_knowntime", _utc(envelope.knowntime))))
    if envelope.version is not None:
        headers.append(("ce_version", b"%d" % envelope.version))
    if envelope.traceparent is not None:
        headers.append(("traceparent", envelope.traceparent.encode()))
    if isinstance(event, ClockTicked):
        return KafkaMessage(None, headers, None)
    headers.append(_CONTENT_TYPE)
    value = event.__pydantic_serializer__.to_json(event, exclude_none=True)
    if len(value) > MAX_DATA_BYTES:
        reason = f"the data has {len(value)} bytes, more than {MAX_DATA_BYTES}"
        raise ContractError("too_large", "$", reason, "Send fewer lines or shorter texts.")
    return KafkaMessage(event.key(tenant).encode(), headers, value)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def read(
    key: bytes | None, headers: Sequence[tuple[str, bytes]], value: bytes | None
) -> tuple[Envelope, Event]:
    """Read a Kafka record in binary mode and check all of it, its key too; raises ContractError."""
    envelope = read_envelope(headers)
    event = read_data(envelope.type, value)
    check_key(envelope, event, key)
    return envelope, event


def read_envelope(headers: Sequence[tuple[str, bytes]]) -> Envelope:
    """Read the attributes out of a record's headers, data unseen. Unknown headers are ignored.

    Raises ContractError not_cloudevent, not_utf8 or bad_header. The type may be unknown; `read_data` tells.
    """
    by_name = dict(headers)
    if by_name.get("ce_specversion") != b"1.0":
        raise _not_binary(by_name)
    if len(by_name) < len(headers):
        _refuse_repeated(headers)
    content_type = by_name.get("content-type")
    if content_type is not None and content_type != b"application/json":
        _check_content_type(content_type)
    try:
        type_name = attributes.event_type(by_name["ce_type"])
        about_all = type_name == ClockTicked.type and "ce_subject" not in by_name
        knowntime = by_name.get("ce_knowntime")
        version = by_name.get("ce_version")
        traceparent = by_name.get("traceparent")
        return Envelope(
            attributes.printable("ce_id", by_name["ce_id"]),
            attributes.source(by_name["ce_source"]),
            type_name,
            "" if about_all else attributes.printable("ce_subject", by_name["ce_subject"]),
            attributes.moment("ce_time", by_name["ce_time"]),
            attributes.tenant(by_name["ce_tenant"]),
            None if knowntime is None else attributes.known_moment(knowntime),
            None if version is None else attributes.version(version),
            None if traceparent is None else attributes.traceparent(traceparent),
        )
    except KeyError as missing:
        name = str(missing.args[0])
        raise bad_header(name, "the header is missing", "Send it.") from None
    except (UnicodeDecodeError, AttributeError, TypeError):
        raise _undecodable(by_name) from None


def check_key(envelope: Envelope, event: Event, key: bytes | None) -> None:
    """Check that the record's key and subject are those of its data; ContractError key_mismatch.

    A wrong key would put the event out of order with the others of its subject.
    """
    if isinstance(event, ClockTicked):
        return  # goes to every partition, whatever its key
    subject_id = event.subject_id
    if envelope.subject != f"{event.subject_kind}/{subject_id}":
        reason = f"the subject is {envelope.subject!r}, the data is about {event.subject!r}"
        raise ContractError("key_mismatch", "ce_subject", reason, f"Send the subject {event.subject}.")
    expected = key_of(envelope.tenant, subject_id)
    if key != expected.encode():
        shown = "null" if key is None else repr(key[:200].decode(errors="replace"))
        reason = f"the record's key is {shown}, tenant and data give {expected!r}"
        raise ContractError("key_mismatch", "key", reason, f"Send the key {expected} (UTF-8).")


def check_topic(event: type[Event], topic: str) -> None:
    """Check that an event may travel on a topic (name without prefix); ContractError wrong_topic."""
    if event.topic and event.topic != topic:
        reason = f"{event.type} came on {topic}"
        raise ContractError("wrong_topic", "ce_type", reason, f"Send it to {event.topic}.")


def _not_binary(by_name: Mapping[str, bytes]) -> ContractError:
    remedy = "Send CloudEvents 1.0 in binary mode: the attributes as headers ce_…, ce_specversion 1.0."
    content_type = by_name.get("content-type") or b""
    if content_type.lower().startswith(b"application/cloudevents"):
        return bad_header("content-type", "this is CloudEvents' structured mode", remedy, "not_cloudevent")
    given = by_name.get("ce_specversion")
    reason = "the header is missing" if given is None else f"it is {given[:20]!r}, not 1.0"
    return bad_header("ce_specversion", reason, remedy, "not_cloudevent")


def _refuse_repeated(headers: Sequence[tuple[str, bytes]]) -> None:
    seen = set()
    for name, _value in headers:
        if name in seen and name.startswith("ce_"):
            raise bad_header(name, "the header is given more than once", "Send it once.")
        seen.add(name)


def _check_content_type(given: bytes) -> None:
    media_type = given.partition(b";")[0].strip().lower()
    if media_type.startswith(b"application/cloudevents"):
        raise _not_binary({"content-type": given})
    if media_type != b"application/json":
        raise bad_header("content-type", f"it is {given[:100]!r}", "Send data as application/json.")


def _undecodable(by_name: Mapping[str, bytes | None]) -> ContractError:
    for name, value in by_name.items():
        if not name.startswith("ce_"):
            continue
        if value is None:
            return bad_header(name, "the header has no value", "Send one.")
        try:
            value.decode()
        except UnicodeDecodeError as wrong:
            return bad_header(name, f"byte {wrong.start} is not UTF-8", "Send headers in UTF-8.", "not_utf8")
    raise AssertionError("only called after a failed decoding")
