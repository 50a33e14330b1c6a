"""E-mail: what waits for one address as one message, plain text and HTML, handed in over SMTP."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import NamedTuple

import aiosmtplib

from silkway.notify.channels.outcome import Outcome, words
from silkway.notify.settings import MailServer

MOST_NOTICES = 50
_RIGHT_TO_LEFT = ("ar",)
_PERMANENT = 500


class Line(NamedTuple):
    """A notice as its reader sees it. `why`: the rule and the event that it follows from."""

    delivery_id: str
    text: str
    severity: str
    about: str
    why: str


def written(
    lines: Sequence[Line], server: MailServer, address: str, language: str, subject: str, now: dt.datetime
) -> EmailMessage:
    """The message. Its Message-ID is that of its first notice's delivery, however often it is sent."""
    message = EmailMessage()
    message["From"] = server.sender
    message["To"] = address
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{lines[0].delivery_id}@{server.sender.rpartition('@')[2].strip('<> ')}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = language
    for line in lines:
        message["Silkway-Delivery"] = line.delivery_id
    message.set_content("\n\n".join(f"{line.text}\n  {line.about} · {line.why}" for line in lines) + "\n")
    direction = "rtl" if language in _RIGHT_TO_LEFT else "ltr"
    items = "".join(
        f'<li class="{line.severity.lower()}">{escape(line.text)}<br>'
        f"<small>{escape(line.about)} · {escape(line.why)}</small></li>"
        for line in lines
    )
    message.add_alternative(
        f'<!doctype html><html lang="{language}" dir="{direction}"><meta charset="utf-8">'
        f"<title>{escape(subject)}</title><body><ul>{items}</ul></body></html>",
        subtype="html",
    )
    return message


async def hand_in(message: EmailMessage, server: MailServer, timeout_s: float) -> Outcome:
    """Send once. What the server refuses for good with a 5xx is not tried again."""
    try:
        await aiosmtplib.send(
            message,
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls,
            start_tls=None,
            timeout=timeout_s,
        )
    except aiosmtplib.SMTPRecipientsRefused as refused:
        first = refused.recipients[0]
        gone = first.code >= _PERMANENT
        return Outcome("GONE" if gone else "FAILED", first.code, words(first.message))
    except aiosmtplib.SMTPAuthenticationError as error:  # ours to mend, not the address's fault
        return Outcome("FAILED", error.code, words(error.message))
    except aiosmtplib.SMTPResponseException as error:
        outcome = Outcome("FAILED", error.code, words(error.message))
        return outcome._replace(outcome="REFUSED") if error.code >= _PERMANENT else outcome
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return Outcome("FAILED", None, words(f"{type(error).__name__}: {error}"))
    return Outcome("DELIVERED", 250)
