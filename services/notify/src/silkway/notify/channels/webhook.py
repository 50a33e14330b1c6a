"""Webhooks, signed as Standard Webhooks 1.0.0 says."""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

import httpx

from silkway.notify.channels import under_way
from silkway.notify.channels.guard import Guard, GuardedTransport, Network, literal, may_connect
from silkway.notify.channels.outcome import Outcome, words

_READ_BYTES: Final = 2_000
_MOST_WAIT_S: Final = 24 * 3600.0
_GONE: Final = 410
_WEB_PORTS: Final = (None, 80, 443)
_FREE_PORTS_FROM: Final = 1024
"""Below it are mail, shells and name servers, which are not to be talked to by a detour over us."""


def may_call(address: str, own: Sequence[Network] = ()) -> str | None:
    """Why an address may not be called; None if it may. Asked at registration and before each call.

    Names are judged by what they resolve to, when they are called; `own`: networks that may be called though they are
    not public.
    """
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError as error:
        return str(error)
    if url.scheme not in ("http", "https") or not url.hostname:
        return "it is no http or https URL"
    if url.username or url.password or url.fragment:
        return "it has a user, a password or a fragment"
    if port not in _WEB_PORTS and (port or 0) < _FREE_PORTS_FROM:
        return f"port {port} is not for webhooks: 80, 443, or from {_FREE_PORTS_FROM} on"
    number = literal(url.hostname)
    if number is not None and not may_connect(number, own):
        return "it is not on a public network"
    return None


def signature(secrets: Iterable[bytes], webhook_id: str, timestamp_s: int, body: bytes) -> str:
    """The header webhook-signature: a signature with each secret, parted by spaces."""
    signed = f"{webhook_id}.{timestamp_s}.".encode() + body
    digests = (hmac.new(secret, signed, sha256).digest() for secret in secrets)
    return " ".join("v1," + base64.b64encode(digest).decode() for digest in digests)


def new_client(timeout_s: float, guard: Guard) -> httpx.AsyncClient:
    """A client for all webhooks. It follows no redirect: the address is what was registered.

    It asks for answers as they are: a packed one of some bytes may be a gigabyte.
    """
    limits = httpx.Limits(max_connections=under_way.MOST, max_keepalive_connections=50)
    headers = {
        "user-agent": "Silkway-Webhooks/1",
        "content-type": "application/cloudevents+json",
        "accept-encoding": "identity",
    }
    return httpx.AsyncClient(
        timeout=timeout_s,
        transport=GuardedTransport(guard, limits),
        headers=headers,
        trust_env=False,
        follow_redirects=False,
    )


async def call(
    client: httpx.AsyncClient,
    address: str,
    webhook_id: str,
    body: str,
    secrets: Iterable[bytes],
    timestamp_s: int,
    own: Sequence[Network] = (),
) -> Outcome:
    """Send once. Only an answer of 2xx counts as taken; 410 says that nobody wants to hear any more.

    The client's timeout holds for the whole of it too: who answers a byte at a time holds nobody else up.
    """
    if reason := may_call(address, own):
        return Outcome("GONE", None, reason)
    content = body.encode()
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": signature(secrets, webhook_id, timestamp_s, content),
    }
    most_s = client.timeout.read
    try:
        async with (
            asyncio.timeout(most_s),
            client.stream("POST", address, content=content, headers=headers) as response,
        ):
            said = await _read(response)
    except TimeoutError:
        return Outcome("FAILED", None, f"no whole answer within {most_s:g} s")
    except httpx.HTTPError as error:
        return Outcome("FAILED", None, words(f"{type(error).__name__}: {error}"))
    except (httpx.InvalidURL, ValueError) as error:
        return Outcome("GONE", None, words(f"the address cannot be called: {error}"))
    if response.is_success:
        return Outcome("DELIVERED", response.status_code)
    outcome: Outcome = Outcome("FAILED", response.status_code, said, _asked_wait_s(response))
    return outcome._replace(outcome="GONE") if response.status_code == _GONE else outcome


async def _read(response: httpx.Response) -> str | None:
    """The beginning of the answer, as it came, packed or not; the rest of a long one is left."""
    parts: list[bytes] = []
    async for part in response.aiter_raw(_READ_BYTES):
        parts.append(part)
        if sum(map(len, parts)) >= _READ_BYTES:
            break
    return words(b"".join(parts)[:_READ_BYTES].decode("utf-8", "replace"))


def _asked_wait_s(response: httpx.Response) -> float:
    """Retry-After in seconds, as 429 and 503 may give it; at most a day."""
    given = response.headers.get("retry-after", "")
    return min(float(given), _MOST_WAIT_S) if given.isascii() and given.isdigit() else 0.0
