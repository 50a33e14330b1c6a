"""Tokens of an OpenID Connect issuer: good ones open what they say, all others nothing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest

from silkway.messaging.http import Problem, oidc
from silkway.messaging.http.credentials import Credential
from tests.unit.http.issuer import AUDIENCE, Issuer, issuing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture(scope="module")
def running() -> Iterator[Issuer]:
    with issuing() as issuer:
        issuer.make_key("k-1")
        yield issuer


class Door:
    """Our side of it; `now` is the time by which it reads the issuer's keys again."""

    def __init__(self, issuer: Issuer) -> None:
        self.now = 1000.0
        self.checking = oidc.Issuer(issuer.url, AUDIENCE, now=lambda: self.now)

    async def status(self, token: str) -> int:
        """200, or what the problem says."""
        try:
            await self.checking.credential(token)
        except Problem as problem:
            return problem.status
        return 200


@pytest.fixture
async def door(running: Issuer) -> AsyncIterator[Door]:
    running.asked.clear()
    opened = Door(running)
    yield opened
    await opened.checking.close()


async def test_a_token_says_who_of_whom_and_for_what(running: Issuer, door: Door) -> None:
    assert await door.checking.credential(running.token("k-1")) == Credential(
        "token ann@acme", "ann@acme", "acme", frozenset({"publish"})
    )
    several = await door.checking.credential(running.token("k-1", scope="operate email admin superuser"))
    assert several.scopes == {"operate", "admin"}
    assert (await door.checking.credential(running.token("k-1", scope=None))).scopes == frozenset()


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
async def test_other_kinds_of_keys(algorithm: str, running: Issuer, door: Door) -> None:
    running.make_key(algorithm, algorithm)
    assert await door.status(running.token(algorithm)) == 200


# The years 2100 and 2000: fixed, for every worker must give a case the same name.
FAR_AHEAD, LONG_AGO = 4_102_444_800, 946_684_800


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": LONG_AGO}, {"exp": None}, {"nbf": FAR_AHEAD}, {"iss": "https://elsewhere.example"}, {"iss": None},
        {"aud": "https://another.example"}, {"aud": None}, {"sub": None}, {"sub": ""}, {"sub": "x" * 201},
        {"tenant": None}, {"tenant": ""}, {"tenant": "Acme"}, {"tenant": ["acme"]}, {"tenant": 7},
    ],
    ids=str,
)  # fmt: skip
async def test_what_a_token_may_not_say(claims: dict[str, Any], running: Issuer, door: Door) -> None:
    assert await door.status(running.token("k-1", **claims)) == 401


async def test_nobody_else_signs(running: Issuer, door: Door) -> None:
    good = running.token("k-1")
    head, body, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})

    # Nobody at all
    assert await door.status(jwt.encode(claims, "", "none", {"kid": "k-1"})) == 401
    # The issuer's public key, taken for a secret
    public = json.dumps(running.published[0]).encode()
    forged_head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"k-1"}').rstrip(b"=").decode()
    mac = hmac.new(public, f"{forged_head}.{body}".encode(), hashlib.sha256).digest()
    assert (
        await door.status(f"{forged_head}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")
        == 401
    )
    # A key of one's own under the issuer's name for another
    with issuing() as other:
        other.make_key("k-1")
        assert await door.status(other.token("k-1", iss=running.url)) == 401
    # The signature of something else
    assert await door.status(f"{head}.{body}.{signature[:-4]}AAAA") == 401
    more = base64.urlsafe_b64encode(json.dumps({**claims, "scope": "admin"}).encode()).rstrip(b"=").decode()
    assert await door.status(f"{head}.{more}.{signature}") == 401


@pytest.mark.parametrize("text", ["x", "a.b.c", "", "." * 10, "é", "x" * 100_000])
async def test_what_is_no_token(text: str, door: Door) -> None:
    assert await door.status(text) == 401


async def test_keys_are_read_once_and_again_for_a_new_name(running: Issuer, door: Door) -> None:
    # Given that tokens came
    for _ in range(3):
        assert await door.status(running.token("k-1")) == 200
    assert running.asked["/keys"] == 1

    # When the issuer signs with a new key, then it is found, after a while without asking
    running.make_key("k-2")
    assert await door.status(running.token("k-2")) == 401
    door.now += oidc.AGAIN_S
    assert await door.status(running.token("k-2")) == 200
    assert running.asked["/keys"] == 2

    # When somebody invents names, then nobody asks the issuer for each
    running.make_key("k-3", publish=False)
    for _ in range(5):
        assert await door.status(running.token("k-3")) == 401
    assert running.asked["/keys"] == 2

    # When a key is taken back, then its tokens are good for an hour at most
    running.published = [key for key in running.published if key["kid"] != "k-2"]
    door.now += oidc.KEPT_S
    assert await door.status(running.token("k-2")) == 401
    assert await door.status(running.token("k-1")) == 200


async def test_an_issuer_that_is_away(running: Issuer, door: Door) -> None:
    try:
        running.away = True
        assert await door.status(running.token("k-1")) == 503
        running.away, door.now = False, door.now + oidc.AGAIN_S
        assert await door.status(running.token("k-1")) == 200
        # What was read before goes on
        running.away, door.now = True, door.now + oidc.KEPT_S
        assert await door.status(running.token("k-1")) == 200
    finally:
        running.away = False


class Silent(httpx.AsyncHTTPTransport):
    """The way to an issuer that does not answer, from when on it is told so."""

    def __init__(self) -> None:
        super().__init__()
        self.is_silent, self.asked = False, asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_silent:
            self.asked.set()
            await asyncio.Event().wait()
        return await super().handle_async_request(request)


async def test_an_issuer_that_is_silent_holds_up_one_and_not_all(running: Issuer) -> None:
    # Given keys that were read an hour ago, and somebody who waits for them to be read anew
    door, way = Door(running), Silent()
    door.checking = oidc.Issuer(
        running.url, AUDIENCE, client=httpx.AsyncClient(transport=way), now=lambda: door.now
    )
    assert await door.status(running.token("k-1")) == 200
    way.is_silent, door.now = True, door.now + oidc.KEPT_S
    first = asyncio.create_task(door.status(running.token("k-1")))
    await way.asked.wait()

    # Then the others come in by the keys that were read before
    async with asyncio.timeout(5):
        assert await door.status(running.token("k-1")) == 200
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await door.checking.close()


async def test_a_discovery_document_of_somebody_else(running: Issuer, door: Door) -> None:
    try:
        running.says_it_is = "https://elsewhere.example"
        assert await door.status(running.token("k-1")) == 503
    finally:
        running.says_it_is = running.url
