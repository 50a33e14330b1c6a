"""What the notify service is told by its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

from silkway.messaging.settings import Settings
from silkway.notify.channels.guard import Network
from silkway.notify.domain.delivery import RETRY_AFTER_S

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail is handed in. `tls`: from the first byte (smtps), else as soon as the server offers it."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None
    sender: str


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """How the sender works.

    NOTIFY_SMTP_URL (smtp://user:password@host:587, or smtps://…), NOTIFY_MAIL_FROM, NOTIFY_SIGNING_KEY_FILE (the
    key that webhooks' secrets are derived from, 32 bytes or more; without it the database keeps one),
    NOTIFY_RETRY_AFTER_S (pauses between attempts, parted by commas), NOTIFY_TIMEOUT_S (of one attempt),
    NOTIFY_WEBHOOK_NETWORKS (networks that webhooks may go to though they are not public, parted by commas).
    """

    mail: MailServer | None = None
    key: bytes | None = None
    retry_after_s: tuple[float, ...] = RETRY_AFTER_S
    timeout_s: float = 15.0
    networks: tuple[Network, ...] = ()

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> ChannelSettings:
        """Raises SystemExit with the name of what is wrong."""
        schedule, timeout = environment.get("NOTIFY_RETRY_AFTER_S"), environment.get("NOTIFY_TIMEOUT_S")
        networks = environment.get("NOTIFY_WEBHOOK_NETWORKS", "")
        try:
            pauses = tuple(float(pause) for pause in schedule.split(",")) if schedule else RETRY_AFTER_S
            own = tuple(ip_network(network.strip()) for network in networks.split(",") if network.strip())
            return cls(
                _mail(environment), _key(environment), pauses, float(timeout) if timeout else 15.0, own
            )
        except ValueError as error:
            names = "NOTIFY_RETRY_AFTER_S, NOTIFY_TIMEOUT_S, NOTIFY_SMTP_URL, NOTIFY_WEBHOOK_NETWORKS"
            raise SystemExit(f"{names}: {error}") from None


def _mail(environment: Mapping[str, str]) -> MailServer | None:
    given = environment.get("NOTIFY_SMTP_URL")
    if not given:
        return None
    url = urlsplit(given)
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise SystemExit("NOTIFY_SMTP_URL is no address: give it as smtp://user:password@host:port")
    tls = url.scheme == "smtps"
    return MailServer(
        host=url.hostname,
        port=url.port or (465 if tls else 587),
        tls=tls,
        user=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        sender=environment.get("NOTIFY_MAIL_FROM", f"silkway@{url.hostname}"),
    )


def _key(environment: Mapping[str, str]) -> bytes | None:
    name = environment.get("NOTIFY_SIGNING_KEY_FILE")
    if not name:
        return None
    key = Path(name).read_bytes().strip()
    if len(key) < _KEY_BYTES:
        raise SystemExit(f"NOTIFY_SIGNING_KEY_FILE: the key has {len(key)} bytes, it needs {_KEY_BYTES}")
    return key


def read_settings() -> Settings:
    """Raises SystemExit with the name of what is missing."""
    return Settings.read("notify")
