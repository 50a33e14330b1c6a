"""One attribute of CloudEvents at a time, between a Kafka header's bytes and a value.

Reading raises ContractError bad_header; UnicodeDecodeError and AttributeError (a header without a value) are
left to the caller, who knows all headers. Called for every record, hence the care for time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from silkway.contracts.errors import ContractError, ErrorCode
from silkway.contracts.fields import END_OF_TIME, EPOCH, MOMENT_PATTERN, TENANT_PATTERN

MAX_ATTRIBUTE_CHARS: Final = 200
"""Limit of the attributes id, source, type and subject."""

_MOMENT: Final = re.compile(MOMENT_PATTERN)
_TENANT: Final = re.compile(TENANT_PATTERN)
_URI_REFERENCE: Final = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")

# Few types, sources and tenants come again and again: their checks are remembered.
_remembered = lru_cache(maxsize=4096)


def bad_header(field: str, reason: str, remedy: str, code: ErrorCode = "bad_header") -> ContractError:
    """What is wrong with a header."""
    return ContractError(code, field, reason, remedy)


@_remembered
def encoded(text: str) -> bytes:
    """UTF-8, remembered: for what is written again and again."""
    return text.encode()


@_remembered
def encoded_tenant(name: str) -> bytes:
    """A tenant for writing, checked as when read."""
    return tenant(name.encode()).encode()


def encoded_moment(field: str, value: datetime) -> bytes:
    """RFC 3339; refuses a time without offset."""
    if value.tzinfo is UTC:
        return _encoded_utc(value)
    if value.tzinfo is None:
        raise bad_header(field, "the time has no offset", "Give it a time zone.")
    return value.isoformat().encode()


@_remembered
def _encoded_utc(value: datetime) -> bytes:
    # Only for UTC: times of other offsets are equal to it and look different.
    return value.isoformat().encode()


@_remembered
def event_type(value: bytes) -> str:
    """The type, known or not."""
    return printable("ce_type", value)


@_remembered
def source(value: bytes) -> str:
    """Who sent it, a URI-reference."""
    text = printable("ce_source", value)
    if not _URI_REFERENCE.fullmatch(text):
        raise bad_header("ce_source", f"{text!r} is no URI-reference", "Send e.g. /shops/eu or urn:uuid:….")
    return text


@_remembered
def tenant(value: bytes) -> str:
    """Whose event it is."""
    text = value.decode()
    if not _TENANT.fullmatch(text):
        remedy = "Send 1 to 40 of a-z, 0-9 and -, not starting with -."
        raise bad_header("ce_tenant", f"{text[:100]!r} is no tenant", remedy)
    return text


def printable(field: str, value: bytes) -> str:
    """An id or a subject: 1 to 200 printable characters (no control characters, so that all can store it)."""
    text = value.decode()
    if not text or len(text) > MAX_ATTRIBUTE_CHARS or not text.isprintable():
        reason = f"it has {len(text)} characters or one that cannot be printed"
        raise bad_header(field, reason, f"Send 1 to {MAX_ATTRIBUTE_CHARS} printable characters.")
    return text


def moment(field: str, value: bytes) -> datetime:
    """RFC 3339 with offset, which is kept; digits beyond microseconds are cut off."""
    text = value.decode()
    if not _MOMENT.fullmatch(text):
        remedy = "Send RFC 3339 with offset, e.g. 2026-03-01T09:30:00+08:00."
        raise bad_header(field, f"{text[:100]!r} is no time with offset", remedy)
    try:
        parsed = datetime.fromisoformat(text.upper())
        if 1970 < parsed.year < 2199 or EPOCH <= parsed < END_OF_TIME:  # the year first: ten times as fast
            return parsed
    except (ValueError, OverflowError):
        pass  # a day or an hour that no calendar has
    raise bad_header(
        field, f"{text[:100]!r} is no time from 1970 to 2199", "Send the time at which it happened."
    )


@_remembered
def known_moment(value: bytes) -> datetime:
    """When we knew something, UTC: at a tick, as much else."""
    return moment("ce_knowntime", value).astimezone(UTC)


def version(value: bytes) -> int:
    """A counter from 1."""
    number = int(value) if value.isdigit() and len(value) <= 18 else 0
    if number < 1:
        remedy = "Send a whole number from 1, or leave the header out."
        raise bad_header("ce_version", f"{value.decode()[:100]!r} is no version", remedy)
    return number


def traceparent(value: bytes) -> str | None:
    """W3C trace context; by its rules, who cannot parse it goes on without."""
    text = value.decode(errors="replace")
    return text if _TRACEPARENT.fullmatch(text) else None
