"""Notices as their readers see them in e-mails."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from silkway.notify.channels.email import Line
from silkway.notify.domain.delivery import Delivery
from silkway.notify.domain.subscription import Subscription


def zone_of(name: str) -> dt.tzinfo:
    """A time zone by its IANA name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return dt.UTC


def lines_of(one: Subscription, items: Sequence[tuple[Delivery, str]]) -> list[Line]:
    """The notices of an e-mail."""
    return [_line(delivery, json.loads(body)["data"]) for delivery, body in items]


def _line(delivery: Delivery, told: dict[str, str]) -> Line:
    return Line(
        delivery_id=delivery.delivery_id,
        text=told["text"],
        severity=told["severity"],
        about=delivery.subject,
        why=told.get("rule") or told["kind"],
    )


def subject_of(one: Subscription, lines: Sequence[Line]) -> str:
    """The subject of an e-mail: its one notice, or how many there are."""
    return lines[0].text if len(lines) == 1 else f"{len(lines)} notices: {lines[0].text}"
