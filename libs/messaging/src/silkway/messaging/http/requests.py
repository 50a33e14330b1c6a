"""What every request brings: its tenant, its trace, its Idempotency-Key, its JSON body."""

from __future__ import annotations

import json
import re
import secrets
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request

from silkway.contracts import LIVE_CLOCK
from silkway.contracts.attributes import MAX_ATTRIBUTE_CHARS
from silkway.contracts.fields import TENANT_PATTERN
from silkway.messaging.http.credentials import Credential
from silkway.messaging.http.gate import TENANT_HEADER
from silkway.messaging.http.problems import FieldError, Problem, bad_request

_TENANT: Final = re.compile(TENANT_PATTERN)
_IDEMPOTENCY_KEY: Final = re.compile(rf"[!-~]{{1,{MAX_ATTRIBUTE_CHARS}}}")
_TRACEPARENT: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def tenant_of(
    request: Request,
    tenant: Annotated[
        str | None,
        Header(
            alias=TENANT_HEADER,
            description="Whose data it is: 1 to 40 of a-z, 0-9 and -, not starting with -. A key or token says so "
            "itself; without one, or with one of the whole installation, the header must be there.",
            examples=["acme"],
        ),
    ] = None,
) -> str:
    """The tenant of a request: the credential's, else the header's; Problem 400 if that is malformed or reserved."""
    who: Credential | None = request.state.credential
    if who is not None and not who.of_installation:
        tenant = who.tenant
    if tenant is None:
        raise bad_request(TENANT_HEADER, "it is missing", "Add it.")
    if not _TENANT.fullmatch(tenant) or tenant == LIVE_CLOCK:
        remedy = "Send 1 to 40 of a-z, 0-9 and -, not starting with -."
        raise bad_request(TENANT_HEADER, f"{tenant[:60]!r} is no tenant", remedy)
    request.state.tenant = tenant
    return tenant


def idempotency_key_of(
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Id of the event, 1 to 200 visible ASCII characters. Repeating a request with it is "
            "harmless; without it the event gets a UUIDv7.",
            examples=["b7c1f0de-draft-1"],
        ),
    ] = None,
) -> str | None:
    """The sender's own id of the event, if it gave one; Problem 400 if it is malformed."""
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        remedy = "Send 1 to 200 visible ASCII characters, or leave the header out."
        raise bad_request("Idempotency-Key", "it is empty, too long or has other characters", remedy)
    return key


def traceparent_of(request: Request) -> str:
    """The caller's trace (W3C trace context), or a new one: every event's way can be followed from the edge."""
    given = request.headers.get("traceparent", "")
    if _TRACEPARENT.fullmatch(given):
        return given
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


TenantId = Annotated[str, Depends(tenant_of)]
IdempotencyKey = Annotated[str | None, Depends(idempotency_key_of)]


def signed(request: Request, data: dict[str, Any]) -> dict[str, Any]:
    """The body of a decision with `by` as the credential says. Problem 403 if the body names somebody else.

    Where nobody is asked who they are, and in what is reported rather than decided, it stays as it is.
    """
    person: str | None = request.state.person
    if person is None:
        return data
    if data.get("by") not in (None, person):
        wrong = FieldError(
            field="by", reason="the key or token is another person's", remedy="Leave it out, or use your own."
        )
        raise Problem(403, "other-person", f"{wrong.field}: {wrong.reason}", [wrong])
    return {**data, "by": person}


async def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; Problem 415 for another media type, 400 for what is not UTF-8, JSON, an object."""
    given = request.headers.get("content-type", "")
    media_type, _, parameters = given.partition(";")
    if media_type.strip().lower() != "application/json":
        detail = f"The body's type is {given[:100]!r}. Send the header Content-Type: application/json."
        raise Problem(415, "unsupported-media-type", detail, headers={"Accept-Post": "application/json"})
    if "charset" in parameters.lower() and "utf-8" not in parameters.lower():
        raise Problem(415, "unsupported-media-type", "Send the body in UTF-8, the encoding of JSON.")
    try:
        parsed = json.loads((await request.body()).decode())
    except UnicodeDecodeError as error:
        raise bad_request("$", f"byte {error.start} is not UTF-8", "Send JSON in UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise bad_request("$", f"this is not JSON: {error}"[:300], "Send a JSON object.") from None
    if not isinstance(parsed, dict):
        raise bad_request("$", f"this is a JSON {type(parsed).__name__}", "Send a JSON object.")
    return parsed
