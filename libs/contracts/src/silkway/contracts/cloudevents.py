"""CloudEvents 1.0 in Kafka, binary mode: attributes in headers, data in the value.

Source: CloudEvents specification 1.0.2 and its Kafka protocol binding 1.0.2. Beyond them Silkway asks for
`subject`, `time` and the extension `tenant` on every event.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from silkway.contracts.clock import ClockTicked
from silkway.contracts.errors import ContractError, ErrorCode
from silkway.contracts.fields import END_OF_TIME, EPOCH, MOMENT_PATTERN, TENANT_PATTERN
from silkway.contracts.registry import MAX_DATA_BYTES, read_data

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from silkway.contracts.event import Event

MAX_ATTRIBUTE_CHARS: Final = 200
"""Limit of the attributes id, source, type and subject."""

_SPECVERSION: Final = ("ce_specversion", b"1.0")
_CONTENT_TYPE: Final = ("content-type", b"application/json")
_MOMENT: Final = re.compile(MOMENT_PATTERN)
_TENANT: Final = re.compile(TENANT_PATTERN)
_URI_REFERENCE: Final = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
_VERSION: Final = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Envelope:
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
        ("ce_type", _encoded(envelope.type)),
        ("ce_source", _encoded(envelope.source)),
        ("ce_id", envelope.id.encode()),
        ("ce_time", _rfc3339("ce_time", envelope.time)),
        ("ce_tenant", _encoded_tenant(tenant)),
    ]
    if envelope.subject:
        headers.append(("ce_subject", envelope.subject.encode()))
    if envelope.knowntime is not None:
        headers.append(("ce_knowntime", _rfc3339("ce_knowntime", envelope.knowntime.astimezone(UTC))))
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
        type_name = _text(by_name["ce_type"])
        subject = by_name.get("ce_subject")
        knowntime = by_name.get("ce_knowntime")
        version = by_name.get("ce_version")
        traceparent = by_name.get("traceparent")
        return Envelope(
            _printable("ce_id", by_name["ce_id"].decode()),
            _source(by_name["ce_source"]),
            type_name,
            "" if subject is None and type_name == ClockTicked.type else _subject(by_name["ce_subject"]),
            _moment("ce_time", by_name["ce_time"].decode()),
            _tenant(by_name["ce_tenant"]),
            None if knowntime is None else _moment("ce_knowntime", knowntime.decode()).astimezone(UTC),
            None if version is None else _version(version.decode()),
            None if traceparent is None else _traceparent(traceparent),
        )
    except KeyError as missing:
        name = str(missing.args[0])
        raise _bad(name, "the header is missing", "Send it.") from None
    except (UnicodeDecodeError, AttributeError, TypeError):
        raise _undecodable(by_name) from None


def check_key(envelope: Envelope, event: Event, key: bytes | None) -> None:
    """Check that the record's key and subject are those of its data; ContractError key_mismatch.

    A wrong key would put the event out of order with the others of its subject.
    """
    if isinstance(event, ClockTicked):
        return  # goes to every partition, whatever its key
    if envelope.subject != event.subject:
        reason = f"the subject is {envelope.subject!r}, the data is about {event.subject!r}"
        raise ContractError("key_mismatch", "ce_subject", reason, f"Send the subject {event.subject}.")
    expected = event.key(envelope.tenant)
    if key != expected.encode():
        shown = "null" if key is None else repr(key[:200].decode(errors="replace"))
        reason = f"the record's key is {shown}, tenant and data give {expected!r}"
        raise ContractError("key_mismatch", "key", reason, f"Send the key {expected} (UTF-8).")


def check_topic(event: type[Event], topic: str) -> None:
    """Check that an event may travel on a topic (name without prefix); ContractError wrong_topic."""
    if event.topic and event.topic != topic:
        reason = f"{event.type} came on {topic}"
        raise ContractError("wrong_topic", "ce_type", reason, f"Send it to {event.topic}.")


def _bad(field: str, reason: str, remedy: str, code: ErrorCode = "bad_header") -> ContractError:
    return ContractError(code, field, reason, remedy)


def _not_binary(by_name: Mapping[str, bytes]) -> ContractError:
    remedy = "Send CloudEvents 1.0 in binary mode: the attributes as headers ce_…, ce_specversion 1.0."
    content_type = by_name.get("content-type") or b""
    if content_type.lower().startswith(b"application/cloudevents"):
        return _bad("content-type", "this is CloudEvents' structured mode", remedy, "not_cloudevent")
    given = by_name.get("ce_specversion")
    reason = "the header is missing" if given is None else f"it is {given[:20]!r}, not 1.0"
    return _bad("ce_specversion", reason, remedy, "not_cloudevent")


def _refuse_repeated(headers: Sequence[tuple[str, bytes]]) -> None:
    seen = set()
    for name, _value in headers:
        if name in seen and name.startswith("ce_"):
            raise _bad(name, "the header is given more than once", "Send it once.")
        seen.add(name)


def _check_content_type(given: bytes) -> None:
    media_type = given.partition(b";")[0].strip().lower()
    if media_type.startswith(b"application/cloudevents"):
        raise _not_binary({"content-type": given})
    if media_type != b"application/json":
        raise _bad("content-type", f"it is {given[:100]!r}", "Send data as application/json.")


def _undecodable(by_name: Mapping[str, bytes | None]) -> ContractError:
    for name, value in by_name.items():
        if not name.startswith("ce_"):
            continue
        if value is None:
            return _bad(name, "the header has no value", "Send one.")
        try:
            value.decode()
        except UnicodeDecodeError as wrong:
            return _bad(name, f"byte {wrong.start} is not UTF-8", "Send headers in UTF-8.", "not_utf8")
    raise AssertionError("only called after a failed decoding")


# Few types, sources and tenants come again and again: their checks are remembered.
_remembered = lru_cache(maxsize=4096)


@_remembered
def _encoded(text: str) -> bytes:
    return text.encode()


@_remembered
def _encoded_tenant(tenant: str) -> bytes:
    return _tenant(tenant.encode()).encode()


@_remembered
def _tenant(value: bytes) -> str:
    text = value.decode()
    if not _TENANT.fullmatch(text):
        raise _bad(
            "ce_tenant",
            f"{text[:100]!r} is no tenant",
            "Send 1 to 40 of a-z, 0-9 and -, not starting with -.",
        )
    return text


@_remembered
def _text(value: bytes) -> str:
    return _printable("ce_type", value.decode())


@_remembered
def _source(value: bytes) -> str:
    text = _printable("ce_source", value.decode())
    if not _URI_REFERENCE.fullmatch(text):
        raise _bad("ce_source", f"{text!r} is no URI-reference", "Send e.g. /shops/eu or urn:uuid:….")
    return text


@_remembered
def _traceparent(value: bytes) -> str | None:
    # W3C: who cannot parse it goes on without it.
    text = value.decode(errors="replace")
    return text if _TRACEPARENT.fullmatch(text) else None


def _subject(value: bytes) -> str:
    return _printable("ce_subject", value.decode())


def _printable(field: str, text: str) -> str:
    if not text or len(text) > MAX_ATTRIBUTE_CHARS or not text.isprintable():
        reason = f"it has {len(text)} characters or one that cannot be printed"
        raise _bad(field, reason, f"Send 1 to {MAX_ATTRIBUTE_CHARS} printable characters.")
    return text


def _version(text: str) -> int:
    if not _VERSION.fullmatch(text):
        raise _bad(
            "ce_version", f"{text[:100]!r} is no version", "Send a whole number from 1, or leave it out."
        )
    return int(text)


def _moment(field: str, text: str) -> datetime:
    if not _MOMENT.fullmatch(text):
        remedy = "Send RFC 3339 with offset, e.g. 2026-03-01T09:30:00+08:00."
        raise _bad(field, f"{text[:100]!r} is no time with offset", remedy)
    try:
        moment = datetime.fromisoformat(text.upper())
        if EPOCH <= moment < END_OF_TIME:
            return moment
    except (ValueError, OverflowError):
        pass  # a day or an hour that no calendar has
    raise _bad(field, f"{text[:100]!r} is no time from 1970 to 2199", "Send the time at which it happened.")


def _rfc3339(field: str, moment: datetime) -> bytes:
    if moment.tzinfo is None:
        raise _bad(field, "the time has no offset", "Give it a time zone.")
    return moment.isoformat().encode()
