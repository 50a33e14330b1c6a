"""Tokens of an OpenID Connect issuer, beside keys: signed by it, for us, still valid, and saying for whom and for what.

A token names its tenant in a claim (`tenant` by default), its scopes in `scope` (RFC 9068: separated by spaces; others
than ours are ignored), its person in `sub`.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import jwt

from silkway.contracts.fields import TENANT_PATTERN
from silkway.messaging.http.credentials import Credential, not_good
from silkway.messaging.http.problems import unavailable
from silkway.messaging.http.scopes import SCOPES
from silkway.messaging.keys import EVERY_TENANT

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
"""Asymmetric ones alone: nobody may sign with what the issuer publishes."""
LEEWAY_S: Final = 30.0
KEPT_S: Final = 3600.0
"""So long the issuer's keys are good without being read again."""
AGAIN_S: Final = 10.0
"""A key that is not known makes us read again, but no more often than this: anybody can invent names of keys."""
_TIMEOUT_S: Final = 5.0
_MOST_BYTES: Final = 1 << 20
_TENANT: Final = re.compile(TENANT_PATTERN)
_MAX_SUBJECT_CHARS: Final = 200


class Issuer:
    """Checks tokens of one issuer for one audience. `url` is the issuer's name; its discovery document is below it."""

    def __init__(
        self, url: str, audience: str, tenant_claim: str = "tenant", client: httpx.AsyncClient | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._url, self._audience, self._tenant_claim = url, audience, tenant_claim
        self._client = client or httpx.AsyncClient(timeout=_TIMEOUT_S)
        self._now, self._reading = now, asyncio.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = self._tried_at = float("-inf")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def credential(self, token: str) -> Credential:
        """Whose token it is. Raises Problem 401 if it opens nothing, 503 while the issuer's keys cannot be had."""
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(str(header.get("kid", "")))
            if key is None or header.get("alg") not in ALGORITHMS:
                raise not_good()
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=list(ALGORITHMS), audience=self._audience, issuer=self._url,
                leeway=LEEWAY_S, options={"require": ["exp", "iss", "aud", "sub"]},
            )  # fmt: skip
        except jwt.PyJWTError:
            raise not_good() from None
        return self._read(claims)

    def _read(self, claims: dict[str, Any]) -> Credential:
        tenant, scope, subject = claims.get(self._tenant_claim), claims.get("scope", ""), claims["sub"]
        if not isinstance(tenant, str) or not (_TENANT.fullmatch(tenant) or tenant == EVERY_TENANT):
            raise not_good()
        if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT_CHARS:
            raise not_good()
        scopes = frozenset(str(scope).split()) & frozenset(SCOPES)
        return Credential(f"token {subject}", subject, tenant, scopes)

    async def _key(self, kid: str) -> jwt.PyJWK | None:
        """The issuer's key of this name, read anew if it is not known or was read long ago.

        While somebody reads, those who come with a key that is known go on.
        """
        fresh = self._now() - self._read_at < KEPT_S
        if kid in self._keys and (fresh or self._reading.locked()):  # the issuer may be slow to answer
            return self._keys[kid]
        async with self._reading:  # one reads for all who wait
            known = kid in self._keys and self._now() - self._read_at < KEPT_S
            if not known and self._now() - self._tried_at >= AGAIN_S:
                self._tried_at = self._now()
                try:
                    self._keys = await self._read_keys()
                    self._read_at = self._now()
                except (httpx.HTTPError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
                    if kid not in self._keys:  # what was read before goes on while the issuer is away
                        raise unavailable("The issuer of tokens") from error
        if kid not in self._keys and self._read_at == float("-inf"):
            raise unavailable("The issuer of tokens")
        return self._keys.get(kid)

    async def _read_keys(self) -> dict[str, jwt.PyJWK]:
        document = await self._get(f"{self._url.rstrip('/')}/.well-known/openid-configuration")
        if document["issuer"] != self._url:
            raise ValueError("the discovery document is of another issuer")
        where = str(document["jwks_uri"])
        if urlsplit(where).scheme != urlsplit(self._url).scheme:
            raise ValueError("its keys are at an address of another kind")
        keys = {}
        for data in (await self._get(where))["keys"]:
            if data.get("use", "sig") == "sig" and data.get("kty") in ("RSA", "EC", "OKP"):
                try:
                    keys[str(data.get("kid", ""))] = jwt.PyJWK(data)
                except jwt.PyJWTError:
                    continue  # of a kind that we do not take; others are there
        return keys

    async def _get(self, url: str) -> dict[str, Any]:
        async with self._client.stream("GET", url, follow_redirects=False) as answer:
            answer.raise_for_status()
            body = b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise ValueError("it is too long")
        document: dict[str, Any] = json.loads(body)
        return document
