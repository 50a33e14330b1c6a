"""Who comes in: every operation asks for a credential with its scope, once an installation says so.

SILKWAY_HTTP_KEYS=required switches it on. Without it whoever reaches the port may do everything, for development.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar, cast

import structlog
from fastapi import Request
from fastapi.routing import APIRoute

from silkway.messaging.http.credentials import FRESH_S, Credential, Keyring, unauthorized
from silkway.messaging.http.probes import PROBES
from silkway.messaging.http.problems import FieldError, Problem
from silkway.messaging.http.rates import Rate
from silkway.messaging.http.scopes import DECISIONS, Scope, Scopes

if TYPE_CHECKING:
    from silkway.messaging.http.database import Pool
    from silkway.messaging.http.oidc import Issuer

T = TypeVar("T")
TENANT_HEADER: Final = "Silkway-Tenant"
_log = structlog.get_logger()
_DEFAULT_RATES: Final = ("100", "1000")


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What the environment says of who comes in.

    SILKWAY_HTTP_KEYS (`required`, else nobody is asked), SILKWAY_OIDC_ISSUER and SILKWAY_OIDC_AUDIENCE (tokens are
    taken beside keys), SILKWAY_OIDC_TENANT_CLAIM, SILKWAY_HTTP_RATE_PER_S (of one key, or of one tenant where nobody
    is asked) and SILKWAY_HTTP_SERVICE_RATE_PER_S (of all together), both of one instance, 0: without limit.
    """

    required: bool = False
    issuer: str = ""
    audience: str = ""
    tenant_claim: str = "tenant"
    rate_per_s: float = 0.0
    service_rate_per_s: float = 0.0

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> GateSettings:
        """Raises SystemExit with the name of what is wrong: a word mistyped must not open the door."""
        keys, issuer = environment.get("SILKWAY_HTTP_KEYS", ""), environment.get("SILKWAY_OIDC_ISSUER", "")
        if keys not in ("", "required"):
            raise SystemExit(f"SILKWAY_HTTP_KEYS is {keys!r}: give it as `required`, or not at all")
        audience = environment.get("SILKWAY_OIDC_AUDIENCE", "")
        if issuer and not (keys and audience):
            raise SystemExit("SILKWAY_OIDC_ISSUER needs SILKWAY_OIDC_AUDIENCE and SILKWAY_HTTP_KEYS=required")
        names = ("SILKWAY_HTTP_RATE_PER_S", "SILKWAY_HTTP_SERVICE_RATE_PER_S")
        defaults = _DEFAULT_RATES if keys else ("0", "0")
        rates = [
            _rate(name, environment.get(name) or usual) for name, usual in zip(names, defaults, strict=True)
        ]
        claim = environment.get("SILKWAY_OIDC_TENANT_CLAIM") or "tenant"
        return cls(bool(keys), issuer, audience, claim, *rates)


def _rate(name: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < 1e6:
        raise SystemExit(f"{name} is {text!r}: give requests a second, 0 for no limit")
    return rate


class Gate:
    """Lets requests in. `keys` None: whoever comes, as whom they like."""

    def __init__(
        self, keys: Keyring | None = None, issuer: Issuer | None = None, rate: Rate | None = None,
        service_rate: Rate | None = None,
    ) -> None:  # fmt: skip
        self._keys, self._issuer = keys, issuer
        self._rate, self._service_rate = rate or Rate(0), service_rate or Rate(0)

    @classmethod
    def of(cls, settings: GateSettings, pool: Pool) -> Gate:
        """The gate that the environment asks for; keys are looked up in the service's own database."""
        issuer = None
        if settings.issuer:
            from silkway.messaging.http.oidc import Issuer  # cryptography, for those who need it

            issuer = Issuer(settings.issuer, settings.audience, settings.tenant_claim)
        keys = Keyring(pool) if settings.required else None
        return cls(keys, issuer, Rate(settings.rate_per_s), Rate(settings.service_rate_per_s))

    @property
    def is_open(self) -> bool:
        """Nobody is asked who they are."""
        return self._keys is None

    def warn(self, host: str) -> None:
        """Say in the log that everybody who reaches this address may do everything, unless only this machine does."""
        if self.is_open and not _is_loopback(host):
            _log.warning("HTTP is open to everybody: no keys are asked for", host=host)

    async def close(self) -> None:
        """Stop asking the issuer."""
        if self._issuer is not None:
            await self._issuer.close()

    async def credential(self, request: Request) -> Credential | None:
        """Who it is that asks; None where nobody is asked. Raises Problem 401, 429, 503."""
        if self._keys is None:
            return None
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not sent.strip():
            raise unauthorized("Send a key or a token: Authorization: Bearer …")
        sent = sent.strip()
        if self._issuer is not None and not sent.startswith("silkway_"):
            return await self._issuer.credential(sent)
        return await self._keys.credential(sent)

    async def still_admits(self, request: Request) -> bool:
        """Whether the credential of a request that was admitted is still good; where nobody can be asked, it is."""
        try:
            await self.credential(request)
        except Problem as problem:
            return problem.status != HTTPStatus.UNAUTHORIZED
        return True

    async def admit(self, request: Request, needed: Scope | None) -> Credential | None:
        """Let a request in that needs a scope. Raises Problem 401, 403, 429, 503."""
        who = await self.credential(request)
        tenant = request.headers.get(TENANT_HEADER)
        self._rate.take(who.id if who is not None else (tenant or "")[:40])
        self._service_rate.take("all")
        if who is not None:
            if tenant is not None and tenant != who.tenant and not who.of_installation:
                raise other_tenant()
            if needed is None or not who.may(needed):
                raise _missing(needed, who)
        return who


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


async def while_admitted(request: Request, items: AsyncIterator[T]) -> AsyncIterator[T]:
    """The items of an answer that never ends, until the credential that asked for them is good no more."""
    gate: Gate = request.app.state.gate
    if gate.is_open:
        async for item in items:
            yield item
        return
    loop = asyncio.get_running_loop()
    following, look_at = asyncio.ensure_future(anext(items, None)), loop.time() + FRESH_S
    try:
        while True:
            done, _ = await asyncio.wait({following}, timeout=max(look_at - loop.time(), 0))
            if loop.time() >= look_at:
                if not await gate.still_admits(request):
                    return
                look_at = loop.time() + FRESH_S
            if done:
                told = following.result()
                if told is None:
                    return
                yield told
                following = asyncio.ensure_future(anext(items, None))
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        if isinstance(items, AsyncGenerator):
            await items.aclose()


def admission(scopes: Scopes) -> Callable[[Request], Awaitable[None]]:
    """The dependency of every operation of a service: who asks is then `state.credential` of the request."""

    async def admit(request: Request) -> None:
        route = cast("APIRoute", request.scope["route"])
        if route.path in PROBES:  # machines ask that have no key; it tells nothing of any tenant
            return
        needed = scopes.needed(request.method, route.operation_id)
        gate: Gate = request.app.state.gate
        who = await gate.admit(request, needed)
        request.state.credential = who
        # Who decides is whoever the credential says; who reports may well report what others have done.
        request.state.person = who.subject if who is not None and needed in DECISIONS else None

    return admit


def other_tenant() -> Problem:
    """403, whether or not that tenant exists."""
    wrong = FieldError(
        field=TENANT_HEADER, reason="the key or token is of another tenant",
        remedy="Leave the header out, or use a credential of that tenant.",
    )  # fmt: skip
    return Problem(403, "other-tenant", f"{wrong.field}: {wrong.reason}", [wrong])


def _missing(needed: Scope | None, who: Credential) -> Problem:
    has = ", ".join(sorted(who.scopes)) or "none"
    wrong = FieldError(
        field="Authorization", reason=f"the scope {needed} is missing; this credential has {has}",
        remedy=f"Use a key or token with the scope {needed}.",
    )  # fmt: skip
    challenge = f'Bearer realm="silkway", error="insufficient_scope", scope="{needed}"'
    return Problem(
        403, "missing-scope", f"{wrong.field}: {wrong.reason}", [wrong], {"WWW-Authenticate": challenge}
    )
