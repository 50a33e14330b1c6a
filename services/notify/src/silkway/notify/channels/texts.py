"""Notices as their readers see them in e-mails."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from silkway.notify.books import CATALOGS
from silkway.notify.channels.email import Line
from silkway.notify.channels.store import Item
from silkway.notify.domain.subscription import Subscription

SUBJECT = "email-subject"


def zone_of(name: str) -> dt.tzinfo:
    """A time zone by its IANA name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return dt.UTC


def lines_of(one: Subscription, items: Sequence[Item]) -> list[Line]:
    """The notices of an e-mail in the subscription's language, with times in its zone."""
    zone = zone_of(one.time_zone)
    return [_line(one, item, zone) for item in items]


def _line(one: Subscription, item: Item, zone: dt.tzinfo) -> Line:
    told = json.loads(item.body)["data"]
    text = told.get("text") or item.delivery.type
    if item.text_id is not None and item.parameters is not None:
        text = CATALOGS.text(item.text_id, json.loads(item.parameters), one.language, zone)
    return Line(
        delivery_id=item.delivery.delivery_id,
        text=text,
        severity=item.delivery.severity or "INFO",
        about=item.delivery.subject,
        why=f"{item.kind or item.delivery.type} ← {item.cause_type} {item.cause_id}",
    )


def subject_of(one: Subscription, lines: Sequence[Line]) -> str:
    """The subject of an e-mail: its one notice, or how many there are."""
    if len(lines) == 1:
        return lines[0].text
    return CATALOGS.text(SUBJECT, {"notices": ["number", len(lines)]}, one.language)
